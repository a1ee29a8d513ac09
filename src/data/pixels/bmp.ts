/** Pixels of a picture as it stands in its file: interleaved uint8. */
export interface Raster {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

export interface BmpHeader {
  readonly height: number;
  readonly width: number;
  /** rows go from the bottom up, as is usual */
  readonly upwards: boolean;
  readonly bits: number;
  readonly packing: 'none' | 'rle8' | 'rle4' | 'masks';
  /** where the pixels begin */
  readonly at: number;
  /** red, green, blue in a pixel of 16 or 32 bits */
  readonly masks: readonly [number, number, number];
  /** 256 colours, RGB; absent from 16 bits a pixel on */
  readonly palette?: Uint8Array;
  /** every colour of the palette is a grey */
  readonly grey: boolean;
}

const PACKINGS: Readonly<Record<number, BmpHeader['packing']>> = {
  0: 'none',
  1: 'rle8',
  2: 'rle4',
  3: 'masks',
  6: 'masks',
};
const BITS: readonly number[] = [1, 2, 4, 8, 16, 24, 32];

export function isBmp(bytes: Uint8Array): boolean {
  return bytes.length > 2 && bytes[0] === 0x42 && bytes[1] === 0x4d;
}

/**
 * All that stands before the pixels, of any age of header: OS/2's of 12 bytes to Windows' of 124.
 * @throws Error with the reason
 */
export function bmpHeader(bytes: Uint8Array): BmpHeader {
  if (bytes.length < 26) throw new Error('cut off in its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = view.getUint32(14, true);
  const old = size === 12;
  if (!old && size < 40) throw new Error(`has a header of ${size} bytes, which is none of a bitmap's`);
  if (bytes.length < 14 + Math.min(size, 40)) throw new Error('cut off in its header');
  const width = old ? view.getUint16(18, true) : view.getInt32(18, true);
  const tall = old ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(old ? 24 : 28, true);
  if (width <= 0 || tall === 0) throw new Error('has no pixels');
  const packing = PACKINGS[old ? 0 : view.getUint32(30, true)];
  if (!packing || !BITS.includes(bits))
    throw new Error(`is a bitmap of ${bits} bits a pixel, packed in a way that is not read`);
  const about = { height: Math.abs(tall), width, upwards: tall > 0, bits, packing };
  const masks = packing === 'masks' ? masksOf(view, size) : ordinary(bits);
  const start = view.getUint32(10, true);
  // masks of the oldest header with any stand behind it
  const behind = 14 + size + (packing === 'masks' && size === 40 ? 12 : 0);
  if (bits > 8) return { ...about, masks, at: start || behind, grey: false };
  const entry = old ? 3 : 4;
  const said = old ? 0 : view.getUint32(46, true);
  const colours = said > 0 && said <= 65_536 ? said : 2 ** bits;
  const { palette, grey } = paletteOf(bytes, behind, entry, colours);
  return { ...about, masks, at: start || behind + entry * colours, palette, grey };
}

function masksOf(view: DataView, size: number): [number, number, number] {
  if (view.byteLength < 66) throw new Error('cut off in its header');
  const masks: [number, number, number] = [0, 0, 0];
  // the same place in all headers: within, or behind one of 40 bytes
  for (let c = 0; c < 3; c++) masks[c] = view.getUint32(54 + 4 * c, true);
  return masks.some((mask) => mask !== 0) || size < 40 ? masks : ordinary(32);
}

function ordinary(bits: number): [number, number, number] {
  return bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff];
}

/** Blue, green, red (and a byte for nothing) to 256 of red, green, blue; colours that it lacks are black. */
function paletteOf(
  bytes: Uint8Array,
  at: number,
  entry: number,
  colours: number,
): { palette: Uint8Array; grey: boolean } {
  const palette = new Uint8Array(3 * 256);
  let grey = true;
  for (let i = 0; i < Math.min(colours, 256); i++) {
    const from = at + i * entry;
    if (from + 3 > bytes.length) throw new Error('cut off in its colours');
    for (let c = 0; c < 3; c++) palette[3 * i + c] = bytes[from + 2 - c];
    if (bytes[from] !== bytes[from + 1] || bytes[from] !== bytes[from + 2]) grey = false;
  }
  return { palette, grey };
}

/**
 * The pixels in RGB, of every depth, palette, packing and direction; the fourth byte of a pixel is dropped.
 * @throws Error with the reason
 */
export function decodeBmp(bytes: Uint8Array, header: BmpHeader): Raster {
  const { width, height, bits, packing, palette } = header;
  let data: Uint8Array;
  if (packing === 'rle8' || packing === 'rle4') {
    if (!palette) throw new Error(`has runs of ${bits} bits a pixel, which no bitmap has`);
    data = coloured(unpackRuns(bytes, header), palette);
  } else {
    const row = ((width * bits + 31) >>> 5) * 4;
    // the last row's filling is often missing
    const least = row * (height - 1) + Math.ceil((width * bits) / 8);
    if (bytes.length - header.at < least) throw new Error('cut off');
    data = palette ? coloured(indices(bytes, header, row), palette) : direct(bytes, header, row);
  }
  return { data, height, width, channels: 3 };
}

function coloured(indices: Uint8Array, palette: Uint8Array): Uint8Array {
  const out = new Uint8Array(3 * indices.length);
  for (let i = 0, o = 0; i < indices.length; i++, o += 3) {
    const at = 3 * indices[i];
    out[o] = palette[at];
    out[o + 1] = palette[at + 1];
    out[o + 2] = palette[at + 2];
  }
  return out;
}

/** Where row y of the picture begins. */
function rowAt({ upwards, height, at }: BmpHeader, row: number, y: number): number {
  return at + row * (upwards ? height - 1 - y : y);
}

function indices(bytes: Uint8Array, header: BmpHeader, row: number): Uint8Array {
  const { width, height, bits } = header;
  const out = new Uint8Array(width * height);
  const most = 2 ** bits - 1;
  for (let y = 0, o = 0; y < height; y++) {
    const from = rowAt(header, row, y);
    for (let x = 0; x < width; x++, o++) {
      const bit = x * bits;
      out[o] = (bytes[from + (bit >> 3)] >> (8 - bits - (bit & 7))) & most;
    }
  }
  return out;
}

function direct(bytes: Uint8Array, header: BmpHeader, row: number): Uint8Array {
  const { width, height, bits, masks } = header;
  const out = new Uint8Array(3 * width * height);
  const step = bits / 8;
  const whole = bits === 24 || masks.every((mask, c) => mask === [0xff0000, 0xff00, 0xff][c]);
  const parts = masks.map((mask) => {
    const low = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
    return { low, most: mask >>> low };
  });
  for (let y = 0, o = 0; y < height; y++)
    for (let x = 0, p = rowAt(header, row, y); x < width; x++, p += step, o += 3) {
      if (whole && step > 2) {
        out[o] = bytes[p + 2];
        out[o + 1] = bytes[p + 1];
        out[o + 2] = bytes[p];
        continue;
      }
      const low = bytes[p] | (bytes[p + 1] << 8);
      const value = step === 2 ? low : (low | (bytes[p + 2] << 16) | (bytes[p + 3] << 24)) >>> 0;
      for (let c = 0; c < 3; c++) {
        const { low: shift, most } = parts[c];
        out[o + c] = most === 0 ? 0 : Math.floor((((value >>> shift) & most) >>> 0) * (255 / most));
      }
    }
  return out;
}

/** Runs, their jumps and their ends; pixels that none tells of are colour 0, as are those behind the end. */
function unpackRuns(bytes: Uint8Array, { width, height, packing, at, upwards }: BmpHeader): Uint8Array {
  const out = new Uint8Array(width * height);
  const half = packing === 'rle4';
  let x = 0;
  let y = 0;
  let p = at;
  const put = (value: number): void => {
    if (x < width) out[(upwards ? height - 1 - y : y) * width + x] = value;
    x++;
  };
  while (y < height) {
    if (p + 1 >= bytes.length) throw new Error('cut off');
    const count = bytes[p];
    const value = bytes[p + 1];
    p += 2;
    if (count > 0) {
      for (let i = 0; i < count; i++) put(half ? (i & 1 ? value & 15 : value >> 4) : value);
    } else if (value === 0) {
      x = 0;
      y++;
    } else if (value === 1) break;
    else if (value === 2) {
      if (p + 1 >= bytes.length) throw new Error('cut off');
      x += bytes[p];
      y += bytes[p + 1];
      p += 2;
    } else {
      const length = half ? (value + 1) >> 1 : value;
      if (p + length > bytes.length) throw new Error('cut off');
      for (let i = 0; i < value; i++) {
        const byte = bytes[p + (half ? i >> 1 : i)];
        put(half ? (i & 1 ? byte & 15 : byte >> 4) : byte);
      }
      p += length + (length & 1);
    }
  }
  return out;
}
