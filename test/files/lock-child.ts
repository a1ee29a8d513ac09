// A process of its own that fights for a lock: prints what it got, and holds it until it is told to end.
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockFolder } from '../../src/files/lock.ts';

const [folder, mode] = process.argv.slice(2);
if (mode === 'hold') {
  await lockFolder(folder);
  process.stdout.write('held\n');
  await new Promise(() => setInterval(() => {}, 1000));
}
// fight: takes it five times, if it can; within, it makes a file that must not be there
const times = { beat: 50, silence: 400, watch: 150 };
let taken = 0;
const until = Date.now() + Number(mode);
while (taken < 5 && Date.now() < until) {
  const lock = await lockFolder(folder, times).catch((error: Error) => {
    if (error.name !== 'InputError') throw error;
    return null;
  });
  if (!lock) {
    await sleep(Math.random() * 5);
    continue;
  }
  taken++;
  const inside = path.join(folder, 'inside');
  const handle = await open(inside, 'wx').catch(() => {
    process.stdout.write('TWO AT ONCE\n');
    process.exit(1);
  });
  await handle.close();
  if (!(await lock.holds())) process.stdout.write('LOST\n');
  await sleep(Math.random() * 3);
  await rm(inside);
  // now and then it dies with the lock in its hands
  if (Math.random() < 0.15) process.kill(process.pid, 'SIGKILL');
  await lock.release();
}
process.stdout.write(`taken ${taken}\n`);
