import { t } from './strings.ts';
import { accuracyWord, type Measure } from '../src/terms/scores.ts';

/** Numbers for people. A narrow no-break space stands before units, a real minus before what is less. */

const SPACE = '\u202f';
const MINUS = '\u2212';

/** `digits` significant ones, without needless zeros: 40.8, 0.27, 149. */
export function significant(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))));
  const text = value.toFixed(Math.min(places, 12));
  return signed(text.includes('.') ? text.replace(/\.?0+$/, '') : text);
}

function signed(text: string): string {
  return text.startsWith('-') ? MINUS + text.slice(1) : text;
}

const STEPS: readonly (readonly [number, string])[] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];

/** 40.8 M, 149 k, 12: a number of things. */
export function amount(value: number): string {
  for (const [step, unit] of STEPS)
    if (Math.abs(value) >= step * 0.9995) return significant(value / step) + SPACE + unit;
  return significant(value);
}

/** 1,234,567 in full. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** 1.12 MB. Thousands, as file managers count. */
export function size(bytes: number): string {
  for (const [step, unit] of STEPS)
    if (Math.abs(bytes) >= step * 0.9995)
      return significant(bytes / step) + SPACE + (unit === 'k' ? 'kB' : `${unit}B`);
  return significant(bytes) + SPACE + 'B';
}

const MEASURES: Readonly<Record<Measure | 'accuracy', () => string>> = {
  accuracy: () => t('Accuracy'),
  'top-1 of sigmoids': () => t('Top-1 of sigmoids'),
  agreement: () => t('Agreement'),
  'agreement in values': () => t('Agreement in values'),
};

/** What the panel calls accuracies: by another name where they are another thing. */
export function accuracyTitle(measure: Measure | null | undefined): string {
  return MEASURES[accuracyWord(measure)]();
}

/** 92.4 %. Accuracies and shares, given in percent. */
export function percent(value: number | undefined | null, places = 1): string {
  return value === undefined || value === null || !Number.isFinite(value)
    ? '–'
    : signed(value.toFixed(places)) + SPACE + '%';
}

/** −50.2 %: how much less (or more) `after` is than `before`. */
export function change(before: number, after: number): string {
  if (!(before > 0)) return '–';
  const value = 100 * (after / before - 1);
  const text = Math.abs(value).toFixed(1);
  return (text === '0.0' ? '±' : value < 0 ? MINUS : '+') + text + SPACE + '%';
}

/** −25.3 points: how far two accuracies are apart. */
export function points(before: number, after: number): string {
  const text = Math.abs(after - before).toFixed(1);
  return t('{0} points', (after === before ? '±' : after < before ? MINUS : '+') + text);
}

/** 0.88 ms. */
export function milliseconds(value: number): string {
  return significant(value) + SPACE + 'ms';
}

/** about a minute, 6 min, 1 h 20 min: for predictions, so never more exact than it can be. */
export function duration(seconds: number): string {
  if (seconds < 1) return t('under a second');
  if (seconds < 60) return t('{0} s', Math.round(seconds));
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t('{0} min', minutes);
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? t('{0} h {1} min', hours, minutes % 60) : t('{0} h', hours);
  return t('{0} days', Math.round(hours / 24));
}

/** 32 × 32 × 16. */
export function shape(sizes: readonly number[]): string {
  return sizes.join('\u202f×\u202f');
}

/** 3 minutes ago; today's time or a date for what is older. */
export function ago(time: number, now = Date.now()): string {
  const seconds = Math.max(0, (now - time) / 1000);
  if (seconds < 60) return t('just now');
  if (seconds < 3600) return t('{0} min ago', Math.round(seconds / 60));
  if (seconds < 86_400) return t('{0} h ago', Math.round(seconds / 3600));
  return new Date(time).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
}

/** The last part of a path, of either system. */
export function baseName(path: string): string {
  return path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;
}

/** A path below the workspace, else as it is. */
export function relative(path: string, workspace: string | null): string {
  if (!workspace || !path.startsWith(workspace)) return path;
  return path.slice(workspace.length).replace(/^[\\/]/, '') || baseName(path);
}
