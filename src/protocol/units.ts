/** Units that sizes and times may be given in, on the command line and in the panel: suffix (lower case) -> factor. */
type Units = Readonly<Record<string, number>>;

/** to bytes */
export const sizeUnits: Units = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  kib: 1024,
  m: 1e6,
  mb: 1e6,
  mib: 1024 ** 2,
  g: 1e9,
  gb: 1e9,
  gib: 1024 ** 3,
};

/** 66900 as [66.9, 'k']: a number in the largest unit that it has a whole of; below a thousand as it is. */
export function inThousands(value: number): [number, '' | 'k' | 'M' | 'G'] {
  for (const [unit, factor] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const)
    if (value >= factor) return [value / factor, unit];
  return [value, ''];
}

/** to milliseconds */
export const timeUnits: Units = { '': 1, ms: 1, us: 1e-3, s: 1e3 };
