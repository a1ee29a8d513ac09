import type * as tfc from '@tensorflow/tfjs-core';
import { Random, type RandomState } from '../../graph/random.ts';
import type { Dependencies, Graph, Weights } from '../../graph/types.ts';
import type { Backend } from '../../runtime/types.ts';
import type { Trained, WeightGenerator } from './generator.ts';
import { CONVOLUTIONS, TwoLayer, sourceVariable, toldGroups, usersOf } from './generator.ts';
import type { GenePlan, Genes } from './levels.ts';

export interface InheritOptions {
  readonly hidden: number;
  /** learning rate of the inherited weights, as a multiple of the generators' */
  readonly weightRate: number;
  readonly random: RandomState;
  /** for every group its channels, most important first */
  readonly order: readonly (readonly number[])[];
}

/** How a two-layer net changes a parameter: a factor 1 + s along some of its axes, or an added s. */
interface Change {
  readonly net: TwoLayer;
  /** axes scaled, each by its own segment of the net's output; empty: the whole output is added */
  readonly axes: readonly number[];
}

/**
 * The second generator, for a trained network: every weight is the trained one with a small change that depends on
 * the encoding vector. Channels are ranked by importance once, and a width of n keeps the n most important (the
 * leading crop of the network with its channels in that order, which is the same function). A kernel is scaled by
 * 1 + s along its input and its output channels, a batch norm's gamma by 1 + s, beta and biases moved by s, where each
 * s comes from a two-layer net like the PruningNet's whose last layer starts at zero: so at the start every candidate
 * is exactly the trained network cut to its channels. The weights themselves are trained too, at a smaller rate.
 */
export class Inherit implements WeightGenerator {
  readonly kind = 'inherit';
  readonly variables = new Map<string, Trained>();
  readonly order: readonly (readonly number[])[];
  private readonly changes = new Map<string, Change>();

  constructor(
    private readonly backend: Backend,
    private readonly graph: Graph,
    weights: Weights,
    dependencies: Dependencies,
    private readonly plan: GenePlan,
    options: InheritOptions,
  ) {
    this.order = options.order;
    for (const [id, { node, role }] of usersOf(graph)) {
      const { shape, trainable } = graph.params[id];
      if (!trainable) continue;
      const kernel = role === 'kernel';
      const variable = sourceVariable(backend, graph, weights, id);
      this.variables.set(`weight/${id}`, { variable, decays: kernel, rate: options.weightRate });
      const groups = toldGroups(dependencies, id);
      const scaled = kernel && CONVOLUTIONS.has(node.op.kind);
      if (groups.length === 0 || !(scaled || (role !== 'kernel' && shape.length === 1))) continue;
      const scales = scaled || role === 'gamma';
      const axes = scales ? [...shape.keys()].filter((a) => dependencies.params[id]?.[a]) : [];
      const outputs = scales ? axes.reduce((n, a) => n + shape[a], 0) : shape[0];
      const init = { random: new Random(options.random).fork(`change ${id}`), zeroLast: true };
      const net = new TwoLayer(backend, groups, options.hidden, outputs, `change/${id}`, this.variables, init);
      this.changes.set(id, { net, axes });
    }
  }

  full(paramId: string, genes: Genes): tfc.Tensor | null {
    const { tf } = this.backend;
    const weight = this.variables.get(`weight/${paramId}`)?.variable;
    if (!weight) return null;
    const change = this.changes.get(paramId);
    if (!change) return weight;
    const { shape } = this.graph.params[paramId];
    const s = change.net.run(this.plan, genes);
    if (change.axes.length === 0) return tf.add(weight, s);
    let result: tfc.Tensor = weight;
    let at = 0;
    for (const axis of change.axes) {
      const part = tf.reshape(tf.slice(s, [at], [shape[axis]]), shape.map((n, a) => (a === axis ? n : 1)));
      result = tf.mul(result, tf.add(part, 1));
      at += shape[axis];
    }
    return result;
  }

  dispose(): void {
    for (const { variable } of this.variables.values()) variable.dispose();
    this.variables.clear();
  }
}
