/** A range of an axis, lower bound first. */
export type Range = readonly [number, number];

/** Steps that people read easily: 1, 2, 2.5 or 5 times a power of ten. */
export function niceStep(span: number, most: number): number {
  if (!(span > 0)) return 1;
  const rough = span / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  for (const factor of [1, 2, 2.5, 5, 10]) if (factor * power >= rough * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

/** At most so many even ticks inside a range. */
export function linearTicks([low, high]: Range, most = 8): number[] {
  if (!(high > low)) return [low];
  const step = niceStep(high - low, most);
  const ticks: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++)
    ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}

/**
 * At most so many ticks for a logarithmic axis: powers of ten where the range is wide, with 2 and 5 or every digit
 * between them where it is narrow; even ticks where it is narrower than that.
 */
export function logTicks([low, high]: Range, most = 8): number[] {
  if (!(low > 0) || !(high > low)) return [low];
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  for (const digits of [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1, 3], [1]]) {
    const ticks: number[] = [];
    for (let power = first; power <= last; power++)
      for (const digit of digits) {
        const tick = Number(`${digit}e${power}`);
        if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) ticks.push(tick);
      }
    if (ticks.length < 3 && digits.length === 9) return linearTicks([low, high], most);
    if (ticks.length <= most) return ticks;
  }
  const step = Math.ceil((last - first) / most);
  const ticks: number[] = [];
  for (let power = first; power <= last; power += step)
    if (10 ** power >= low * (1 - 1e-9) && 10 ** power <= high * (1 + 1e-9)) ticks.push(10 ** power);
  return ticks;
}

/** The smallest range with bounds on nice steps that holds the values; a little more where all are one value. */
export function niceRange(low: number, high: number, most = 8): Range {
  if (!(high > low)) {
    const pad = Math.abs(low) * 0.05 || 1;
    return niceRange(low - pad, low + pad, most);
  }
  const step = niceStep(high - low, most);
  return [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
}

/**
 * The accuracy range to show. A few hopeless candidates must not squeeze the rest: at most one in fifty may lie below
 * (drawn on the lower edge, and counted in words), if leaving them out gives the others half as much room again.
 *
 * @param values accuracies in percent, NaN where not measured
 * @param always what must be inside: the original, the control arms
 */
export function accuracyRange(values: ArrayLike<number>, always: readonly number[]): Range {
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) found.push(values[i]);
  const must = always.filter(Number.isFinite);
  if (found.length + must.length === 0) return [0, 100];
  found.sort((a, b) => a - b);
  const least = (from: number) => Math.min(...must, ...found.slice(from, from + 1));
  const high = Math.max(...must, ...found.slice(-1));
  const all = least(0);
  const most = least(Math.floor(found.length / 50));
  const low = high - all > 1.5 * (high - most) ? most : all;
  const [bottom, top] = niceRange(low - (high - low) * 0.03, high + (high - low) * 0.05);
  return [Math.max(0, bottom), Math.min(100, top)];
}

/**
 * A closer look at values that stand in a small part of a range (a search keeps near its budget), with half as much
 * room again on either side; null where they fill enough of it.
 */
export function focus(low: number, high: number, whole: Range, log = false): Range | null {
  if (!(high >= low) || (log && !(low > 0))) return null;
  if (log) {
    const found = focus(Math.log(low), Math.log(high), ln(whole));
    return found && [Math.exp(found[0]), Math.exp(found[1])];
  }
  const span = Math.max(high - low, (whole[1] - whole[0]) / 50);
  if (span > (whole[1] - whole[0]) / 5) return null;
  const middle = (low + high) / 2;
  return inside([middle - span, middle + span], whole);
}

/** Keeps the range shown while what is wanted fits in it and fills more than half of it: points arrive, axes stay. */
export function steady(shown: Range | null, wanted: Range): Range {
  if (!shown) return wanted;
  const fits = wanted[0] >= shown[0] && wanted[1] <= shown[1];
  return fits && wanted[1] - wanted[0] > (shown[1] - shown[0]) / 2 ? shown : wanted;
}

/** A range made smaller (factor < 1) or larger about a point of it, never beyond the limits; logarithmic on request. */
export function zoom(range: Range, factor: number, about: number, limits: Range, log = false): Range {
  if (log) {
    const [a, b] = zoom(ln(range), factor, Math.log(about), ln(limits));
    return [Math.exp(a), Math.exp(b)];
  }
  const low = about - (about - range[0]) * factor;
  const high = about + (range[1] - about) * factor;
  if (high - low >= limits[1] - limits[0]) return limits;
  return inside([low, high], limits);
}

/** A range moved by a share of its length, never beyond the limits. */
export function pan(range: Range, share: number, limits: Range, log = false): Range {
  if (log) {
    const [a, b] = pan(ln(range), share, ln(limits));
    return [Math.exp(a), Math.exp(b)];
  }
  const by = (range[1] - range[0]) * share;
  return inside([range[0] + by, range[1] + by], limits);
}

/** Where a value lies in a range: 0 at its lower bound, 1 at its upper one. */
export function shareOf(value: number, range: Range, log = false): number {
  const [low, high] = log ? ln(range) : range;
  return ((log ? Math.log(value) : value) - low) / (high - low);
}

/** The value that lies there in a range: `shareOf` undone. */
export function valueAt(share: number, range: Range, log = false): number {
  const [low, high] = log ? ln(range) : range;
  const value = low + share * (high - low);
  return log ? Math.exp(value) : value;
}

const ln = ([a, b]: Range): Range => [Math.log(a), Math.log(b)];

function inside([low, high]: Range, [least, most]: Range): Range {
  if (low < least) return [least, Math.min(most, high + least - low)];
  if (high > most) return [Math.max(least, low - (high - most)), most];
  return [low, high];
}
