import type { Interpolation, OpOf } from '../graph/types.ts';

const f = Math.fround;

/** How much a source pixel counts by its distance from the sampling point, and how far that reaches; in pixels. */
interface Filter {
  readonly radius: number;
  weight(distance: number): number;
}

const lanczos = (radius: number): Filter => ({
  radius,
  weight: (x) =>
    x > radius
      ? 0
      : x <= 1e-3
        ? 1
        : (radius * Math.sin(Math.PI * x) * Math.sin((Math.PI * x) / radius)) / (Math.PI * x) ** 2,
});

/** Keys' cubic with a = -0.5. */
const keys: Filter = {
  radius: 2,
  weight: (x) => (x >= 2 ? 0 : x >= 1 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : (1.5 * x - 2.5) * x * x + 1),
};

const triangle: Filter = { radius: 1, weight: (x) => Math.max(0, 1 - x) };

const FILTERS = {
  lanczos3: lanczos(3),
  lanczos5: lanczos(5),
  gaussian: { radius: 1.5, weight: (x: number) => (x >= 1.5 ? 0 : Math.exp(-2 * x * x)) },
  mitchellcubic: {
    radius: 2,
    weight: (x: number) =>
      x >= 2
        ? 0
        : x >= 1
          ? (((-7 / 18) * x + 2) * x - 10 / 3) * x + 16 / 9
          : ((7 / 6) * x - 2) * x * x + 8 / 9,
  },
} as const;

/**
 * tf.image.resize along one axis as a matrix [to, from], row-major: every method of it is linear and acts on height and
 * width apart. Positions are computed in float32, as there, since a half more or less picks another pixel.
 */
export function samplingMatrix(
  from: number,
  to: number,
  {
    interpolation,
    antialias,
    coordinates,
  }: Pick<OpOf<'resize'>, 'interpolation' | 'antialias' | 'coordinates'>,
): Float32Array {
  const m = new Float32Array(to * from);
  const put = (row: number, weights: Weights): void => {
    for (const [at, weight] of weights) m[row * from + at] += weight;
  };
  for (let row = 0; row < to; row++)
    put(
      row,
      coordinates
        ? between(corner(coordinates, row, from, to), from)
        : sample(interpolation, antialias, row, from, to),
    );
  return m;
}

/** Where a row lies that isn't placed by the pixels' centres. */
function corner(coordinates: 'alignCorners' | 'asymmetric', row: number, from: number, to: number): number {
  if (coordinates === 'asymmetric') return f(row / f(to / from));
  return to > 1 ? f((row * (from - 1)) / (to - 1)) : 0;
}

/** Linear between the two pixels around a position. */
function between(position: number, from: number): Weights {
  const low = Math.floor(position);
  const share = position - low;
  const inside = (at: number) => Math.min(Math.max(at, 0), from - 1);
  return [
    [inside(low), 1 - share],
    [inside(low + 1), share],
  ];
}

type Weights = readonly (readonly [at: number, weight: number])[];

function sample(
  interpolation: Interpolation,
  antialias: boolean,
  row: number,
  from: number,
  to: number,
): Weights {
  const scale = f(from / to);
  const inside = (at: number) => Math.min(Math.max(at, 0), from - 1);
  const centre = f(f(row + 0.5) * scale);
  switch (interpolation) {
    case 'nearest':
      return [[inside(Math.floor(centre)), 1]];
    case 'area':
      return area(row, scale, inside);
    case 'bilinear': {
      if (antialias) return filtered(triangle, true, row, from, to);
      return between(f(centre - 0.5), from);
    }
    case 'bicubic':
      return antialias
        ? filtered(keys, true, row, from, to)
        : cubic(f(centre - 0.5), (at) => inside(at) === at);
    default:
      return filtered(FILTERS[interpolation], antialias, row, from, to);
  }
}

/** What the output pixel covers, each source pixel by the part of it that is covered. */
function area(row: number, scale: number, inside: (at: number) => number): Weights {
  const start = f(row * scale);
  const end = f((row + 1) * scale);
  const weights: [number, number][] = [];
  for (let at = Math.floor(start); at < Math.ceil(end); at++)
    weights.push([inside(at), (Math.min(at + 1, end) - Math.max(at, start)) / scale]);
  return weights;
}

/** TensorFlow's ResizeBicubic takes its weights from a table of 1024 positions between two pixels. */
const TABLE = 1024;

function cubic(position: number, isInside: (at: number) => boolean): Weights {
  const low = Math.floor(position);
  const share = roundHalfEven(f(f(position - low) * TABLE)) / TABLE;
  const weights = [-1, 0, 1, 2].map((k): [number, number] => [low + k, keys.weight(Math.abs(k - share))]);
  return normalised(weights.filter(([at]) => isInside(at)));
}

function roundHalfEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** TensorFlow's ScaleAndTranslate: a filter that grows with the shrinking where it is to hold off aliasing. */
function filtered(filter: Filter, antialias: boolean, row: number, from: number, to: number): Weights {
  const scale = f(1 / f(to / from));
  const centre = f(f(row + 0.5) * scale);
  const wide = antialias ? Math.max(scale, 1) : 1;
  const reach = filter.radius * wide;
  const first = Math.max(0, Math.ceil(f(centre - reach - 0.5)));
  const last = Math.min(from - 1, Math.floor(f(centre + reach - 0.5)));
  const weights: [number, number][] = [];
  for (let at = first; at <= last; at++)
    weights.push([at, filter.weight(Math.abs(f(at + 0.5 - centre)) / wide)]);
  return normalised(weights);
}

function normalised(weights: Weights): Weights {
  const sum = weights.reduce((total, [, weight]) => total + weight, 0);
  return Math.abs(sum) < 1e-30 ? weights : weights.map(([at, weight]) => [at, weight / sum]);
}
