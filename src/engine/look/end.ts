/**
 * Ends this process at once. `process.exit` first waits for the threads of WebAssembly libraries, and for ever for one
 * that was just starting; nothing is lost by not asking, since files are renamed into place when they are whole.
 */
export function endNow(): never {
  process.kill(process.pid, 'SIGKILL');
  // until the signal has come
  for (;;);
}
