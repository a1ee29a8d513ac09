import { Session } from 'node:inspector/promises';
import { setFlagsFromString } from 'node:v8';

/**
 * How much a piece of work does, whatever the machine does besides: how often the functions and blocks (loop bodies,
 * branches) of src ran, by V8's own count. To compare work of two sizes.
 */
export async function workOf(work: () => unknown): Promise<number> {
  // optimised code no longer counts
  for (const flag of ['--no-opt', '--no-maglev']) setFlagsFromString(flag);
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    await work();
    const { result } = await session.post('Profiler.takePreciseCoverage');
    let count = 0;
    for (const { url, functions } of result)
      if (/\/src\/\w+\//.test(url))
        for (const { ranges } of functions) for (const range of ranges) count += range.count;
    return count;
  } finally {
    session.disconnect();
    for (const flag of ['--opt', '--maglev']) setFlagsFromString(flag);
  }
}
