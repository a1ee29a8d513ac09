import type * as tfc from '@tensorflow/tfjs-core';
import { Random, type RandomState } from '../../../graph/random.ts';
import type { Dependencies, Graph, Weights } from '../../../graph/types.ts';
import type { Backend } from '../../../runtime/types.ts';
import type { ChangeNet } from '../changes.ts';
import { ChangeNets, segments } from '../changes.ts';
import type { Trained, WeightGenerator } from './generator.ts';
import { convolves, inputGroups, sourceVariable, usersOf } from './generator.ts';
import type { GeneMap, Genes } from '../levels.ts';

export interface InheritOptions {
  readonly hidden: number;
  /** learning rate of the inherited weights, as a multiple of the generators' */
  readonly weightRate: number;
  readonly random: RandomState;
  /** for every group its channels, most important first */
  readonly order: readonly (readonly number[])[];
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
  /** for each changed parameter the axes scaled, one segment of its net's numbers each; empty: added as they are */
  private readonly axes = new Map<string, readonly number[]>();
  private readonly changes: ChangeNets | null;

  constructor(
    private readonly backend: Backend,
    private readonly graph: Graph,
    weights: Weights,
    dependencies: Dependencies,
    private readonly geneMap: GeneMap,
    options: InheritOptions,
  ) {
    this.order = options.order;
    const nets: ChangeNet[] = [];
    for (const [id, { node, role }] of usersOf(graph)) {
      const { shape, trainable } = graph.params[id];
      if (!trainable) continue;
      const kernel = role === 'kernel';
      const variable = sourceVariable(backend, graph, weights, id);
      this.variables.set(`weight/${id}`, { variable, decays: kernel, rate: options.weightRate });
      const groups = inputGroups(dependencies, id);
      const scaled = convolves(node, role);
      if (groups.length === 0 || !(scaled || (!kernel && shape.length === 1))) continue;
      const scales = scaled || role === 'gamma';
      const axes = scales ? [...shape.keys()].filter((a) => dependencies.params[id]?.[a]) : [];
      this.axes.set(id, axes);
      nets.push({ id, groups, outputs: scales ? axes.reduce((n, a) => n + shape[a], 0) : shape[0] });
    }
    const random = new Random(options.random);
    this.changes =
      nets.length === 0 ? null : new ChangeNets(backend, nets, options.hidden, random, this.variables);
  }

  at(genes: Genes): (paramId: string) => tfc.Tensor | null {
    const { tf } = this.backend;
    const changes = this.changes?.run(this.geneMap, genes);
    return (id) => {
      const weight = this.variables.get(`weight/${id}`)?.variable;
      const change = changes?.get(id);
      if (!weight || !change) return weight ?? null;
      const axes = this.axes.get(id)!;
      if (axes.length === 0) return tf.add(weight, change);
      const { shape } = this.graph.params[id];
      const parts = segments(
        tf,
        tf.add(change, 1),
        axes.map((a) => shape[a]),
      );
      return axes.reduce<tfc.Tensor>(
        (result, axis, i) =>
          tf.mul(
            result,
            tf.reshape(
              parts[i],
              shape.map((n, a) => (a === axis ? n : 1)),
            ),
          ),
        weight,
      );
    };
  }

  dispose(): void {
    for (const { variable } of this.variables.values()) variable.dispose();
    this.variables.clear();
    this.changes?.dispose();
  }
}
