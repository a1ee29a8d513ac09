import type * as tfc from '@tensorflow/tfjs-core';
import type { Dependencies, Graph } from '../../graph/types.ts';
import type { Backend } from '../../runtime/types.ts';
import type { KeptChannels } from '../../terms/candidates.ts';
import { sizeOf } from '../../graph/ops/rules/sizes.ts';

/** Under the root: where everything removed is zero already, the norm has no gradient. */
const EPSILON = 1e-12;

/** Every trainable parameter's elements that a choice of channels removes: 1, else 0; parameters that lose none absent. */
export function removedParts(
  graph: Graph,
  dependencies: Dependencies,
  kept: KeptChannels,
): Map<string, Float32Array> {
  const keeps = kept.map((channels) => new Set(channels));
  const parts = new Map<string, Float32Array>();
  for (const { id, shape, trainable } of Object.values(graph.params)) {
    if (!trainable) continue;
    const size = sizeOf(shape);
    let part: Float32Array | undefined;
    let inner = size;
    shape.forEach((length, axis) => {
      inner /= length;
      const channels = dependencies.params[id]?.[axis];
      if (!channels) return;
      for (let p = 0; p < length; p++) {
        const g = channels.group[p];
        if (g < 0 || keeps[g].has(channels.channel[p])) continue;
        part ??= new Float32Array(size);
        for (let at = p * inner; at < size; at += length * inner) part.fill(1, at, at + inner);
      }
    });
    if (part) parts.set(id, part);
  }
  return parts;
}

/**
 * Soft alignment of weights to a sub-network (docs/methods/agent.md, "Alignment"): beta * sum over tensors of
 * || (1 - v) W ||, not squared, over everything that the sub-network lacks: what makes a removed channel, what scales
 * it, and its consumers' slices that read it. The whole network is trained; only this pulls the rest to zero. Dispose it.
 */
export class Alignment {
  private readonly masks = new Map<string, tfc.Tensor>();

  constructor(
    private readonly backend: Backend,
    graph: Graph,
    dependencies: Dependencies,
    kept: KeptChannels,
    private readonly beta: number,
  ) {
    const { tf } = backend;
    for (const [id, part] of removedParts(graph, dependencies, kept))
      this.masks.set(id, tf.keep(tf.tensor(part, [...graph.params[id].shape])));
  }

  /** The penalty's gradient for a weight; undefined where it has none. Inside a tidy. */
  gradient(id: string, weight: tfc.Tensor): tfc.Tensor | undefined {
    const mask = this.masks.get(id);
    if (!mask || this.beta === 0) return undefined;
    const { tf } = this.backend;
    const part = tf.mul(mask, weight);
    const norm = tf.sqrt(tf.add(tf.sum(tf.square(part)), EPSILON));
    return tf.mul(part, tf.div(this.beta, norm));
  }

  /** The norms' sum without beta: how far the weights are from the sub-network. */
  distance(weight: (id: string) => tfc.Tensor): number {
    const { tf } = this.backend;
    return tf.tidy(() => {
      let sum = 0;
      for (const [id, mask] of this.masks)
        sum += Math.sqrt(tf.sum(tf.square(tf.mul(mask, weight(id)))).dataSync()[0]);
      return sum;
    });
  }

  dispose(): void {
    for (const mask of this.masks.values()) mask.dispose();
    this.masks.clear();
  }
}
