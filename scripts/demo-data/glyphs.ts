import type { Random } from '../../src/graph/random.ts';
import { below, blend, both, circle, ellipse, stroke, union, without } from './canvas.ts';
import type { Colour, Distance, Layer } from './canvas.ts';

const BARK: Colour = [104, 72, 48];
const GREENS: Colour[] = [
  [74, 130, 52],
  [98, 150, 60],
  [52, 104, 58],
  [128, 160, 70],
];
const PETALS: Colour[] = [
  [232, 92, 120],
  [240, 196, 72],
  [236, 232, 224],
  [148, 96, 196],
  [92, 132, 220],
  [228, 120, 60],
];

/** A colour near one of the palette. */
export function near(random: Random, palette: readonly Colour[], spread = 22): Colour {
  const base = random.pick(palette);
  const light = random.normal() * spread * 0.7;
  return base.map((v) =>
    Math.min(255, Math.max(0, v + light + random.normal() * spread)),
  ) as unknown as Colour;
}

function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

/** A pointed leaf from (x, y) along an angle. */
function blade(x: number, y: number, length: number, width: number, angle: number): Distance {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  // two circles through both ends
  const r = (length * length) / (8 * width) + width / 2;
  const lens = both(circle(length / 2, r - width, r), circle(length / 2, width - r, r));
  return (px, py) => lens(cos * (px - x) + sin * (py - y), cos * (py - y) - sin * (px - x));
}

function stalk(random: Random, x: number, y: number): Layer[] {
  const lean = between(random, -0.15, 0.15);
  const layers: Layer[] = [
    { shape: stroke(x, y, x + lean, y - 0.38, 0.06), colour: near(random, [BARK], 10) },
  ];
  if (random.uniform() < 0.6) {
    const side = random.uniform() < 0.5 ? -0.5 : Math.PI + 0.5;
    layers.push({
      shape: blade(x + lean / 2, y - 0.2, 0.55, 0.13, side),
      colour: near(random, GREENS),
      shade: 0.4,
    });
  }
  return layers;
}

const FRUIT: Colour[] = [
  [200, 44, 44],
  [216, 84, 52],
  [150, 180, 60],
  [222, 186, 70],
  [164, 40, 52],
];

function apple(random: Random): Layer[] {
  const wide = between(random, 0.36, 0.44);
  const body = blend(ellipse(-0.28, 0.12, wide + 0.1, 0.6), ellipse(0.28, 0.12, wide + 0.1, 0.6), 0.15);
  const dent = ellipse(0, -0.56, 0.22, 0.16);
  return [{ shape: without(body, dent), colour: near(random, FRUIT), shade: 0.9 }, ...stalk(random, 0, -0.4)];
}

function pear(random: Random): Layer[] {
  const top = between(random, -0.45, -0.25);
  const body = blend(
    circle(0, 0.28, between(random, 0.5, 0.6)),
    circle(between(random, -0.08, 0.08), top, 0.3),
    0.35,
  );
  return [{ shape: body, colour: near(random, FRUIT), shade: 0.9 }, ...stalk(random, 0, top - 0.24)];
}

function cherry(random: Random): Layer[] {
  const r = between(random, 0.28, 0.36);
  const spread = between(random, 0.36, 0.48);
  const [low, high] = [between(random, 0.4, 0.6), between(random, 0.25, 0.6)];
  const join = between(random, -0.2, 0.2);
  const stem = near(random, GREENS);
  const fruit = near(random, FRUIT);
  const layers: Layer[] = [
    {
      shape: union(stroke(-spread, low - r, join, -0.75, 0.05), stroke(spread, high - r, join, -0.75, 0.05)),
      colour: stem,
    },
    { shape: circle(-spread, low, r), colour: fruit, shade: 0.9 },
    { shape: circle(spread, high, r), colour: fruit, shade: 0.9 },
  ];
  if (random.uniform() < 0.6)
    layers.push({
      shape: blade(join, -0.75, 0.7, 0.16, between(random, 0, 0.7)),
      colour: near(random, GREENS),
      shade: 0.4,
    });
  return layers;
}

function carrot(random: Random): Layer[] {
  const root: Colour[] = [
    [228, 124, 44],
    [214, 96, 40],
    [150, 70, 110],
    [232, 184, 84],
  ];
  const colour = near(random, root);
  const thick = between(random, 0.24, 0.34);
  const bend = between(random, -0.2, 0.2);
  const green = near(random, GREENS);
  const layers: Layer[] = [];
  const fronds = random.integer(3, 5);
  for (let i = 0; i < fronds; i++) {
    const angle = -Math.PI / 2 + (i - (fronds - 1) / 2) * 0.42 + random.normal() * 0.08;
    layers.push({
      shape: blade(0, -0.3, between(random, 0.55, 0.75), 0.1, angle),
      colour: green,
      shade: 0.4,
    });
  }
  layers.push({ shape: stroke(0, -0.15, bend, 0.9, thick, 0.04), colour, shade: 0.8 });
  const dark = colour.map((v) => v * 0.72) as unknown as Colour;
  for (const y of [0.05, 0.35]) {
    const x = (bend * (y + 0.15)) / 1.05;
    layers.push({ shape: stroke(x - thick * 0.6, y, x, y + 0.03, 0.03), colour: dark });
  }
  return layers;
}

function leaf(random: Random): Layer[] {
  const autumn: Colour[] = [...GREENS, ...GREENS, [196, 140, 52], [176, 72, 44], [140, 96, 56]];
  const colour = near(random, autumn);
  const rib = colour.map((v) => Math.min(255, v * 1.35 + 20)) as unknown as Colour;
  const wide = between(random, 0.34, 0.5);
  const layers: Layer[] = [
    { shape: stroke(0, 0.6, between(random, -0.12, 0.12), 1, 0.05), colour: rib },
    { shape: blade(0, 0.8, 1.65, wide, -Math.PI / 2), colour, shade: 0.5 },
    { shape: stroke(0, 0.75, 0, -0.7, 0.04), colour: rib },
  ];
  for (const y of [0.4, 0.1, -0.2])
    for (const side of [-1, 1])
      layers.push({ shape: stroke(0, y, side * wide * 0.6, y - 0.22, 0.025), colour: rib });
  return layers;
}

function flower(random: Random): Layer[] {
  const petals = random.integer(5, 8);
  const colour = near(random, PETALS);
  const centre = near(random, [
    [236, 188, 60],
    [120, 76, 44],
    [240, 220, 140],
  ]);
  const turn = random.uniform() * Math.PI;
  const shapes: Distance[] = [];
  for (let i = 0; i < petals; i++) {
    const a = turn + (i * 2 * Math.PI) / petals;
    shapes.push(ellipse(0.42 * Math.cos(a), -0.25 + 0.42 * Math.sin(a), 0.3, 1.15 / petals, a));
  }
  const layers: Layer[] = [
    { shape: stroke(0, 0, between(random, -0.2, 0.2), 1, 0.06), colour: near(random, GREENS) },
  ];
  if (random.uniform() < 0.5)
    layers.push({ shape: blade(0.02, 0.75, 0.5, 0.12, -0.6), colour: near(random, GREENS), shade: 0.3 });
  layers.push({ shape: union(...shapes), colour, shade: 0.35 });
  layers.push({ shape: circle(0, -0.25, between(random, 0.16, 0.24)), colour: centre, shade: 0.5 });
  return layers;
}

function mushroom(random: Random): Layer[] {
  const cap = near(random, [
    [196, 48, 44],
    [150, 104, 64],
    [206, 160, 96],
    [120, 88, 76],
    [224, 212, 190],
  ]);
  const stem = near(random, [[228, 216, 196]], 12);
  const wide = between(random, 0.62, 0.82);
  const high = between(random, 0.5, 0.75);
  const edge = between(random, -0.05, 0.1);
  const layers: Layer[] = [
    { shape: stroke(0, edge, between(random, -0.08, 0.08), 0.78, 0.17, 0.22), colour: stem, shade: 0.5 },
    { shape: without(ellipse(0, edge, wide, high), below(edge + 0.06)), colour: cap, shade: 0.8 },
  ];
  if (random.uniform() < 0.5)
    for (const [x, y] of [
      [-0.3, -0.25],
      [0.25, -0.2],
      [-0.02, -0.42],
    ])
      layers.push({ shape: circle(x * wide * 1.3, edge + y * high * 1.5, 0.08), colour: stem });
  return layers;
}

function tree(random: Random): Layer[] {
  const crown = near(random, [...GREENS, ...GREENS, [206, 140, 60], [226, 164, 180]]);
  const layers: Layer[] = [
    {
      shape: stroke(0, 0, between(random, -0.08, 0.08), 0.95, 0.11, 0.14),
      colour: near(random, [BARK], 12),
      shade: 0.4,
    },
  ];
  let shape = circle(0, -0.35, between(random, 0.38, 0.5));
  for (let i = 0; i < 3; i++)
    shape = blend(
      shape,
      circle(between(random, -0.42, 0.42), between(random, -0.6, 0.02), between(random, 0.26, 0.38)),
      0.12,
    );
  layers.push({ shape, colour: crown, shade: 0.7 });
  if (random.uniform() < 0.4) {
    const fruit = near(random, FRUIT);
    for (let i = 0; i < 5; i++)
      layers.push({
        shape: circle(between(random, -0.4, 0.4), between(random, -0.65, 0), 0.075),
        colour: fruit,
      });
  }
  return layers;
}

function espalier(random: Random): Layer[] {
  const bark = near(random, [BARK], 14);
  const green = near(random, GREENS);
  const arms = random.integer(2, 3);
  const upright = random.uniform() < 0.4;
  const layers: Layer[] = [{ shape: stroke(0, 0.95, 0, -0.72, 0.1, 0.06), colour: bark }];
  const fruit = random.uniform() < 0.5 ? near(random, FRUIT) : undefined;
  for (let i = 0; i < arms; i++) {
    const y = 0.42 - (i * 1.1) / (arms - 0.5) + random.normal() * 0.03;
    for (const side of [-1, 1]) {
      const end = side * between(random, 0.76, 0.95);
      const rise = upright ? between(random, 0.2, 0.32) : between(random, 0, 0.06);
      layers.push({
        shape: union(stroke(0, y, end, y, 0.055), stroke(end, y, end, y - rise, 0.05)),
        colour: bark,
      });
      for (const share of [0.4, 0.72, 1])
        layers.push({
          shape: ellipse(end * share, y - 0.1 - (share === 1 ? rise : 0), 0.13, 0.1, random.normal()),
          colour: green,
          shade: 0.3,
        });
      if (fruit) layers.push({ shape: circle(end * 0.56, y + 0.12, 0.09), colour: fruit, shade: 0.5 });
    }
  }
  return layers;
}

function butterfly(random: Random): Layer[] {
  const wing = near(random, PETALS);
  const inner = near(random, PETALS);
  const open = between(random, 0.75, 1);
  const tilt = between(random, 0.35, 0.7);
  const layers: Layer[] = [];
  for (const side of [-1, 1]) {
    layers.push({
      shape: ellipse(side * 0.48 * open, -0.28, 0.5 * open, 0.34, side * -tilt),
      colour: wing,
      shade: 0.4,
    });
    layers.push({
      shape: ellipse(side * 0.38 * open, 0.36, 0.36 * open, 0.28, side * tilt),
      colour: inner,
      shade: 0.4,
    });
    layers.push({ shape: circle(side * 0.55 * open, -0.34, 0.11), colour: inner });
    layers.push({ shape: stroke(0, -0.45, side * 0.2, -0.85, 0.03), colour: [50, 42, 40] });
  }
  layers.push({ shape: stroke(0, -0.45, 0, 0.6, 0.09, 0.05), colour: [58, 46, 42] });
  return layers;
}

/** What each class looks like: its layers, back to front, no two alike. */
export const GLYPHS: Readonly<Record<string, (random: Random) => Layer[]>> = {
  apple,
  butterfly,
  carrot,
  cherry,
  espalier,
  flower,
  leaf,
  mushroom,
  pear,
  tree,
};
