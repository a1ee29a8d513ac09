import { axisOf } from '../reading/reading.ts';
import type { Step } from '../reading/reading.ts';
import { Unsaid } from '../reading/values.ts';
import type { Live } from '../reading/values.ts';
import { take } from './pick.ts';

const f = Math.fround;

interface Sampling {
  readonly from: number;
  readonly to: number;
  /** how many times larger the axis gets, as the file says it */
  readonly scale: number;
  readonly coordinates: string;
}

/** Where in the axis a position of the resized one lies. */
function coordinate(i: number, { from, to, scale, coordinates }: Sampling): number {
  switch (coordinates) {
    case 'asymmetric':
      return f(i / f(scale));
    case 'half_pixel':
      return f(f((i + 0.5) / f(scale)) - 0.5);
    case 'pytorch_half_pixel':
      return to > 1 ? f(f((i + 0.5) / f(scale)) - 0.5) : 0;
    case 'align_corners':
      return to > 1 ? f((i * (from - 1)) / (to - 1)) : 0;
    case 'tf_half_pixel_for_nn':
      return f((i + 0.5) / f(scale));
    default:
      throw new Unsaid(`coordinates ${coordinates}`);
  }
}

function nearest(mode: string, x: number): number {
  switch (mode) {
    case 'floor':
      return Math.floor(x);
    case 'ceil':
      return Math.ceil(x);
    case 'round_prefer_floor':
      return Math.ceil(x - 0.5);
    case 'round_prefer_ceil':
      return Math.floor(x + 0.5);
    default:
      throw new Unsaid(`rounding ${mode}`);
  }
}

/** Resize, and Upsample of older files. */
export function resize(step: Step): Live[] {
  const x = step.live(0);
  const rank = x.dims.length;
  const old = step.node.op === 'Upsample' || step.opset < 11;
  const scaleInput = old ? 1 : 2;
  const axes = step.ints('axes')?.map((a) => axisOf(a, rank)) ?? [...x.dims.keys()];
  const nonEmpty = (list: number[] | undefined): number[] | undefined => (list?.length ? list : undefined);
  const sizes = old ? undefined : nonEmpty(step.numbers(3));
  const given = nonEmpty(step.node.attributes.get('scales')?.floats.slice() ?? step.numbers(scaleInput));
  if (step.string('keep_aspect_ratio_policy', 'stretch') !== 'stretch')
    throw new Unsaid('its aspect ratio kept');
  const dims = [...x.dims];
  const scales = x.dims.map(() => 1);
  axes.forEach((axis, i) => {
    if (!sizes && !given) throw new Unsaid('no sizes');
    dims[axis] = sizes ? sizes[i] : Math.floor(x.dims[axis] * given![i]);
    scales[axis] = sizes ? sizes[i] / x.dims[axis] : given![i];
  });
  const mode = step.string('mode', 'nearest');
  const coordinates = old ? 'asymmetric' : step.string('coordinate_transformation_mode', 'half_pixel');
  const rounding = old ? 'floor' : step.string('nearest_mode', 'round_prefer_floor');
  const sampling = (axis: number): Sampling => ({
    from: x.dims[axis],
    to: dims[axis],
    scale: scales[axis],
    coordinates,
  });
  const moved = dims.flatMap((d, axis) => (d === x.dims[axis] && scales[axis] === 1 ? [] : [axis]));
  if (moved.some((axis) => axis < 2)) throw new Unsaid('samples or channels that it resizes');
  const made = mode === 'nearest' ? byPositions() : smoothly();
  const list = step.constant(3);
  if (sizes && list)
    step.edit((narrow, to) => {
      const own = narrow.dims(made);
      const wanted = axes.map((axis) =>
        axis === made.batch || own[axis] === made.dims[axis] ? null : own[axis],
      );
      to.list(step.use(3), list, wanted, narrow);
    });
  return [made];

  function byPositions(): Live {
    const of = (axis: number): number[] =>
      Array.from({ length: dims[axis] }, (_, i) =>
        Math.min(Math.max(nearest(rounding, coordinate(i, sampling(axis))), 0), x.dims[axis] - 1),
      );
    const factor = (axis: number): number => dims[axis] / x.dims[axis];
    const repeats = (axis: number): boolean =>
      of(axis).every((p, i) => p === Math.floor(i / factor(axis))) && Number.isInteger(factor(axis));
    if (rank === 4 && repeats(2) && repeats(3)) {
      const op = { kind: 'upsample', size: [factor(2), factor(3)], interpolation: 'nearest' } as const;
      return step.imageValue(step.emit(op, [step.image(x)]), x);
    }
    return moved.reduce((value, axis) => take(step, value, axis, of(axis)), x);
  }

  function smoothly(): Live {
    if (mode !== 'linear' || rank !== 4) throw new Unsaid(`mode ${mode}`);
    if (step.int('antialias', 0) !== 0 || step.int('exclude_outside', 0) !== 0) throw new Unsaid('antialias');
    const exact = moved.every((axis) => Math.abs(x.dims[axis] * scales[axis] - dims[axis]) < 1e-4);
    if (!exact && coordinates !== 'align_corners') throw new Unsaid('a scale that does not fit');
    const known = {
      half_pixel: undefined,
      pytorch_half_pixel: undefined,
      align_corners: 'alignCorners',
      asymmetric: 'asymmetric',
    } as const;
    if (!Object.hasOwn(known, coordinates)) throw new Unsaid(`coordinates ${coordinates}`);
    if (coordinates === 'pytorch_half_pixel' && moved.some((axis) => dims[axis] === 1))
      throw new Unsaid('a single pixel');
    const how = known[coordinates as keyof typeof known];
    const op = {
      kind: 'resize' as const,
      size: [dims[2], dims[3]] as const,
      interpolation: 'bilinear' as const,
      antialias: false,
      ...(how && { coordinates: how }),
    };
    return step.imageValue(step.emit(op, [step.image(x)]), x);
  }
}
