import type { Shape } from '../../graph/types.ts';
import { ConfigBuilder } from './config-builder.ts';
import type { Scale } from './resnet.ts';

/** Four 3x3 convolutions with biases, two poolings and a dense layer: the smallest network worth pruning. */
export function cnn4(shape: Shape, classes: number, scale: Scale): Record<string, unknown> {
  const b = new ConfigBuilder('cnn4');
  const conv = (x: string, name: string, filters: number) =>
    b.conv(x, name, scale(filters), 3, { bias: true, activation: 'relu' });
  let x = conv(conv(b.input(shape), 'conv1', 32), 'conv2', 32);
  x = b.maxPool(x, 'pool1', 2, 2, 'valid');
  x = conv(conv(x, 'conv3', 64), 'conv4', 64);
  x = b.maxPool(x, 'pool2', 2, 2, 'valid');
  return b.build(b.dense(b.flatten(x, 'flatten'), 'classifier', classes, 'softmax'));
}

/** VGG-16 (Simonyan and Zisserman 2015) as used for CIFAR: batch norm behind every convolution, one dense layer. */
export function vgg16(shape: Shape, classes: number, scale: Scale): Record<string, unknown> {
  const b = new ConfigBuilder('vgg16');
  let x = b.input(shape);
  const stages = [
    [64, 64],
    [128, 128],
    [256, 256, 256],
    [512, 512, 512],
    [512, 512, 512],
  ];
  stages.forEach((filters, stage) => {
    filters.forEach((base, i) => {
      const at = `stage${stage + 1}_${i + 1}`;
      x = b.relu(b.batchNorm(b.conv(x, `${at}_conv`, scale(base), 3), `${at}_bn`), `${at}_relu`);
    });
    x = b.maxPool(x, `stage${stage + 1}_pool`, 2, 2, 'same');
  });
  return b.build(b.dense(b.globalAveragePool(x, 'pool'), 'classifier', classes, 'softmax'));
}
