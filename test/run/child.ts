// A process of its own that runs, or goes on with, a run: what kill-and-resume tests kill.
import { RunFolder } from '../../src/run/store/folder.ts';
import { runPrune } from '../../src/run/prune.ts';
import { fakeServices } from './fake.ts';

const [folder] = process.argv.slice(2);
const { run, plan } = await RunFolder.open(folder);
const events = runPrune(run, plan, fakeServices({ slow: 4 }), { checkpointSeconds: 0.01 });
process.stdout.write('started\n');
while (!(await events.next()).done);
await run.close();
