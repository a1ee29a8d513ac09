// A process of its own that wants a lock; within, it makes a file that must not be there.
import { rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../../../src/runtime/backend/cache.ts';

const [name, mode] = process.argv.slice(2);
await withLock(name, async () => {
  if (mode === 'die') process.kill(process.pid, 'SIGKILL');
  try {
    writeFileSync(`${name}.inside`, '', { flag: 'wx' });
  } catch {
    process.stdout.write('TWO AT ONCE\n');
    return;
  }
  await sleep(20);
  rmSync(`${name}.inside`);
  process.stdout.write('alone\n');
});
