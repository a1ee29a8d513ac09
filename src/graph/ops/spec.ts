import type { AxisLabels, Labels } from './rules/labels.ts';
import type { Sizes } from './rules/sizes.ts';
import type { GroupMember, Node, Op, Shape } from '../types.ts';

/*
 * What the graph knows of an op. Every op kind has one declaration (index.ts asks for it), and all that is asked about
 * ops elsewhere is derived from it: add an op's fields in types.ts, its declaration in its family's folder here and in
 * runtime/ops, and a reader; the compiler asks for all but the last.
 *
 * Axes are the op's own matter. Which axis of an image is which, and where channels lie, is said in rules/layout.ts and
 * in the axes of the parameters below; nothing outside this folder may count axes of an op's values or parameters.
 *
 * Every op gives one value, which has its node's name. A layer of several (a split) is read as several nodes.
 */

/** How many values an op reads. */
export interface Arity {
  readonly min: number;
  readonly max: number;
}

/** A parameter of an op, in one role. Axes are the parameter's own. */
export interface ParamSpec {
  /**
   * axes along which the output's channels run, the outer first: of two, channel a * (size of the second) + b lies at
   * [a, b]. Absent where the axes depend on the op's fields or on its input
   */
  readonly out?: readonly number[];
  /** what every value is in a fresh network: 1; absent: 0, or drawn where it is a kernel */
  readonly start?: 1;
  /** statistic: moved by training on batches, not by gradients; constant: given with the network, never learnt */
  readonly kept?: 'statistic' | 'constant';
}

/** Weights that are multiplied with the input's channels. */
export interface KernelSpec extends ParamSpec {
  readonly rank: number;
  /** axis along which the channels that are read run; where it is one of `out` too, they are not mixed (depthwise) */
  readonly in: number;
  readonly out: readonly number[];
  /** axes along height and width, where it slides over an image */
  readonly window?: readonly [number, number];
  /** the op is linear in its input, with `bias` added: a scale of its output's channels can go into both */
  readonly linear: true;
  /** shrinks by weight decay */
  readonly decays: true;
  /** it is multiplied once for every position of the output, or of the input: its multiply-accumulates */
  readonly applied: 'output' | 'input';
}

/** By role. Weights that mix or multiply channels have the role `kernel`. */
export interface ParamSpecs {
  readonly kernel?: KernelSpec;
  readonly [role: string]: ParamSpec | undefined;
}

/** What a shape rule may look at. */
export interface ShapeStep {
  readonly inputs: readonly Shape[];
  /** by role; a role that the node does not have is not there */
  readonly params: Readonly<Record<string, Sizes>>;
}

/** What the channel rules write to: labels, the labels of parameters' axes, and who does what with which channels. */
export interface Trail {
  readonly labels: Labels;
  readonly params: Map<string, (AxisLabels | undefined)[]>;
  /** what a layer says of an axis once for all its calls, by layer and axis */
  readonly said: Map<string, Int32Array>;
  readonly notes: { node: Node; role: GroupMember['role']; labels: Int32Array }[];
}

/** One node with all that its channel rule may look at. */
export interface ChannelStep {
  readonly node: Node;
  readonly inputs: readonly (readonly AxisLabels[])[];
  readonly inputShapes: readonly Shape[];
  readonly output: Shape;
  readonly paramShape: (role: string) => Sizes | undefined;
}

/** What surgery tells an op of the channels that stay; positions are ascending, null: all stay. */
export interface Cut {
  /** number of axes of the output */
  readonly rank: number;
  /** along an axis of the output */
  readonly output: (axis: number) => Int32Array | null;
  /** how many positions an axis of the output had, where channels run along it */
  readonly length: (axis: number) => number | undefined;
  /** along an axis of the first input */
  readonly input: (axis: number) => Int32Array | null;
  /** whether channels of any group run along this axis of the parameter in a role */
  readonly runsAlong: (role: string, axis: number) => boolean;
}

/** A value taken over several positions, which is another one where some of them go. */
export interface Pooled {
  readonly what: 'statistics' | 'length';
  readonly axes: readonly number[];
}

/** The declaration of one op kind. Methods, so that the declarations of all kinds fit one type. */
export interface OpSpec<O extends Op> {
  readonly inputs: Arity;
  readonly params: ParamSpecs;
  /** the first input as it is (value, when not training), its elements in another shape, or an image of its pixels */
  readonly passes?: 'value' | 'elements' | 'pixels';
  /**
   * Shape of the output, per sample.
   * @throws InputError naming what does not fit
   */
  shape(op: O, step: ShapeStep): Shape;
  /** The labels of the output, axis by axis; ties, freezes and notes what the op does on the way. */
  channels(op: O, step: ChannelStep, trail: Trail): AxisLabels[];
  /** The op where channels are gone; absent: it stays as it is. */
  narrow?(op: O, cut: Cut): Op;
  /** The axes of its value over which it pools; absent: none. */
  pools?(op: O, rank: number): Pooled;
  /** Where its values are probabilities: such that add up to 1 along an axis, or each by itself. Absent: they are none. */
  probabilities?(op: O): { readonly along: number } | 'each' | undefined;
  /** Whether it holds a constant for each channel, so that channels can't change places. */
  ordered?(op: O): boolean;
  /** Whether it makes up the value at a position of an axis of so many: it can't change places with one that it is given. */
  madeUp?(op: O, axis: number, position: number, length: number): boolean;
}

export const NONE: Arity = { min: 0, max: 0 };
export const ONE: Arity = { min: 1, max: 1 };
export const TWO: Arity = { min: 2, max: 2 };
export const SOME: Arity = { min: 1, max: Infinity };
export const ANY: Arity = { min: 0, max: Infinity };
