// Hostile gif and tiff images: folders of class folders in which every image is one of these.
import { deflateSync } from 'node:zlib';
import { sparse } from './bytes.mjs';
import { folder, images, inClasses } from './folders.mjs';

const u16 = (...values) => Buffer.from(new Uint16Array(values).buffer);
const u32 = (...values) => Buffer.from(new Uint32Array(values).buffer);

/** Codes of LZW, each with its width in bits, packed from the low end, in blocks of 255 bytes. */
function blocks(codes, least = 2) {
  const bytes = [];
  let held = 0n;
  let bits = 0n;
  for (const [code, width] of codes) {
    held |= BigInt(code) << bits;
    for (bits += BigInt(width); bits >= 8n; bits -= 8n) {
      bytes.push(Number(held & 255n));
      held >>= 8n;
    }
  }
  if (bits > 0n) bytes.push(Number(held & 255n));
  return blocksOf(Buffer.from(bytes), least);
}
function blocksOf(data, least = 2) {
  const parts = [Buffer.from([least])];
  for (let at = 0; at < data.length; at += 255) {
    const part = data.subarray(at, at + 255);
    parts.push(Buffer.from([part.length]), part);
  }
  return Buffer.concat([...parts, Buffer.from([0])]);
}

/** The codes of `pixels` pixels of colour 0: each new code is one longer than the last, up to 4096 pixels a code. */
function oneColour(pixels) {
  const codes = [[4, 3]];
  let next = 6;
  let width = 3;
  let run = 1;
  for (let done = 0; done < pixels;) {
    codes.push([run === 1 ? 0 : next - 1, width]);
    done += run;
    // the code that is made by this one is known to the decoder with the next
    if (done > 1 || run > 1) {
      next++;
      if (next - 1 === 1 << width && width < 12) width++;
    } else next = 6;
    run++;
    if (next >= 4095) {
      codes.push([4, 12]);
      next = 6;
      width = 3;
      run = 1;
    }
  }
  codes.push([5, width]);
  return blocks(codes);
}

const PALETTE = Buffer.from([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255]);
const gif = (width, height, ...parts) =>
  Buffer.concat([
    Buffer.from('GIF89a'),
    u16(width, height),
    Buffer.from([0x81, 0, 0]),
    PALETTE,
    ...parts,
    Buffer.from(';'),
  ]);
const frame = (width, height, data, x = 0, y = 0) =>
  Buffer.concat([Buffer.from(','), u16(x, y, width, height), Buffer.from([0]), data]);
/** 64 pixels, one code each, the dictionary begun anew after every second */
const small = blocks([
  ...Array.from({ length: 64 }, (_, i) => (i % 2 ? [[i % 4, 3]] : [[4, 3], [i % 4, 3]])).flat(),
  [5, 3],
]); // prettier-ignore
const good = frame(8, 8, small);
const comment = (bytes) => Buffer.concat([Buffer.from([0x21, 0xfe]), blocksOf(bytes).subarray(1)]);
const repeat = (bytes, count) => Buffer.concat(new Array(count).fill(bytes));
const cut = (bytes, share) => bytes.subarray(0, Math.floor(bytes.length * share));
const set = (bytes, count) => (d) => folder(d, images(count, bytes, 'gif'));

export const gifs = {
  'gif cut in its header': set(gif(8, 8).subarray(0, 10)),
  'gif cut in its pixels': set(cut(gif(64, 64, frame(64, 64, oneColour(4096))), 0.4)),
  'gif that claims 65,535 x 65,535': set(gif(65535, 65535, frame(65535, 65535, small))),
  'gif of 8 x 8 with a frame of 65,535 x 65,535': set(gif(8, 8, frame(65535, 65535, small))),
  'gif of 100,000 frames': set(gif(8, 8, repeat(good, 100_000)), 10),
  'gif of one colour, 8192 x 8192': set(gif(8192, 8192, frame(8192, 8192, oneColour(2 ** 26))), 10),
  'gif with its frame outside': set(gif(8, 8, frame(8, 8, small, 60_000, 60_000))),
  'gif with codes of 255 bits': set(
    gif(8, 8, frame(8, 8, Buffer.concat([Buffer.from([255]), small.subarray(1)]))),
  ),
  'gif with codes that were never made': set(gif(8, 8, frame(8, 8, blocks([[4, 3], [7, 3], [7, 3], [7, 3]])))), // prettier-ignore
  'gif with 20 MB of comments': set(gif(8, 8, comment(Buffer.alloc(20_000_000, 65)), good), 4),
  'gif with two million empty extensions': set(
    gif(8, 8, repeat(Buffer.from([0x21, 0xfe, 0]), 2_000_000), good),
    4,
  ),
  'gif of 20 MB of beginnings anew': set(gif(8, 8, frame(8, 8, blocksOf(Buffer.alloc(20_000_000, 0x24)))), 4),
  'gif without a frame': set(gif(8, 8)),
  'gif without colours': set(
    Buffer.concat([Buffer.from('GIF89a'), u16(8, 8), Buffer.from([0, 0, 0]), good, Buffer.from(';')]),
  ),
};

const SHORT = 3;
const LONG = 4;
/** A directory: entries of [tag, type, count, value], and where the next one is. */
const directory = (entries, next = 0) =>
  Buffer.concat([
    u16(entries.length),
    ...entries.map(([tag, type, count, value]) => Buffer.concat([u16(tag, type), u32(count, value)])),
    u32(next),
  ]);
const tiff = (...parts) => Buffer.concat([Buffer.from('II*\0'), ...parts]);
/** A grey image: what its strip is, and what is otherwise. */
function grey(width, height, { at, bytes, packing = 1, more = [], next = 0 }) {
  const own = new Map([
    [256, [256, LONG, 1, width]],
    [257, [257, LONG, 1, height]],
    [258, [258, SHORT, 1, 8]],
    [259, [259, SHORT, 1, packing]],
    [262, [262, SHORT, 1, 1]],
    [273, [273, LONG, 1, at]],
    [277, [277, SHORT, 1, 1]],
    [278, [278, LONG, 1, height]],
    [279, [279, LONG, 1, bytes]],
    ...more.map((entry) => [entry[0], entry]),
  ]);
  return directory([...own.values()].sort((a, b) => a[0] - b[0]), next); // prettier-ignore
}
/** The strip behind the header, and then the directory. */
const whole = (width, height, strip, about = {}) =>
  tiff(u32(8 + strip.length), strip, grey(width, height, { at: 8, bytes: strip.length, ...about }));
const pixels = Buffer.alloc(64, 99);
const tiffSet = (bytes, count) => (d) => folder(d, images(count, bytes, 'tif'));
const here = 8 + pixels.length;

export const tiffs = {
  'tiff cut in its header': tiffSet(tiff().subarray(0, 4)),
  'tiff cut in its pixels': tiffSet(tiff(u32(8), grey(64, 64, { at: 200, bytes: 4096 }), Buffer.alloc(500))),
  'tiff that claims 2^31 x 2^31': tiffSet(whole(2 ** 31, 2 ** 31, pixels)),
  'tiff that claims 65,535 x 65,535 in one byte': tiffSet(whole(65535, 65535, pixels.subarray(0, 1))),
  'tiff whose directory is its own next': tiffSet(whole(8, 8, pixels, { next: here })),
  'tiff of two directories in a circle': tiffSet(
    tiff(
      u32(here),
      pixels,
      grey(8, 8, { at: 8, bytes: 64, next: here + 114 }),
      grey(8, 8, { at: 8, bytes: 64, next: here }),
    ),
  ),
  'tiff of 60,000 directories': tiffSet(
    tiff(
      u32(here),
      pixels,
      ...Array.from({ length: 60_000 }, (_, i) =>
        grey(8, 8, { at: 8, bytes: 64, next: i === 59_999 ? 0 : here + 114 * (i + 1) }),
      ),
    ),
    5,
  ),
  'tiff of 65,535 entries that are not there': tiffSet(tiff(u32(8), u16(65535), Buffer.alloc(100))),
  'tiff with 2^32 strips': tiffSet(
    whole(8, 8, pixels, { more: [[273, LONG, 0xffffffff, 8], [279, LONG, 0xffffffff, 8]] }), // prettier-ignore
  ),
  'tiff with a tag of 4 GB': tiffSet(whole(8, 8, pixels, { more: [[34675, 1, 0xffffffff, 8]] })),
  'tiff of zeros, 8192 x 8192, packed': tiffSet(
    whole(8192, 8192, deflateSync(Buffer.alloc(2 ** 26)), { packing: 8 }),
    10,
  ),
  'tiff of zeros, 40,000 x 40,000, packed': tiffSet(
    whole(40_000, 40_000, deflateSync(Buffer.alloc(4_000_000)), { packing: 8 }),
    10,
  ),
  'tiff with a directory in itself': tiffSet(whole(8, 8, pixels, { more: [[330, LONG, 1, here]] })),
  'tiff of 65,535 samples a pixel': tiffSet(whole(8, 8, pixels, { more: [[277, SHORT, 1, 65535]] })),
  'tiff of tiles of 2^30 x 2^30': tiffSet(
    whole(8, 8, pixels, {
      more: [[322, LONG, 1, 2 ** 30], [323, LONG, 1, 2 ** 30], [324, LONG, 1, 8], [325, LONG, 1, 64]], // prettier-ignore
    }),
  ),
  'tiff whose pixels lie beyond its end': tiffSet(whole(8, 8, pixels, { at: 0xfffffff0 })),
  'tiff that is large (BigTIFF) and points to 2^63': tiffSet(
    Buffer.concat([Buffer.from('II+\0'), u16(8, 0), u32(0, 0x80000000)]),
  ),
  'tiff of 3 GB of nothing': (d) => inClasses(d, 5, (file) => sparse(file, 3 * 2 ** 30), 'tif'),
};

/** What holds an image all the same: the first frame, the first directory. */
export const picturesMayWork = new Set([
  'gif of 100,000 frames',
  'gif with 20 MB of comments',
  'gif with two million empty extensions',
  'gif with its frame outside',
  'gif of 20 MB of beginnings anew',
  'gif without colours',
  'tiff whose directory is its own next',
  'tiff of two directories in a circle',
  'tiff of 60,000 directories',
  'tiff with a directory in itself',
  'tiff with a tag of 4 GB',
]);
