import sharp from 'sharp';
import { ZipFile } from 'yazl';
import { Random } from '../../src/graph/random.ts';
import { Canvas, ellipse, stroke, type Colour, type Layer } from './canvas.ts';
import { GLYPHS, near } from './glyphs.ts';

export const DEMO_CLASSES: readonly string[] = Object.keys(GLYPHS);
export const DEMO_SIZE = 28;

const GROUNDS: Colour[] = [
  [176, 204, 226],
  [214, 222, 214],
  [120, 92, 68],
  [132, 156, 92],
  [206, 190, 160],
  [88, 104, 84],
  [226, 206, 180],
  [150, 140, 136],
];

/**
 * One picture of a garden: the class's glyph, turned, scaled, shifted and often partly hidden, over a ground with
 * clutter, under changing light, with noise.
 * @returns uint8 [28, 28, 3]
 */
export function drawDemoImage(label: number, random: Random): Uint8Array {
  const canvas = new Canvas(DEMO_SIZE, DEMO_SIZE);
  ground(canvas, random);
  const middle = DEMO_SIZE / 2;
  clutter(canvas, random, random.integer(0, 3), 0.8);
  const size = middle * (0.62 + 0.34 * random.uniform());
  const room = middle - size * 0.75;
  canvas.paint(GLYPHS[DEMO_CLASSES[label]](random), {
    x: middle + (random.uniform() * 2 - 1) * room,
    y: middle + (random.uniform() * 2 - 1) * room,
    size,
    turn: random.normal() * 0.22,
    stretch: (0.8 + 0.4 * random.uniform()) * (random.uniform() < 0.5 ? -1 : 1),
  });
  if (random.uniform() < 0.35) hide(canvas, random);
  return develop(canvas, random);
}

function ground(canvas: Canvas, random: Random): void {
  const [above, below] = [near(random, GROUNDS), near(random, GROUNDS)];
  // a horizon, or one colour running into the other
  const soft = random.uniform() < 0.5 ? 4 + 20 * random.uniform() : 1;
  const horizon = DEMO_SIZE * (0.3 + 0.6 * random.uniform());
  const slope = random.normal() * 0.2;
  for (let y = 0; y < canvas.height; y++)
    for (let x = 0; x < canvas.width; x++) {
      const t = Math.min(1, Math.max(0, (y + slope * (x - DEMO_SIZE / 2) - horizon) / soft + 0.5));
      for (let c = 0; c < 3; c++)
        canvas.pixels[(y * canvas.width + x) * 3 + c] = above[c] + t * (below[c] - above[c]);
    }
}

/** Stones, twigs, other leaves and fruit, none of them whole enough to be the subject. */
function clutter(canvas: Canvas, random: Random, count: number, opacity: number): void {
  for (let i = 0; i < count; i++) {
    const kind = random.uniform();
    const colour = near(random, [...GROUNDS, [90, 132, 64], [176, 64, 56], [210, 170, 80]]);
    const layers: Layer[] =
      kind < 0.35
        ? [{ shape: ellipse(0, 0, 0.9, 0.5 + 0.4 * random.uniform()), colour, shade: 0.5 }]
        : kind < 0.6
          ? [{ shape: stroke(-1, 0, 1, 0.2, 0.12), colour }]
          : // a part of any of the others, small and at the rim
            random.pick(Object.values(GLYPHS))(random);
    const angle = random.uniform() * 2 * Math.PI;
    const far = DEMO_SIZE * (0.36 + 0.16 * random.uniform());
    canvas.paint(
      layers,
      {
        x: DEMO_SIZE / 2 + far * Math.cos(angle),
        y: DEMO_SIZE / 2 + far * Math.sin(angle),
        size: DEMO_SIZE * (0.09 + 0.11 * random.uniform()),
        turn: random.uniform() * 6,
        stretch: 1,
      },
      opacity,
    );
  }
}

/** Something in front: a stake, a wire, a leaf. */
function hide(canvas: Canvas, random: Random): void {
  const colour = near(random, [...GROUNDS, [90, 132, 64], [104, 72, 48]]);
  const thick = 0.05 + 0.07 * random.uniform();
  const layers: Layer[] =
    random.uniform() < 0.5
      ? [{ shape: stroke(-2, 0, 2, 0, thick), colour, shade: 0.2 }]
      : [{ shape: ellipse(0.2, 0, 0.42, 0.25), colour, shade: 0.4 }];
  canvas.paint(layers, {
    x: DEMO_SIZE * (0.25 + 0.5 * random.uniform()),
    y: DEMO_SIZE * (0.25 + 0.5 * random.uniform()),
    size: DEMO_SIZE / 2,
    turn: random.uniform() * Math.PI,
    stretch: 1,
  });
}

/** Light, contrast, tint and noise of a small camera. */
function develop(canvas: Canvas, random: Random): Uint8Array {
  const contrast = 0.7 + 0.45 * random.uniform();
  const light = random.normal() * 16;
  const tint = [random.normal() * 7, random.normal() * 7, random.normal() * 7];
  const grain = 2 + 5 * random.uniform();
  return Uint8Array.from(canvas.pixels, (v, i) =>
    Math.min(
      255,
      Math.max(0, Math.round(128 + (v - 128) * contrast + light + tint[i % 3] + random.normal() * grain)),
    ),
  );
}

export interface DemoOptions {
  readonly seed: number;
  readonly train: number;
  readonly test: number;
  /** of WebP, 1 .. 100 */
  readonly quality: number;
}

/** What media/demo/garden.zip is made with. */
export const DEMO: DemoOptions = { seed: 1, train: 3_000, test: 800, quality: 45 };

/** Every image of the set: `train/apple/0001.webp` and its pixels as drawn. Each has a generator of its own. */
export function* demoImages({
  seed,
  train,
  test,
}: DemoOptions): Generator<{ name: string; pixels: Uint8Array }> {
  for (const [split, count] of [
    ['train', train],
    ['test', test],
  ] as const) {
    const random = new Random(seed).fork(split);
    for (let i = 0; i < count; i++) {
      const label = i % DEMO_CLASSES.length;
      const number = String(Math.floor(i / DEMO_CLASSES.length)).padStart(3, '0');
      yield {
        name: `${split}/${DEMO_CLASSES[label]}/${number}.webp`,
        pixels: drawDemoImage(label, random.fork('image')),
      };
    }
  }
}

/** The set as a .zip of class folders; the same bytes every time with the same libraries. */
export async function demoZip(options: DemoOptions = DEMO): Promise<Buffer> {
  const zip = new ZipFile();
  // a fixed local time is the same DOS time everywhere
  const mtime = new Date(2000, 0, 1);
  for (const { name, pixels } of demoImages(options)) {
    const bytes = await sharp(pixels, { raw: { width: DEMO_SIZE, height: DEMO_SIZE, channels: 3 } })
      .webp({ quality: options.quality, effort: 6, smartSubsample: true })
      .toBuffer();
    zip.addBuffer(bytes, name, { mtime, mode: 0o100644, compress: false, forceDosTimestamp: true });
  }
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
