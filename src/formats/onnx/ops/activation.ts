import type { ActivationKind, Op, OpOf } from '../../../graph/types.ts';
import type { Step } from '../reading/reading.ts';
import { Unsaid } from '../reading/values.ts';
import type { Live } from '../reading/values.ts';
import { laidOut, scalar } from './constants.ts';

type Activation = OpOf<'activation'>;

/** Each value on its own. */
function pointwise(step: Step, ...ops: readonly Op[]): Live[] {
  const x = step.live(0);
  let node = x.node;
  for (const op of ops) node = step.emit(op, [node]);
  return [step.reading.live(node, x.axes, x.dims.length, x.batch)];
}

const plain =
  (activation: ActivationKind, rest: Partial<Activation> = {}) =>
  (step: Step): Live[] =>
    pointwise(step, { kind: 'activation', activation, ...rest });

function clip(step: Step): Live[] {
  const bound = (name: 'min' | 'max', input: number): number | undefined => {
    const given = step.constant(input);
    const value = given ? scalar(given) : undefined;
    if (given && value === undefined) throw new Unsaid('limits of several numbers');
    const own = step.node.attributes.get(name)?.f;
    const found = value ?? own;
    return found !== undefined && Math.abs(found) < 3.4e38 ? found : undefined;
  };
  const [minValue, maxValue] = [bound('min', 1), bound('max', 2)];
  if (minValue === 0 && maxValue === 6) return plain('relu6')(step);
  if (minValue === 0 && maxValue === undefined) return plain('relu')(step);
  if (minValue === undefined && maxValue === undefined) return [step.live(0)];
  const limits = { ...(minValue !== undefined && { minValue }), ...(maxValue !== undefined && { maxValue }) };
  return plain('clip', limits)(step);
}

function hardSigmoid(step: Step): Live[] {
  const [alpha, beta] = [step.float('alpha', 0.2), step.float('beta', 0.5)];
  const close = (a: number, b: number): boolean => Math.abs(a - b) < 1e-6;
  if (close(alpha, 0.2) && close(beta, 0.5)) return plain('hardSigmoid')(step);
  if (close(alpha, 1 / 6) && close(beta, 0.5)) return plain('hardSigmoid6')(step);
  return pointwise(
    step,
    { kind: 'affine', scale: [alpha], offset: [beta] },
    { kind: 'activation', activation: 'clip', minValue: 0, maxValue: 1 },
  );
}

function selu(step: Step): Live[] {
  const [alpha, gamma] = [step.float('alpha', 1.67326), step.float('gamma', 1.0507)];
  return pointwise(
    step,
    { kind: 'activation', activation: 'elu', alpha },
    { kind: 'affine', scale: [gamma], offset: [0] },
  );
}

/** Powers by a number; small whole ones as products, which are exact also of what is negative. */
function power(step: Step): Live[] {
  const exponent = step.constant(1);
  const by = exponent && scalar(exponent);
  if (by === undefined) throw new Unsaid('a power that is no number');
  if (by === 1) return [step.live(0)];
  if (by !== 2 && by !== 3) return plain('power', { alpha: by })(step);
  const x = step.live(0);
  const node = step.emit({ kind: 'multiply' }, new Array<string>(by).fill(x.node));
  return [step.reading.live(node, x.axes, x.dims.length, x.batch)];
}

function prelu(step: Step): Live[] {
  const x = step.live(0);
  const slope = step.constant(1);
  if (!slope) throw new Unsaid('slopes that are left out');
  const { map, shape } = laidOut(slope, x.axes, x.dims.length);
  const key = `slope ${step.index}`;
  const at = { map, shape, key, use: step.use(1), name: `${step.layer}:slope` };
  const alpha = step.reading.param(slope, at, true);
  return [
    step.reading.live(step.emit({ kind: 'prelu' }, [x.node], { alpha }), x.axes, x.dims.length, x.batch),
  ];
}

/** Activations and functions of one number, by operator. */
export const activations = {
  Abs: plain('abs'),
  Celu: (step: Step) => plain('celu', { alpha: step.float('alpha', 1) })(step),
  Clip: clip,
  Elu: (step: Step) => plain('elu', { alpha: step.float('alpha', 1) })(step),
  Erf: plain('erf'),
  Exp: plain('exponential'),
  Gelu: (step: Step) => plain(step.string('approximate', 'none') === 'tanh' ? 'geluTanh' : 'gelu')(step),
  HardSigmoid: hardSigmoid,
  HardSwish: plain('hardSwish'),
  LeakyRelu: (step: Step) => plain('leakyRelu', { alpha: step.float('alpha', 0.01) })(step),
  Log: plain('log'),
  Mish: plain('mish'),
  Neg: (step: Step) => pointwise(step, { kind: 'affine', scale: [-1], offset: [0] }),
  Pow: power,
  PRelu: prelu,
  Reciprocal: plain('power', { alpha: -1 }),
  Relu: plain('relu'),
  Selu: selu,
  Sigmoid: plain('sigmoid'),
  Softplus: plain('softplus'),
  Softsign: plain('softsign'),
  Sqrt: plain('power', { alpha: 0.5 }),
  Swish: (step: Step) => {
    if (step.float('alpha', 1) !== 1) throw new Unsaid('an alpha');
    return plain('swish')(step);
  },
  Tanh: plain('tanh'),
  ThresholdedRelu: (step: Step) => plain('threshold', { threshold: step.float('alpha', 1), alpha: 0 })(step),
};
