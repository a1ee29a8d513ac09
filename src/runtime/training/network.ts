import type * as tfc from '@tensorflow/tfjs-core';
import * as z from 'zod';
import { inputShape } from '../../graph/shapes.ts';
import { hasStatistics, kernelOf } from '../../graph/op-facts.ts';
import { InputError } from '../../graph/errors.ts';
import type { Graph, Node, Weights } from '../../graph/types.ts';
import { clipByGlobalNorm } from './clip.ts';
import { Differentiator } from './differentiate.ts';
import type { Derivatives } from './differentiate.ts';
import { forward } from '../forward.ts';
import { aimsOf, targetsOf } from './losses.ts';
import { Optimizer } from './optimizer.ts';
import type { Backend, Batch, Snapshot } from '../types.ts';
import type { TrainSettings } from '../../terms/training.ts';
import { sizeOf } from '../../graph/ops/rules/sizes.ts';

/** What one training step needs to know. */
export interface StepOptions {
  readonly rate: number;
  readonly settings: Pick<
    TrainSettings,
    'optimizer' | 'momentum' | 'nesterov' | 'weightDecay' | 'labelSmoothing' | 'distillation' | 'clipNorm'
  >;
  /** dropout draws from this and the number of the step; default 0 */
  readonly seed?: number;
  /**
   * run as one graph of the backend, where it can (TensorFlow, by the processor): about a third more steps a second, but
   * the first one of a batch size takes up to a second
   */
  readonly asGraph?: boolean;
  /** the gradient of a penalty on a weight beside the loss, to be added; undefined: none */
  readonly penalty?: (paramId: string, weight: tfc.Variable) => tfc.Tensor | undefined;
}

const snapshotSchema = z.object({ kind: z.literal('network'), step: z.number().int().nonnegative() });

/** A graph with its weights as variables on a backend: predicts and trains. Dispose it after use. */
export class Network {
  readonly backend: Backend;
  readonly graph: Graph;
  private readonly variables = new Map<string, tfc.Variable>();
  private differentiator: Differentiator | undefined;
  private readonly trained: readonly string[];
  private readonly decays: ReadonlySet<string>;
  private readonly optimizer: Optimizer;
  private steps = 0;

  /** @throws InputError where a weight is missing or has the wrong size */
  constructor(backend: Backend, graph: Graph, weights: Weights) {
    this.backend = backend;
    this.graph = graph;
    const { tf } = backend;
    for (const param of Object.values(graph.params)) {
      const values = weights.get(param.id);
      const size = sizeOf(param.shape);
      if (values?.length !== size) {
        this.dispose();
        throw new InputError(
          `weight ${param.id} has ${values?.length ?? 'no'} values, its shape needs ${size}`,
        );
      }
      // a copy: TensorFlow.js reads the array only at first use
      const variable = tf.tidy(() =>
        tf.variable(tf.tensor(values.slice(), [...param.shape]), param.trainable),
      );
      this.variables.set(param.id, variable);
    }
    this.optimizer = new Optimizer(backend);
    this.trained = Object.values(graph.params)
      .filter((param) => param.trainable)
      .map((param) => param.id);
    // biases, batch norms and slopes don't, as in the papers
    this.decays = new Set(
      graph.nodes.filter((node) => kernelOf(node.op)?.decays).map((node) => node.params.kernel),
    );
  }

  /** Number of training steps taken. */
  get step(): number {
    return this.steps;
  }

  /** The variable of a parameter: the network's own; not to be disposed. */
  variable(paramId: string): tfc.Variable {
    const variable = this.variables.get(paramId);
    if (!variable) throw new InputError(`the network has no parameter ${paramId}`);
    return variable;
  }

  /**
   * The network's outputs for n samples, in the graph's order, each flattened row-major [n, ...].
   * @param x [n, ...input shape]; for several inputs one array each
   */
  predict(x: Float32Array | readonly Float32Array[], n: number): Float32Array[] {
    const { tf } = this.backend;
    const arrays = x instanceof Float32Array ? [x] : x;
    return tf.tidy(() => {
      const inputs = this.inputTensors(arrays, n);
      return forward(this.backend, this.graph, (id) => this.variable(id), inputs, { training: false }).map(
        (y) => y.dataSync<'float32'>().slice(),
      );
    });
  }

  /**
   * One mini-batch: gradients of the loss (losses.ts: of the output that labels are of, and of the others where the
   * batch holds the original's answers), an update of every trainable weight, batch-norm moving statistics.
   * @returns the loss before the update (with label smoothing)
   * @throws InputError where nothing is trainable, or labels don't fit
   */
  trainStep(batch: Batch, options: StepOptions): number {
    const { tf } = this.backend;
    const { settings } = options;
    if (batch.y.length !== batch.n)
      throw new InputError(`${batch.n} images came with ${batch.y.length} labels`);
    const differentiator = this.differentiate(batch.answers !== undefined);
    const { rows, weights, reported } = targetsOf(differentiator.aims, batch, settings);
    let kept: Derivatives['statistics'] = [];
    const loss = tf.tidy(() => {
      const { loss, gradients, statistics } = differentiator.run(
        {
          n: batch.n,
          inputs: this.inputTensors([batch.x], batch.n),
          targets: rows.map(({ values, shape }) => tf.tensor2d(values, shape)),
          weights,
          seed: ((options.seed ?? 0) + Math.imul(this.steps, 0x9e3779b1)) >>> 0,
        },
        options.asGraph ?? false,
      );
      this.steps++;
      this.update(gradients, options);
      for (const { node, mean, variance } of statistics) this.moveStatistics(node, mean, variance);
      kept = statistics;
      return reported(loss.dataSync()[0]);
    });
    // kernels keep them beyond the tidy
    for (const { mean, variance } of kept) tf.dispose([mean, variance]);
    return loss;
  }

  /** Made at the first step, and anew where batches come with answers that came without before. */
  private differentiate(answered: boolean): Differentiator {
    const { backend, graph, variables, trained } = this;
    if (trained.length === 0)
      throw new InputError('every layer of the network is frozen, so there is nothing to train');
    const aims = aimsOf(graph, answered);
    if (this.differentiator?.aims.length !== aims.length) {
      this.differentiator?.dispose();
      this.differentiator = new Differentiator(backend, graph, variables, trained, aims);
    }
    return this.differentiator!;
  }

  private update(gradients: Derivatives['gradients'], { rate, settings, penalty }: StepOptions): void {
    const { tf } = this.backend;
    const clipped = settings.clipNorm
      ? clipByGlobalNorm(this.backend, gradients, settings.clipNorm)
      : gradients;
    for (const [id, gradient] of Object.entries(clipped)) {
      const weight = this.variable(id);
      const more = penalty?.(id, weight);
      const whole = more ? tf.add(gradient, more) : gradient;
      this.optimizer.apply(id, weight, whole, this.decays.has(id), { rate, settings, step: this.steps });
    }
  }

  private moveStatistics(node: Node, mean: tfc.Tensor, variance: tfc.Tensor): void {
    if (!hasStatistics(node.op)) return;
    const { tf } = this.backend;
    const rest = 1 - node.op.momentum;
    for (const [role, batch] of [
      ['mean', mean],
      ['variance', variance],
    ] as const) {
      const moving = this.variable(node.params[role]);
      moving.assign(tf.add(moving, tf.mul(tf.sub(batch, moving), rest)));
    }
  }

  private inputTensors(arrays: readonly Float32Array[], n: number): tfc.Tensor[] {
    const { graph, backend } = this;
    if (arrays.length !== graph.inputs.length)
      throw new InputError(`the network takes ${graph.inputs.length} inputs, not ${arrays.length}`);
    return graph.inputs.map((id, i) => {
      const own = inputShape(graph, id);
      const shape = own ? [n, ...own] : [];
      const size = sizeOf(shape);
      if (arrays[i].length !== size)
        throw new InputError(
          `input ${id} takes [${shape.join(', ')}], which is ${size} values, not ${arrays[i].length}`,
        );
      return backend.tf.tensor(arrays[i], shape);
    });
  }

  /** A copy of every weight. */
  weights(): Weights {
    return new Map([...this.variables].map(([id, v]) => [id, v.dataSync<'float32'>().slice()]));
  }

  /** Replaces the named weights; the optimizer's state stays. */
  setWeights(weights: Weights): void {
    const { tf } = this.backend;
    for (const [id, values] of weights) {
      const variable = this.variable(id);
      if (values.length !== variable.size)
        throw new InputError(`weight ${id} has ${values.length} values, its shape needs ${variable.size}`);
      tf.tidy(() => variable.assign(tf.tensor(values.slice(), variable.shape)));
    }
  }

  /** Everything that the next steps depend on, exactly. */
  snapshot(): Snapshot {
    const arrays = new Map<string, Float32Array>();
    for (const [id, values] of this.weights()) arrays.set(`weight/${id}`, values);
    for (const [name, values] of this.optimizer.save()) arrays.set(name, values);
    return { json: { kind: 'network', step: this.steps }, arrays };
  }

  /** Back to a snapshot of this network, bit for bit. Throws InputError where it is of another. */
  restore(snapshot: Snapshot): void {
    const state = snapshotSchema.safeParse(snapshot.json);
    if (!state.success) throw new InputError('the checkpoint is not one of a network');
    const weights = new Map<string, Float32Array>();
    const slots = new Map<string, Float32Array>();
    for (const [name, values] of snapshot.arrays) {
      if (name.startsWith('weight/')) weights.set(name.slice('weight/'.length), values);
      else slots.set(name, values);
    }
    if (weights.size !== this.variables.size)
      throw new InputError(
        `the checkpoint holds ${weights.size} weights, the network has ${this.variables.size}`,
      );
    this.setWeights(weights);
    this.optimizer.restore(slots, (id) => this.variable(id).shape);
    this.steps = state.data.step;
  }

  dispose(): void {
    for (const variable of this.variables.values()) variable.dispose();
    this.variables.clear();
    this.differentiator?.dispose();
    this.optimizer?.dispose();
  }
}
