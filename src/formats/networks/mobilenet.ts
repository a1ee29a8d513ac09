import type { Shape } from '../../graph/types.ts';
import { ConfigBuilder } from './config-builder.ts';
import type { Scale } from './resnet.ts';

/**
 * The papers' MobileNets end in an average pooling over the whole map, whose size is fixed: their FLOPs counter counts
 * it, as it doesn't a global one (docs/methods/metapruning.md, "FLOPs count").
 */
function classifier(b: ConfigBuilder, x: string, map: readonly [number, number], classes: number): string {
  const pooled = b.flatten(b.averagePool(x, 'pool', map), 'flatten');
  return b.dense(pooled, 'classifier', classes, 'softmax');
}

/** Height and width after all strides of 2 with 'same' padding. */
function mapSize(shape: Shape, stride: number): [number, number] {
  return [Math.ceil(shape[0] / stride), Math.ceil(shape[1] / stride)];
}

/** MobileNetV1 (Howard et al. 2017): a 3x3/2 stem and 13 depthwise-separable layers. */
export function mobilenetV1(shape: Shape, classes: number, scale: Scale): Record<string, unknown> {
  const b = new ConfigBuilder('mobilenet-v1');
  const bnRelu = (x: string, at: string) => b.relu(b.batchNorm(x, `${at}_bn`), `${at}_relu`);
  let x = bnRelu(b.conv(b.input(shape), 'stem_conv', scale(32), 3, { stride: 2 }), 'stem');
  let before = 32;
  [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024].forEach((base, i) => {
    const at = `block${i + 1}`;
    const stride = base > before && before !== 32 ? 2 : 1;
    x = bnRelu(b.depthwise(x, `${at}_depthwise_conv`, 3, { stride }), `${at}_depthwise`);
    x = bnRelu(b.conv(x, `${at}_pointwise_conv`, scale(base), 1), `${at}_pointwise`);
    before = base;
  });
  return b.build(classifier(b, x, mapSize(shape, 32), classes));
}

/** A stage of inverted-residual blocks: expansion, output channels, number of blocks, stride of the first. */
type Stage = readonly [expand: number, out: number, blocks: number, stride: number];

interface V2Settings {
  readonly name: string;
  readonly stem: number;
  readonly stemStride: number;
  readonly stages: readonly Stage[];
  readonly last: number;
  readonly maxValue?: number;
  /** the first block has a 1x1 expansion too, though it expands by 1 */
  readonly expandFirst: boolean;
  readonly globalPool: boolean;
}

function mobilenetV2Of(settings: V2Settings, shape: Shape, classes: number): Record<string, unknown> {
  const b = new ConfigBuilder(settings.name);
  const bnRelu = (x: string, at: string) =>
    b.relu(b.batchNorm(x, `${at}_bn`), `${at}_relu`, settings.maxValue);
  let x = bnRelu(
    b.conv(b.input(shape), 'stem_conv', settings.stem, 3, { stride: settings.stemStride }),
    'stem',
  );
  let channels = settings.stem;
  let number = 0;
  for (const [expand, out, blocks, firstStride] of settings.stages)
    for (let i = 0; i < blocks; i++) {
      const at = `block${++number}`;
      const stride = i === 0 ? firstStride : 1;
      let y = x;
      if (expand !== 1 || settings.expandFirst)
        y = bnRelu(b.conv(y, `${at}_expand_conv`, channels * expand, 1), `${at}_expand`);
      y = bnRelu(b.depthwise(y, `${at}_depthwise_conv`, 3, { stride }), `${at}_depthwise`);
      y = b.batchNorm(b.conv(y, `${at}_project_conv`, out, 1), `${at}_project_bn`);
      x = stride === 1 && channels === out ? b.addition([x, y], `${at}_add`) : y;
      channels = out;
    }
  x = bnRelu(b.conv(x, 'last_conv', settings.last, 1), 'last');
  const stride = settings.stages.reduce((product, stage) => product * stage[3], settings.stemStride);
  return b.build(
    settings.globalPool
      ? b.dense(b.globalAveragePool(x, 'pool'), 'classifier', classes, 'softmax')
      : classifier(b, x, mapSize(shape, stride), classes),
  );
}

/** The base of the pruning papers, about 1.4 times the original (docs/methods/metapruning.md, "Networks"). */
const paperBase: readonly Stage[] = [
  [1, 22, 1, 1],
  [6, 33, 2, 2],
  [6, 44, 3, 2],
  [6, 88, 4, 2],
  [6, 132, 3, 1],
  [6, 224, 3, 2],
  [6, 448, 1, 1],
];

/** Sandler et al. 2018, table 2. */
const original: readonly Stage[] = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

/**
 * MobileNetV2 (Sandler et al. 2018) for ImageNet.
 * @param width 1.4: the pruning papers' base, with their widths; any other: the original times it, in eights
 */
export function mobilenetV2(shape: Shape, classes: number, width: number): Record<string, unknown> {
  const eights = (base: number) => Math.max(8, 8 * Math.round((base * width) / 8));
  const paper = width === 1.4;
  return mobilenetV2Of(
    {
      name: 'mobilenet-v2',
      stem: paper ? 44 : eights(32),
      stemStride: 2,
      stages: paper ? paperBase : original.map(([e, out, n, s]): Stage => [e, eights(out), n, s]),
      last: paper ? 1280 : Math.max(1280, eights(1280)),
      maxValue: 6,
      expandFirst: paper,
      globalPool: false,
    },
    shape,
    classes,
  );
}

/** A small inverted-residual network for 32x32 images. */
export function mobilenetV2Small(shape: Shape, classes: number, scale: Scale): Record<string, unknown> {
  const stages: readonly Stage[] = [
    [1, 16, 1, 1],
    [6, 24, 2, 1],
    [6, 32, 2, 2],
    [6, 64, 2, 2],
  ];
  return mobilenetV2Of(
    {
      name: 'mobilenet-v2-small',
      stem: scale(32),
      stemStride: 1,
      stages: stages.map(([e, out, n, s]): Stage => [e, scale(out), n, s]),
      last: scale(256),
      expandFirst: false,
      globalPool: true,
    },
    shape,
    classes,
  );
}
