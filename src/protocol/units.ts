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

/** to milliseconds */
export const timeUnits: Units = { '': 1, ms: 1, us: 1e-3, s: 1e3 };
