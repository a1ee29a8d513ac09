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

/** Convolutions of each of the five stages (Simonyan and Zisserman 2015, table 1: configurations A, B, D, E). */
const vggStages = {
  vgg11: [1, 1, 2, 2, 2],
  vgg13: [2, 2, 2, 2, 2],
  vgg16: [2, 2, 3, 3, 3],
  vgg19: [2, 2, 4, 4, 4],
} as const;

/** VGG as used for CIFAR: batch norm behind every convolution, one dense layer. */
export function vgg(name: keyof typeof vggStages) {
  return (shape: Shape, classes: number, scale: Scale): Record<string, unknown> => {
    const b = new ConfigBuilder(name);
    let x = b.input(shape);
    vggStages[name].forEach((convolutions, stage) => {
      const filters = scale(Math.min(512, 64 * 2 ** stage));
      for (let i = 1; i <= convolutions; i++) {
        const at = `stage${stage + 1}_${i}`;
        x = b.relu(b.batchNorm(b.conv(x, `${at}_conv`, filters, 3), `${at}_bn`), `${at}_relu`);
      }
      x = b.maxPool(x, `stage${stage + 1}_pool`, 2, 2, 'same');
    });
    return b.build(b.dense(b.globalAveragePool(x, 'pool'), 'classifier', classes, 'softmax'));
  };
}
