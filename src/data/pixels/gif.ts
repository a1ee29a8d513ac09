import type { Raster } from './bmp.ts';

export interface GifFrame {
  readonly height: number;
  readonly width: number;
  /** the part of the picture that the first frame paints */
  readonly left: number;
  readonly top: number;
  readonly frameWidth: number;
  readonly frameHeight: number;
  readonly interlaced: boolean;
  /** RGB; empty where the file has no colours: indices are greys then */
  readonly palette: Uint8Array;
  /** the index that stands for nothing */
  readonly transparent?: number;
  /** where the frame's packed pixels begin: the size of their first codes */
  readonly at: number;
}

export function isGif(bytes: Uint8Array): boolean {
  return bytes.length > 6 && /^GIF8[79]a$/.test(String.fromCharCode(...bytes.subarray(0, 6)));
}

/**
 * The first frame and what stands before it; later ones are never looked at, however many there are.
 * @throws Error with the reason
 */
export function gifHeader(bytes: Uint8Array): GifFrame {
  const end = (need: number): void => {
    if (need > bytes.length) throw new Error('cut off before its first frame');
  };
  const two = (at: number): number => bytes[at] | (bytes[at + 1] << 8);
  end(13);
  let at = 13;
  const colours = (flags: number): Uint8Array | undefined => {
    if (!(flags & 128)) return undefined;
    const length = 3 << ((flags & 7) + 1);
    end(at + length);
    at += length;
    return bytes.subarray(at - length, at);
  };
  const shared = colours(bytes[10]);
  let transparent: number | undefined;
  for (;;) {
    end(at + 1);
    const kind = bytes[at++];
    if (kind === 0x21) {
      end(at + 6);
      if (bytes[at] === 0xf9 && bytes[at + 1] >= 4 && bytes[at + 2] & 1) transparent = bytes[at + 5];
      at++;
      // blocks, each after its length, until an empty one
      for (;;) {
        end(at + 1);
        const length = bytes[at];
        at += 1 + length;
        if (length === 0) break;
      }
    } else if (kind === 0x2c) {
      end(at + 9);
      const [left, top, frameWidth, frameHeight] = [two(at), two(at + 2), two(at + 4), two(at + 6)];
      const flags = bytes[at + 8];
      at += 9;
      const palette = colours(flags) ?? shared ?? new Uint8Array(0);
      const width = Math.max(two(6), left + frameWidth);
      const height = Math.max(two(8), top + frameHeight);
      if (frameWidth === 0 || frameHeight === 0) throw new Error('has no pixels');
      const interlaced = (flags & 64) !== 0;
      return { height, width, left, top, frameWidth, frameHeight, interlaced, palette, transparent, at };
    } else if (kind !== 0) throw new Error('has no frame');
  }
}

/**
 * The first frame in RGB, what is transparent in the colour that it has below.
 * @throws Error with the reason
 */
export function decodeGif(bytes: Uint8Array, frame: GifFrame): Raster {
  const { height, width, left, top, frameWidth, frameHeight, palette, interlaced } = frame;
  const indices = unpack(bytes, frame.at, frameWidth * frameHeight);
  const data = new Uint8Array(3 * width * height);
  const paint = (o: number, index: number): void => {
    for (let c = 0; c < 3; c++) data[o + c] = palette.length ? (palette[3 * index + c] ?? 0) : index;
  };
  const background = frame.transparent ?? 0;
  if (frameWidth < width || frameHeight < height)
    for (let o = 0; o < data.length; o += 3) paint(o, background);
  const rows = interlaced ? passes(frameHeight) : undefined;
  for (let k = 0, i = 0; k < frameHeight; k++) {
    let o = 3 * ((top + (rows ? rows[k] : k)) * width + left);
    for (let x = 0; x < frameWidth; x++, i++, o += 3) paint(o, indices[i]);
  }
  return { data, height, width, channels: 3 };
}

/** In which order the rows of an interlaced picture come. */
function passes(height: number): number[] {
  const rows: number[] = [];
  for (const [from, step] of [
    [0, 8],
    [4, 8],
    [2, 4],
    [1, 2],
  ])
    for (let y = from; y < height; y += step) rows.push(y);
  return rows;
}

const MAX_CODES = 4096;

/** LZW in its variable codes of up to 12 bits, the first bit lowest. */
function unpack(bytes: Uint8Array, start: number, count: number): Uint8Array {
  const first = bytes[start];
  if (!(first >= 1 && first <= 8)) throw new Error('has a first frame that is damaged');
  const out = new Uint8Array(count);
  const clear = 1 << first;
  // a code is an earlier code's bytes and one more
  const before = new Uint16Array(MAX_CODES);
  const last = new Uint8Array(MAX_CODES);
  const length = new Uint16Array(MAX_CODES);
  for (let i = 0; i < clear; i++) {
    last[i] = i;
    length[i] = 1;
  }
  let next = clear + 2;
  let size = first + 1;
  let previous = -1;
  let at = start + 1;
  let left = 0;
  let buffer = 0;
  let held = 0;
  let o = 0;
  while (o < count) {
    while (held < size) {
      if (left === 0) {
        left = bytes[at++] ?? 0;
        if (left === 0) throw new Error('cut off before the end of its first frame');
      }
      if (at >= bytes.length) throw new Error('cut off before the end of its first frame');
      buffer |= bytes[at++] << held;
      held += 8;
      left--;
    }
    const code = buffer & ((1 << size) - 1);
    buffer >>>= size;
    held -= size;
    if (code === clear) {
      next = clear + 2;
      size = first + 1;
      previous = -1;
      continue;
    }
    if (code === clear + 1) throw new Error('cut off before the end of its first frame');
    if (code > next || (code === next && previous < 0) || (previous < 0 && code >= clear))
      throw new Error('has a first frame that is damaged');
    // the code that is just being made: the one before, and its own first byte again
    const known = code < next ? code : previous;
    const bytesOf = length[known];
    for (let c = known, k = o + bytesOf - 1; k >= o; k--, c = before[c]) if (k < count) out[k] = last[c];
    const head = out[o];
    o += bytesOf;
    if (code === next && o < count) out[o] = head;
    if (code === next) o++;
    if (previous >= 0 && next < MAX_CODES) {
      before[next] = previous;
      last[next] = head;
      length[next] = length[previous] + 1;
      next++;
      if (next === 1 << size && size < 12) size++;
    }
    previous = code;
  }
  return out;
}
