import type * as tfc from '@tensorflow/tfjs-core';
import { fanIn, hasStatistics, kernelOf } from '../../../graph/op-facts.ts';
import { Random, type RandomState } from '../../../graph/random.ts';
import type { Dependencies, Graph, Weights } from '../../../graph/types.ts';
import type { Backend } from '../../../runtime/types.ts';
import type { Trained, WeightGenerator } from './generator.ts';
import { TwoLayer, convolves, inputGroups, sourceVariable, usersOf } from './generator.ts';
import type { GeneMap, Genes } from '../levels.ts';
import { FULL, LEVELS } from '../levels.ts';
import { sizeOf } from '../../../graph/ops/rules/sizes.ts';

export interface PruningNetOptions {
  /** width of the generators' hidden layer: 32, and 64 in the paper's MobileNetV2 */
  readonly hidden: number;
  /** a scale and offset for every level of every batch norm; the paper's is false */
  readonly affine: boolean;
  readonly random: RandomState;
}

/**
 * The paper's PruningNet (docs/methods/metapruning.md, "Generators"): every convolution's weights come from a two-layer
 * generator of its own, at full size, of which the leading channels are cut out; there are no free convolution weights.
 * Dense layers, biases and slopes are ordinary weights, of which the leading part is used; they start as the source has
 * them.
 *
 * Batch norms: the paper has one for each level of the width behind which it stands, without scale and offset. Such a
 * norm holds nothing but running statistics, and those are discarded before every score ("Score" there), so in training
 * the batch's own statistics, and in scoring the recalibrated ones, are exactly the same: nothing is stored a level.
 * With `affine`, scale and offset are kept one a level.
 */
export class PruningNet implements WeightGenerator {
  readonly kind = 'pruning-net';
  readonly variables = new Map<string, Trained>();
  readonly order: readonly (readonly number[])[];
  private readonly generators = new Map<string, { net: TwoLayer; scale: number }>();
  private readonly norms = new Map<string, { level: number; role: string }>();

  constructor(
    private readonly backend: Backend,
    private readonly graph: Graph,
    weights: Weights,
    dependencies: Dependencies,
    private readonly geneMap: GeneMap,
    private readonly options: PruningNetOptions,
  ) {
    this.order = dependencies.groups.map((g) => Array.from({ length: g.size }, (_, c) => c));
    const normed = behindNorm(graph);
    for (const [id, { node, role }] of usersOf(graph)) {
      const { shape, trainable } = graph.params[id];
      const normRole = hasStatistics(node.op) && (role === 'gamma' || role === 'beta');
      if (normRole) {
        const group = inputGroups(dependencies, id)[0];
        this.norms.set(id, { level: group === undefined ? -1 : geneMap.geneOf[group], role });
        if (options.affine) this.addNorm(id, shape[0], role === 'gamma' ? 1 : 0);
      } else if (!trainable) continue;
      else if (convolves(node, role)) {
        const groups = inputGroups(dependencies, id);
        const size = sizeOf(shape);
        const random = new Random(options.random).fork(`generator ${id}`);
        const net = new TwoLayer(
          backend,
          groups,
          options.hidden,
          size,
          `generator/${id}`,
          this.variables,
          random,
        );
        const scale = normed.has(node.id)
          ? 1
          : heScale(fanIn(kernelOf(node.op)!, shape), groups.length, options.hidden);
        this.generators.set(id, { net, scale });
      } else {
        const variable = sourceVariable(backend, graph, weights, id);
        // a dense layer's, the bias too
        const kernel = kernelOf(node.op);
        this.variables.set(`weight/${id}`, { variable, decays: !!kernel && !kernel.window, rate: 1 });
      }
    }
  }

  private addNorm(id: string, channels: number, start: number): void {
    const { tf } = this.backend;
    const variable = tf.tidy(() => tf.variable(tf.fill([LEVELS, channels], start)));
    this.variables.set(`norm/${id}`, { variable, decays: false, rate: 1 });
  }

  at(genes: Genes): (paramId: string) => tfc.Tensor | null {
    return (paramId) => this.full(paramId, genes);
  }

  private full(paramId: string, genes: Genes): tfc.Tensor | null {
    const { tf } = this.backend;
    const { shape } = this.graph.params[paramId];
    const generator = this.generators.get(paramId);
    if (generator) {
      const flat = generator.net.run(this.geneMap, genes);
      return tf.reshape(generator.scale === 1 ? flat : tf.mul(flat, generator.scale), [...shape]);
    }
    const norm = this.norms.get(paramId);
    if (norm) {
      if (!this.options.affine) return norm.role === 'gamma' ? tf.ones([...shape]) : tf.zeros([...shape]);
      const table = this.variables.get(`norm/${paramId}`)!.variable;
      const row = norm.level < 0 ? FULL : genes[norm.level];
      return tf.reshape(tf.slice(table, [row, 0], [1, shape[0]]), [...shape]);
    }
    return this.variables.get(`weight/${paramId}`)?.variable ?? null;
  }

  dispose(): void {
    for (const { variable } of this.variables.values()) variable.dispose();
    this.variables.clear();
  }
}

/** Nodes whose value a batch norm reads, so that the scale of their weights doesn't matter. */
function behindNorm(graph: Graph): Set<string> {
  return new Set(graph.nodes.filter((n) => hasStatistics(n.op)).flatMap((n) => n.inputs));
}

/**
 * Factor that brings generated weights to He's deviation. The paper's networks all have batch norm behind their
 * convolutions, which makes it needless; without one, generated weights (about 0.2 whatever the fan-in) explode.
 */
function heScale(inputsOfOne: number, ratios: number, hidden: number): number {
  const inputs = Math.max(ratios, 1);
  const ratio = ratios === 0 ? 1 : 0.55;
  const before = (inputs * ratio ** 2 + 1) / (3 * inputs); // variance before the ReLU
  const variance = ((hidden * before) / 2 + 1) / (3 * hidden);
  return Math.sqrt(2 / inputsOfOne / variance);
}
