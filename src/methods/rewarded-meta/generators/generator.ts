import type * as tfc from '@tensorflow/tfjs-core';
import { kernelOf } from '../../../graph/op-facts.ts';
import type { Dependencies, Graph, Node } from '../../../graph/types.ts';
import { InputError } from '../../../graph/errors.ts';
import type { Random } from '../../../graph/random.ts';
import type { Backend } from '../../../runtime/types.ts';
import type { Genes, GeneMap } from '../levels.ts';
import { ratiosOf } from '../levels.ts';
import { sizeOf } from '../../../graph/ops/rules/sizes.ts';

/** A variable that training changes. */
export interface Trained {
  readonly variable: tfc.Variable;
  /** whether weight decay acts on it */
  readonly decays: boolean;
  /** its learning rate, as a multiple of the schedule's */
  readonly rate: number;
}

/**
 * What makes the weights of candidates: the network's own, cut; the same, trained at many widths; or a PruningNet's, made
 * anew for every width.
 */
export const generatorKinds = ['source', 'inherit', 'pruning-net'] as const;
export type GeneratorKind = (typeof generatorKinds)[number];

/** Makes all weights of a network from its encoding vector. */
export interface WeightGenerator {
  readonly kind: GeneratorKind;
  /** by a name that stays the same from run to run */
  readonly variables: ReadonlyMap<string, Trained>;
  /** for every group its channels, first kept first: a width of n keeps the first n of them */
  readonly order: readonly (readonly number[])[];
  /**
   * Parameters at their full size for these genes; differentiable, inside a tidy; null: a constant of the source.
   */
  at(genes: Genes): (paramId: string) => tfc.Tensor | null;
  dispose(): void;
}

/** Whether a parameter in this role convolves: what the paper generates. Dense kernels stay ordinary weights. */
export function convolves({ op }: Node, role: string): boolean {
  return role === 'kernel' && kernelOf(op)?.window !== undefined;
}

/** The node that first uses a parameter, and the role in which it does. */
export function usersOf(graph: Graph): Map<string, { node: Node; role: string }> {
  const users = new Map<string, { node: Node; role: string }>();
  for (const node of graph.nodes)
    for (const [role, id] of Object.entries(node.params)) if (!users.has(id)) users.set(id, { node, role });
  return users;
}

/**
 * What a two-layer net takes for a parameter: the ratios of the prunable groups that run along its axes, input before
 * output. So a stem has its own output ratio, a convolution [in, out], a depthwise one its own, a last one before a
 * fixed layer its input's (the paper's d of 1 and 2; its blocks' d of 3 names the block's middle too, which a
 * general graph has no word for: there every convolution hears of the groups that it touches). Empty where there is
 * none: such a layer takes 1.
 */
export function inputGroups(dependencies: Dependencies, paramId: string): number[] {
  const found = new Set<number>();
  const axes = dependencies.params[paramId] ?? [];
  for (const axis of axes)
    if (axis)
      for (const g of axis.group) if (g >= 0 && dependencies.groups[g].frozen === undefined) found.add(g);
  return [...found];
}

/** Numbers of a two-layer net d -> h -> n, biases included. */
export function twoLayerSize(d: number, h: number, n: number): number {
  return d * h + h + h * n + n;
}

/** Linear(d -> h), ReLU, Linear(h -> n), with biases; its variables live in `variables` under `name/`. */
export class TwoLayer {
  private readonly backend: Backend;
  private readonly w1: tfc.Variable;
  private readonly b1: tfc.Variable;
  private readonly w2: tfc.Variable;
  private readonly b2: tfc.Variable;

  /** Weights and biases start uniform within 1 / sqrt(fan in), PyTorch's default, as in the paper. */
  constructor(
    backend: Backend,
    private readonly groups: readonly number[],
    hidden: number,
    outputs: number,
    name: string,
    variables: Map<string, Trained>,
    random: Random,
  ) {
    this.backend = backend;
    const { tf } = backend;
    const inputs = Math.max(groups.length, 1);
    const make = (part: string, shape: number[], fanIn: number): tfc.Variable => {
      const values = new Float32Array(sizeOf(shape));
      const bound = 1 / Math.sqrt(fanIn);
      for (let i = 0; i < values.length; i++) values[i] = bound * (2 * random.uniform() - 1);
      const variable = tf.tidy(() => tf.variable(tf.tensor(values, shape)));
      variables.set(`${name}/${part}`, { variable, decays: true, rate: 1 });
      return variable;
    };
    this.w1 = make('w1', [inputs, hidden], inputs);
    this.b1 = make('b1', [hidden], inputs);
    this.w2 = make('w2', [hidden, outputs], hidden);
    this.b2 = make('b2', [outputs], hidden);
  }

  /** [outputs] for these genes. */
  run(geneMap: GeneMap, genes: Genes): tfc.Tensor1D {
    const { tf } = this.backend;
    const ratios = ratiosOf(geneMap, genes);
    const taken = this.groups.length === 0 ? [1] : this.groups.map((g) => ratios[g]);
    const x = tf.tensor2d(taken, [1, taken.length]);
    const hidden = tf.relu(tf.add(tf.matMul(x, this.w1 as tfc.Tensor2D), this.b1));
    const y = tf.add(tf.matMul(hidden as tfc.Tensor2D, this.w2 as tfc.Tensor2D), this.b2);
    return tf.reshape(y, [-1]) as tfc.Tensor1D;
  }
}

/** A variable of a source weight. */
export function sourceVariable(
  backend: Backend,
  graph: Graph,
  weights: ReadonlyMap<string, Float32Array>,
  id: string,
): tfc.Variable {
  const { tf } = backend;
  const values = weights.get(id);
  if (!values) throw new InputError(`weight ${id} is missing`);
  return tf.tidy(() => tf.variable(tf.tensor(values.slice(), [...graph.params[id].shape])));
}
