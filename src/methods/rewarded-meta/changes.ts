import type * as tfc from '@tensorflow/tfjs-core';
import type { Random } from '../../graph/random.ts';
import type { Backend, Tf } from '../../runtime/types.ts';
import type { Trained } from './generators/generator.ts';
import type { GeneMap, Genes } from './levels.ts';
import { ratiosOf } from './levels.ts';

/** One small net among many: the groups whose ratios it takes (at least one), and how many numbers it gives. */
export interface ChangeNet {
  readonly id: string;
  readonly groups: readonly number[];
  readonly outputs: number;
}

/**
 * Many two-layer nets d -> h -> n side by side, each with weights of its own, computed in a handful of operations: a
 * step has hundreds of parameters to change, and each operation costs more than its arithmetic. The last layers start
 * at zero, so that all give zeros. Absent inputs of nets that take fewer groups than the others are zeros.
 */
export class ChangeNets {
  private readonly w1: tfc.Variable<tfc.Rank.R3>;
  private readonly b1: tfc.Variable<tfc.Rank.R2>;
  private readonly w2: tfc.Variable<tfc.Rank.R2>;
  private readonly b2: tfc.Variable<tfc.Rank.R1>;
  /** [outputs of all nets, nets]: 1 where an output is of a net */
  private readonly owner: tfc.Tensor2D;
  private readonly inputs: number;

  constructor(
    private readonly backend: Backend,
    private readonly nets: readonly ChangeNet[],
    hidden: number,
    random: Random,
    variables: Map<string, Trained>,
  ) {
    const { tf } = backend;
    this.inputs = Math.max(...nets.map((n) => n.groups.length), 1);
    const total = nets.reduce((n, net) => n + net.outputs, 0);
    const first = new Float32Array(nets.length * this.inputs * hidden);
    const bias = new Float32Array(nets.length * hidden);
    nets.forEach((net, i) => {
      // each net draws from its own stream, within 1 / sqrt(fan in)
      const own = random.fork(net.id);
      const bound = 1 / Math.sqrt(net.groups.length);
      const draw = () => bound * (2 * own.uniform() - 1);
      for (let k = 0; k < net.groups.length * hidden; k++) first[i * this.inputs * hidden + k] = draw();
      for (let k = 0; k < hidden; k++) bias[i * hidden + k] = draw();
    });
    const owner = new Float32Array(total * nets.length);
    let at = 0;
    nets.forEach((net, i) => {
      for (let k = 0; k < net.outputs; k++) owner[at++ * nets.length + i] = 1;
    });
    const make = <R extends tfc.Rank>(part: string, tensor: tfc.Tensor<R>): tfc.Variable<R> => {
      const variable = tf.variable(tensor);
      variables.set(`change/${part}`, { variable, decays: true, rate: 1 });
      return variable;
    };
    [this.w1, this.b1, this.w2, this.b2, this.owner] = tf.tidy(() => [
      make('w1', tf.tensor3d(first, [nets.length, this.inputs, hidden])),
      make('b1', tf.tensor2d(bias, [nets.length, hidden])),
      make('w2', tf.zeros<tfc.Rank.R2>([total, hidden])),
      make('b2', tf.zeros<tfc.Rank.R1>([total])),
      tf.keep(tf.tensor2d(owner, [total, nets.length])),
    ]) as [
      tfc.Variable<tfc.Rank.R3>,
      tfc.Variable<tfc.Rank.R2>,
      tfc.Variable<tfc.Rank.R2>,
      tfc.Variable<tfc.Rank.R1>,
      tfc.Tensor2D,
    ];
  }

  /** Every net's numbers [outputs] for these genes, by id; differentiable, inside a tidy. */
  run(geneMap: GeneMap, genes: Genes): Map<string, tfc.Tensor1D> {
    const { tf } = this.backend;
    const ratios = ratiosOf(geneMap, genes);
    const taken = new Float32Array(this.nets.length * this.inputs);
    this.nets.forEach((net, i) => net.groups.forEach((g, k) => (taken[i * this.inputs + k] = ratios[g])));
    const x = tf.tensor3d(taken, [this.nets.length, this.inputs, 1]);
    const hidden = tf.relu(tf.add(tf.sum(tf.mul(x, this.w1), 1), this.b1)) as tfc.Tensor2D;
    const spread = tf.matMul(this.owner, hidden);
    const all = tf.add(tf.sum(tf.mul(spread, this.w2), 1), this.b2);
    const parts = segments(
      tf,
      all,
      this.nets.map((n) => n.outputs),
    );
    return new Map(this.nets.map((net, i) => [net.id, parts[i]]));
  }

  /** Its variables belong to the map that they were put into. */
  dispose(): void {
    this.owner.dispose();
  }
}

/** tf.split, whose gradient fails where there is a single part. */
export function segments(tf: Tf, values: tfc.Tensor, sizes: number[]): tfc.Tensor1D[] {
  return (sizes.length === 1 ? [values] : tf.split(values, sizes)) as tfc.Tensor1D[];
}
