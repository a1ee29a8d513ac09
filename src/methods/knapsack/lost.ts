import type { Dependencies } from '../../graph/types.ts';
import type { Importance } from '../importance/importance.ts';
import type { Cutter } from '../sensitivity/cutter.ts';
import type { Cut } from '../sensitivity/levels.ts';
import { measureSensitivity } from '../sensitivity/measure.ts';
import type { Sensitivity } from '../sensitivity/measure.ts';
import type { Measured } from '../sensitivity/measured.ts';
import type { MethodEvent } from '../types.ts';

/** What is lost by a group's width: 0 where it is whole, never less where it is narrower. */
export type Lost = (group: number, width: number) => number;

/**
 * By how much the loss rose when the group alone was narrowed. Between the widths that were measured on a straight line;
 * a narrower width counts as at least as bad as a wider one, whatever chance made of it.
 */
export function lostBySensitivity({ groups }: Dependencies, { whole, cuts }: Sensitivity): Lost {
  const tables = groups.map(({ index, size }) => {
    const points = [{ width: size, lost: 0 }];
    const own = cuts.filter(({ group }) => group === index).sort((a, b) => b.width - a.width);
    for (const { width, loss } of own)
      points.push({ width, lost: Math.max(points.at(-1)!.lost, loss - whole.loss) });
    return points;
  });
  return (group, width) => {
    const points = tables[group];
    const at = points.findIndex((one) => one.width <= width);
    if (at < 0) return points.at(-1)!.lost;
    if (at === 0 || points[at].width === width) return points[at].lost;
    const [wide, narrow] = [points[at - 1], points[at]];
    return narrow.lost + ((wide.lost - narrow.lost) * (width - narrow.width)) / (wide.width - narrow.width);
  };
}

/**
 * The same, as it is measured: a checkpoint is offered after every network.
 * @param scores what was measured before (see measureSensitivity); grows
 */
export async function* measuredLosses(
  dependencies: Dependencies,
  cutter: Cutter,
  cuts: readonly Cut[],
  scores: Measured[],
  checkpoint: () => MethodEvent,
): AsyncGenerator<MethodEvent, Lost, void> {
  const measuring = measureSensitivity(dependencies, cutter, cuts, scores);
  for (;;) {
    const next = await measuring.next();
    if (next.done) return lostBySensitivity(dependencies, next.value);
    yield next.value;
    yield checkpoint();
  }
}

/** The importance of all channels that go: the least important ones. */
export function lostByImportance(importance: Importance): Lost {
  const tables = importance.map((values) => {
    const sums = [0];
    for (const value of [...values].sort((a, b) => a - b)) sums.push(sums.at(-1)! + value);
    return sums;
  });
  return (group, width) => tables[group][tables[group].length - 1 - width];
}
