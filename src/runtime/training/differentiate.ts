import type * as tfc from '@tensorflow/tfjs-core';
import { inferShapes } from '../../graph/shapes.ts';
import type { Graph, Node } from '../../graph/types.ts';
import { dropoutMasks } from './dropout.ts';
import { forward } from '../forward.ts';
import { aimedGraph, lossOf } from './losses.ts';
import type { Aim } from './losses.ts';
import type { Backend, Compiled } from '../types.ts';

/** What one mini-batch says, before anything is updated. Its tensors are the caller's to dispose. */
export interface Derivatives {
  /** scalar */
  readonly loss: tfc.Tensor;
  /** by parameter id; none where the loss does not depend on it */
  readonly gradients: Readonly<Record<string, tfc.Tensor>>;
  /** mean and (biased) variance [C] of every batch norm that ran on its batch */
  readonly statistics: readonly Statistics[];
}
export interface Statistics {
  readonly node: Node;
  readonly mean: tfc.Tensor;
  readonly variance: tfc.Tensor;
}

/** One batch's input, and what it should give. */
export interface Example {
  /** images */
  readonly n: number;
  readonly inputs: readonly tfc.Tensor[];
  /** one an aim (losses.ts) */
  readonly targets: readonly tfc.Tensor2D[];
  /** what each aim's loss is multiplied with: the same for every batch */
  readonly weights: readonly number[];
  /** dropout draws from it */
  readonly seed: number;
}

/** The step as one graph of the backend: for one batch size, and in which order its outputs come. */
interface StepGraph {
  readonly n: number;
  readonly compiled: Compiled | undefined;
  readonly gradients: readonly string[];
  readonly statistics: readonly Node[];
}

/** The loss of a network by its aims, and its gradients. Dispose it after use. */
export class Differentiator {
  /** up to the logits of all aims */
  private readonly graph: Graph;
  private readonly shapes: ReturnType<typeof inferShapes>;
  private readonly trained: readonly string[];
  private step: StepGraph | undefined;

  /**
   * @param variables the weights, by parameter id; not disposed here
   * @param trained ids of those that gradients are wanted of, as far as the loss depends on them
   */
  constructor(
    private readonly backend: Backend,
    graph: Graph,
    private readonly variables: ReadonlyMap<string, tfc.Variable>,
    trained: readonly string[],
    readonly aims: readonly Aim[],
  ) {
    this.graph = aimedGraph(graph, aims);
    this.shapes = inferShapes(this.graph);
    // a parameter of another output has no gradient
    this.trained = trained.filter((id) => this.graph.params[id]);
  }

  /** @param asGraph run as one graph where the backend can; making it takes some time at the first batch of its size */
  run({ n, inputs, targets, weights, seed }: Example, asGraph: boolean): Derivatives {
    const masks = dropoutMasks(this.backend.tf, this.graph, this.shapes, n, seed);
    const eagerly = (): Derivatives => this.eagerly(inputs, targets, weights, masks);
    if (!asGraph) return eagerly();
    const given = [...inputs, ...targets, ...masks.values(), ...this.variables.values()];
    if (this.step?.n !== n) this.compile(n, given, eagerly);
    const { compiled, gradients, statistics } = this.step!;
    const results = compiled && this.attempt(compiled, given);
    if (!results) return eagerly();
    const [loss] = results.splice(0, 1);
    const slopes = results.splice(0, gradients.length);
    return {
      loss,
      gradients: Object.fromEntries(gradients.map((id, i) => [id, slopes[i]])),
      statistics: statistics.map((node, i) => ({ node, mean: results[2 * i], variance: results[2 * i + 1] })),
    };
  }

  /** Undefined where the backend took the graph but can't run it: from then on it goes op by op. */
  private attempt(compiled: Compiled, given: readonly tfc.Tensor[]): tfc.Tensor[] | undefined {
    try {
      return compiled.run(given);
    } catch (error) {
      if (process.env.ESPALIER_DEBUG) console.error('the graph of the step did not run:', error);
      compiled.dispose();
      this.step = { ...this.step!, compiled: undefined };
      return undefined;
    }
  }

  private compile(n: number, given: tfc.Tensor[], eagerly: () => Derivatives): void {
    this.step?.compiled?.dispose();
    let gradients: string[] = [];
    let traced: readonly Statistics[] = [];
    const compiled = this.backend.kernels.compile?.(given, () => {
      const { loss, gradients: slopes, statistics } = eagerly();
      gradients = Object.keys(slopes);
      traced = statistics;
      return [
        loss,
        ...Object.values(slopes),
        ...statistics.flatMap(({ mean, variance }) => [mean, variance]),
      ];
    });
    // kernels keep them beyond a tidy
    for (const { mean, variance } of traced) this.backend.tf.dispose([mean, variance]);
    this.step = { n, compiled, gradients, statistics: traced.map(({ node }) => node) };
  }

  private eagerly(
    inputs: readonly tfc.Tensor[],
    targets: readonly tfc.Tensor2D[],
    weights: readonly number[],
    dropoutMasks: ReadonlyMap<string, tfc.Tensor>,
  ): Derivatives {
    const { tf } = this.backend;
    const statistics: Statistics[] = [];
    const list = this.trained.map((id) => this.variables.get(id)!);
    const { value, grads } = tf.variableGrads(() => {
      const values = forward(this.backend, this.graph, (id) => this.variables.get(id)!, inputs, {
        training: true,
        dropoutMasks,
        onBatchStats: (node, mean, variance) => statistics.push({ node, mean, variance }),
      });
      return lossOf(this.backend, this.aims, values, targets, weights);
    }, list);
    const named = this.trained.map((id, i) => [id, grads[list[i].name] as tfc.Tensor | undefined] as const);
    const gradients = Object.fromEntries(named.filter((pair): pair is [string, tfc.Tensor] => !!pair[1]));
    return { loss: value, gradients, statistics };
  }

  dispose(): void {
    this.step?.compiled?.dispose();
    this.step = undefined;
  }
}
