import type { Shape } from '../../graph/types.ts';
import { ConfigBuilder } from './config-builder.ts';

/** Channels of a layer at a width multiplier: rounded down, at least one. */
export type Scale = (base: number) => number;

/**
 * The residual network of He et al. 2016 for small images (CIFAR): a 3x3 stem and three stages of basic blocks, where
 * a block that changes the shape has a 1x1 projection with batch norm as its shortcut.
 * @param blocks per stage: depth 6 * blocks + 2
 * @param stemStride 1 as in the paper; 2 quarters the cost of everything
 */
export function cifarResnet(
  name: string,
  blocks: number,
  shape: Shape,
  classes: number,
  scale: Scale,
  stemStride = 1,
): Record<string, unknown> {
  const b = new ConfigBuilder(name);
  const convBn = (x: string, at: string, filters: number, size: number, stride: number) =>
    b.batchNorm(b.conv(x, `${at}_conv`, filters, size, { stride }), `${at}_bn`);
  let x = b.relu(convBn(b.input(shape), 'stem', scale(16), 3, stemStride), 'stem_relu');
  let channels = scale(16);
  [16, 32, 64].forEach((base, stage) => {
    const filters = scale(base);
    for (let block = 0; block < blocks; block++) {
      const at = `stage${stage + 1}_block${block + 1}`;
      const stride = stage > 0 && block === 0 ? 2 : 1;
      let y = b.relu(convBn(x, `${at}_1`, filters, 3, stride), `${at}_1_relu`);
      y = convBn(y, `${at}_2`, filters, 3, 1);
      const shortcut =
        stride !== 1 || channels !== filters ? convBn(x, `${at}_shortcut`, filters, 1, stride) : x;
      x = b.relu(b.addition([y, shortcut], `${at}_add`), `${at}_relu`);
      channels = filters;
    }
  });
  return b.build(b.dense(b.globalAveragePool(x, 'pool'), 'classifier', classes, 'softmax'));
}

/**
 * ResNet-50 for ImageNet, as in the pruning papers: 7x7/2 stem, 3x3/2 max pooling, bottleneck blocks with the stride
 * on their 3x3 convolution, and a 1x1 projection with batch norm in the first block of every stage.
 */
export function resnet50(shape: Shape, classes: number, scale: Scale): Record<string, unknown> {
  const b = new ConfigBuilder('resnet50');
  const convBn = (x: string, at: string, filters: number, size: number, stride = 1) =>
    b.batchNorm(b.conv(x, `${at}_conv`, filters, size, { stride }), `${at}_bn`);
  let x = b.zeroPad(b.input(shape), 'stem_pad', 3);
  x = b.conv(x, 'stem_conv', scale(64), 7, { stride: 2, padding: 'valid' });
  x = b.relu(b.batchNorm(x, 'stem_bn'), 'stem_relu');
  x = b.maxPool(b.zeroPad(x, 'stem_pool_pad', 1), 'stem_pool', 3, 2, 'valid');
  [3, 4, 6, 3].forEach((blocks, stage) => {
    const mid = scale(64 * 2 ** stage);
    const out = scale(256 * 2 ** stage);
    for (let block = 0; block < blocks; block++) {
      const at = `stage${stage + 1}_block${block + 1}`;
      const stride = stage > 0 && block === 0 ? 2 : 1;
      let y = b.relu(convBn(x, `${at}_1`, mid, 1), `${at}_1_relu`);
      y = b.relu(convBn(y, `${at}_2`, mid, 3, stride), `${at}_2_relu`);
      y = convBn(y, `${at}_3`, out, 1);
      const shortcut = block === 0 ? convBn(x, `${at}_shortcut`, out, 1, stride) : x;
      x = b.relu(b.addition([y, shortcut], `${at}_add`), `${at}_relu`);
    }
  });
  return b.build(b.dense(b.globalAveragePool(x, 'pool'), 'classifier', classes, 'softmax'));
}
