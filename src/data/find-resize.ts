import { beatsGuessing, finite, lead, percent, SURE, type Score } from './find-preprocess.ts';
import { COMMONEST } from './pixels/resize.ts';
import type { Resize } from '../terms/images.ts';

export interface FoundResize {
  readonly by: Resize;
  /** one sentence for people */
  readonly why: string;
}

type Row = { readonly resize: Resize } & Score;

/** The commonest first: it is taken where nothing tells two apart. */
const KERNELS: readonly Resize[] = ['keras', 'pil', 'area', 'nearest', 'pil-bicubic'];
/** Where nothing shrinks there is nothing to antialias: these are one. */
const ENLARGING: readonly Resize[] = ['keras', 'nearest', 'pil-bicubic'];

/** What keeps proportions by the same kernel. */
const KEEPING: Partial<Record<Resize, readonly Resize[]>> = {
  keras: ['keras-crop', 'keras-pad'],
  pil: ['pil-crop', 'pil-centre'],
  area: ['area-crop'],
  'pil-bicubic': ['pil-bicubic-crop', 'pil-bicubic-centre'],
};

/** The same part of the picture by another kernel. */
const ALIKE: readonly (readonly Resize[])[] = [
  ['keras-crop', 'pil-crop', 'area-crop', 'pil-bicubic-crop'],
  ['pil-centre', 'pil-bicubic-centre'],
];

/** How many ways are tried at most, whatever comes of each. */
export function mostWays({ shrinks, stretched }: { shrinks: boolean; stretched: boolean }): number {
  const keeping = Math.max(...Object.values(KEEPING).map((names) => names.length));
  const alike = Math.max(...ALIKE.map((names) => names.length)) - 1;
  return (shrinks ? KERNELS : ENLARGING).length + (stretched ? keeping + alike : 0);
}

/** Losses that differ by less than this share say nothing. */
const SAME_LOSS = 0.01;

/**
 * Which way of resizing a trained network knows, by its accuracy on a labelled sample (of validation, never of test):
 * the kernels first, then, where proportions change, what is done about that. Ties go to the commonest.
 * @param scoreWith accuracy and loss on one fixed sample, resized so
 */
export async function findResize(
  scoreWith: (resize: Resize) => Promise<Score>,
  { shrinks, stretched }: { readonly shrinks: boolean; readonly stretched: boolean },
  classes: number,
): Promise<FoundResize> {
  const table: Row[] = [];
  const compare = async (names: readonly Resize[]): Promise<Row> => {
    for (const resize of names)
      if (!table.some((row) => row.resize === resize)) table.push({ resize, ...(await scoreWith(resize)) });
    return best(table.filter((row) => names.includes(row.resize)));
  };
  let winner = await compare(shrinks ? KERNELS : ENLARGING);
  if (stretched) {
    const stretching = winner.resize;
    winner = await compare([stretching, ...(KEEPING[stretching] ?? KEEPING.keras!)]);
    const alike = ALIKE.find((names) => names.includes(winner.resize));
    if (alike) winner = await compare([stretching, ...alike]);
  }
  if (!beatsGuessing(winner, classes))
    return {
      by: COMMONEST,
      why: `no way of resizing does better than guessing (best: ${winner.resize}, ${percent(winner.accuracy)}), so the commonest was taken`,
    };
  const next = best(table.filter((row) => row !== winner));
  const clear = lead(winner, next) > SURE;
  return {
    by: winner.resize,
    why: `${winner.resize} gets ${percent(winner.accuracy)} of ${winner.images} images right, ${next.resize} ${percent(next.accuracy)}${clear ? '' : `, which is close: by loss ${winner.loss.toFixed(3)} against ${next.loss.toFixed(3)}`}`,
  };
}

/** Of those that chance alone could have put behind the most accurate, the first whose loss is the least, or as good. */
function best(rows: readonly Row[]): Row {
  const top = rows.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
  const close = rows.filter((row) => lead(top, row) <= SURE);
  const least = Math.min(...close.map((row) => finite(row.loss)));
  return close.find((row) => finite(row.loss) <= least * (1 + SAME_LOSS)) ?? top;
}
