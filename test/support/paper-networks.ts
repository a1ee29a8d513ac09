import { GraphBuilder } from './builder.ts';
import type { Graph, Weights } from '../../src/graph/types.ts';

/**
 * The networks of the MetaPruning papers at any network encoding vector, as their counter sees them: 224 x 224 x 3, no
 * biases in convolutions, 1,000 classes (docs/methods/metapruning.md, "Networks"). Built narrow from the start, which
 * makes them independent of channel groups and surgery. All weights are zero.
 */
export type Nev = readonly number[];

interface Built {
  readonly graph: Graph;
  readonly weights: Weights;
}

/** Channels at level 0 to 30 of 31: floor(base * (10 + 3 * level) / 100). */
export function widthAt(base: number, level: number): number {
  return Math.floor((base * (10 + 3 * level)) / 100);
}

const full = (genes: number): Nev => new Array<number>(genes).fill(30);

function convBn(
  b: GraphBuilder,
  x: string,
  filters: number,
  size: number,
  stride: number,
  name: string,
): string {
  return b.batchNorm(b.conv(x, filters, size, { stride, bias: false, name }), { name: `${name}_bn` });
}

/** 20 genes: stem, three stages, then one mid width a block; the last stage stays. */
export function resnet50(nev: Nev = full(20), size = 224, classes = 1000): Built {
  const b = new GraphBuilder({ zeros: true });
  const blocks = [3, 4, 6, 3];
  const mids = [64, 128, 256, 512];
  const outs = [256, 512, 1024, 2048].map((base, i) => (i < 3 ? widthAt(base, nev[1 + i]) : base));
  let x = b.relu(convBn(b, b.input([size, size, 3]), widthAt(64, nev[0]), 7, 2, 'stem'));
  x = b.pool('maxPool', x, 3, { stride: 2, padding: 'same' });
  let gene = 4;
  blocks.forEach((count, stage) => {
    for (let i = 0; i < count; i++) {
      const name = `stage${stage + 1}/block${i + 1}`;
      const stride = i === 0 && stage > 0 ? 2 : 1;
      const mid = widthAt(mids[stage], nev[gene++]);
      let y = b.relu(convBn(b, x, mid, 1, 1, `${name}/conv1`));
      y = b.relu(convBn(b, y, mid, 3, stride, `${name}/conv2`));
      y = convBn(b, y, outs[stage], 1, 1, `${name}/conv3`);
      const shortcut = i === 0 ? convBn(b, x, outs[stage], 1, stride, `${name}/projection`) : x;
      x = b.relu(b.merge('add', [y, shortcut], { name: `${name}/add` }));
    }
  });
  return b.build(b.dense(b.globalPool(x), classes, { name: 'fc' }));
}

/** 13 genes: the outputs of the stem and the first 12 blocks; the last block stays at 1024. */
export function mobilenetV1(nev: Nev = full(13), size = 224, classes = 1000): Built {
  const b = new GraphBuilder({ zeros: true });
  const bases = [32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024];
  const widths = bases.map((base, i) => (i < 13 ? widthAt(base, nev[i]) : base));
  let x = b.relu(convBn(b, b.input([size, size, 3]), widths[0], 3, 2, 'stem'));
  for (let i = 1; i < bases.length; i++) {
    const stride = i > 1 && bases[i] > bases[i - 1] ? 2 : 1;
    x = b.depthwise(x, 3, { stride, bias: false, name: `block${i}/depthwise` });
    x = b.relu(b.batchNorm(x, { name: `block${i}/depthwise_bn` }));
    x = b.relu(convBn(b, x, widths[i], 1, 1, `block${i}/pointwise`));
  }
  return b.build(b.dense(b.globalPool(x), classes, { name: 'fc' }));
}

/** 18 "overall" genes (equal within a stage) and 17 "mid" genes; base widths of the 1.4x network. */
export function mobilenetV2(overall: Nev = full(18), mid: Nev = full(17), size = 224, classes = 1000): Built {
  const b = new GraphBuilder({ zeros: true });
  const bases = [44, 22, 33, 33, 44, 44, 44, 88, 88, 88, 88, 132, 132, 132, 224, 224, 224, 448];
  const relu6 = (x: string) => b.activation(x, 'relu6');
  let x = relu6(convBn(b, b.input([size, size, 3]), widthAt(bases[0], overall[0]), 3, 2, 'stem'));
  for (let i = 1; i < bases.length; i++) {
    const name = `block${i}`;
    const expand = i === 1 ? 1 : 6;
    const inner = Math.floor((expand * bases[i - 1] * (10 + 3 * mid[i - 1])) / 100);
    const stride = [33, 44, 88, 224].includes(bases[i]) && bases[i] !== bases[i - 1] ? 2 : 1;
    let y = relu6(convBn(b, x, inner, 1, 1, `${name}/expand`));
    y = b.depthwise(y, 3, { stride, bias: false, name: `${name}/depthwise` });
    y = relu6(b.batchNorm(y, { name: `${name}/depthwise_bn` }));
    y = convBn(b, y, widthAt(bases[i], overall[i]), 1, 1, `${name}/project`);
    x = bases[i] === bases[i - 1] ? b.merge('add', [x, y], { name: `${name}/add` }) : y;
  }
  x = relu6(convBn(b, x, 1280, 1, 1, 'last'));
  return b.build(b.dense(b.globalPool(x), classes, { name: 'fc' }));
}
