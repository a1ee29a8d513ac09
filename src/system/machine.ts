import os from 'node:os';

/** The machine that a latency was measured on. */
export function machineName(): string {
  const cpus = os.cpus();
  return `${cpus[0]?.model.trim() || process.arch}, ${cpus.length} cores`;
}
