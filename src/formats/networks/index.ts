import { InputError } from '../../graph/errors.ts';
import type { Shape } from '../../graph/types.ts';
import { parseKerasConfig } from '../keras-config/parse.ts';
import { inKerasOrder } from '../keras-order.ts';
import type { LoadedModel } from '../types.ts';
import { initialise } from './initialise.ts';
import { mobilenetV1, mobilenetV2, mobilenetV2Small } from './mobilenet.ts';
import { cnn4, vgg } from './plain.ts';
import { cifarResnet, resnet50 } from './resnet.ts';
import type { Scale } from './resnet.ts';

interface Network {
  /** one line for help texts */
  readonly summary: string;
  readonly inputShape: Shape;
  readonly classes: number;
  readonly width: number;
  config(shape: Shape, classes: number, width: number): Record<string, unknown>;
}

export interface NetworkOptions {
  /** [H, W, C]; else the network's own */
  readonly inputShape?: Shape;
  readonly classes?: number;
  /** multiplies every layer's channels */
  readonly width?: number;
  readonly seed: number;
}

const scaled =
  (make: (shape: Shape, classes: number, scale: Scale) => Record<string, unknown>): Network['config'] =>
  (shape, classes, width) =>
    make(shape, classes, (base) => Math.max(1, Math.floor(base * width)));

const cifar = (name: string, blocks: number, stemStride = 1): Network['config'] =>
  scaled((shape, classes, scale) => cifarResnet(name, blocks, shape, classes, scale, stemStride));

/** A network for small images: ten classes, at the width of its paper. */
const small = (summary: string, inputShape: Shape, config: Network['config']): Network => ({
  summary,
  inputShape,
  classes: 10,
  width: 1,
  config,
});

const networks: Readonly<Record<string, Network>> = {
  resnet8: small(
    'small residual network for 28x28 images, stem with stride 2',
    [28, 28, 1],
    cifar('resnet8', 1, 2),
  ),
  resnet20: small('ResNet-20 for 32x32 images, projection shortcuts', [32, 32, 3], cifar('resnet20', 3)),
  resnet56: small('ResNet-56 for 32x32 images, projection shortcuts', [32, 32, 3], cifar('resnet56', 9)),
  cnn4: small('four convolutions and a dense layer, for 28x28 images', [28, 28, 1], scaled(cnn4)),
  'mobilenet-v2-small': small(
    'small inverted-residual network for 32x32 images',
    [32, 32, 3],
    scaled(mobilenetV2Small),
  ),
  vgg11: small('VGG-11 with batch norm for 32x32 images', [32, 32, 3], scaled(vgg('vgg11'))),
  vgg13: small('VGG-13 with batch norm for 32x32 images', [32, 32, 3], scaled(vgg('vgg13'))),
  vgg16: small('VGG-16 with batch norm for 32x32 images', [32, 32, 3], scaled(vgg('vgg16'))),
  vgg19: small('VGG-19 with batch norm for 32x32 images', [32, 32, 3], scaled(vgg('vgg19'))),
  resnet50: {
    summary: 'ResNet-50 for ImageNet',
    inputShape: [224, 224, 3],
    classes: 1000,
    width: 1,
    config: scaled(resnet50),
  },
  'mobilenet-v1': {
    summary: 'MobileNetV1 for ImageNet',
    inputShape: [224, 224, 3],
    classes: 1000,
    width: 1,
    config: scaled(mobilenetV1),
  },
  'mobilenet-v2': {
    summary: "MobileNetV2 for ImageNet; by default the pruning papers' base of 1.4 times the original",
    inputShape: [224, 224, 3],
    classes: 1000,
    width: 1.4,
    config: mobilenetV2,
  },
};

/** Names that createNetwork knows, the smallest first. */
export const networkNames: readonly string[] = Object.keys(networks);

/** What a network is, in one line. */
export function networkSummary(name: string): string {
  return find(name).summary;
}

/**
 * An untrained reference network: a functional Keras configuration of plain layers with seeded weights. Its source
 * format is keras-h5 without a file behind it; any of our formats can write it.
 * @throws InputError for an unknown name, or sizes that the network can't have
 */
export function createNetwork(name: string, options: NetworkOptions): LoadedModel {
  const network = find(name);
  const shape = options.inputShape ?? network.inputShape;
  const classes = options.classes ?? network.classes;
  const width = options.width ?? network.width;
  if (shape.length !== 3 || shape.some((d) => !Number.isInteger(d) || d < 1))
    throw new InputError(
      `network "${name}": the input shape must be height, width and channels, got [${shape.join(', ')}]`,
    );
  if (!Number.isInteger(classes) || classes < 2)
    throw new InputError(
      `network "${name}": the number of classes must be a whole number from 2, got ${classes}`,
    );
  if (!(width > 0 && width <= 16))
    throw new InputError(`network "${name}": the width must lie between 0 and 16, got ${width}`);
  const kerasConfig = inKerasOrder(network.config(shape, classes, width), name);
  const { graph, warnings } = parseKerasConfig(kerasConfig, `network "${name}"`);
  return {
    format: 'keras-h5',
    path: name,
    name,
    graph,
    weights: initialise(graph, options.seed),
    warnings,
    container: { kerasConfig, files: new Map() },
  };
}

function find(name: string): Network {
  const network = Object.hasOwn(networks, name) ? networks[name] : undefined;
  if (!network) throw new InputError(`there is no network "${name}"; known: ${networkNames.join(', ')}`);
  return network;
}
