import { decode as decodeBmp } from 'bmp-ts';
import sharp, { type Sharp } from 'sharp';
import { mostPixels } from './limits.ts';
import type { Found } from './source.ts';

export interface Shape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Goes into the key of cached pixels: pixels of another decoder or other rules are others. */
export const DECODER = `1 ${sharp.versions.sharp} ${sharp.versions.vips}`;

// Many small images at once: one thread an image is best, and nothing is decoded twice.
sharp.cache(false);
sharp.concurrency(1);

/**
 * One image as uint8 [height, width, channels].
 * - Size: stretched to fit (as Keras' image_dataset_from_directory does), bilinear, area-averaged where it shrinks.
 * - 3 channels from grey: repeated. 1 channel from colour: luma, 0.299 R + 0.587 G + 0.114 B (Rec. 601, as PIL's "L").
 * - Transparency is laid on black. Of an animation the first frame. The EXIF orientation is ignored, as Keras does.
 * @throws Error with the reason when the image is broken
 */
export async function decode(found: Found, shape: Shape): Promise<Uint8Array> {
  const raw = found.kind === 'pixels' ? found : isBmp(found.bytes) ? bmpPixels(found.bytes) : undefined;
  if (raw && raw.height === shape.height && raw.width === shape.width)
    return toChannels(raw.data, raw.channels, shape.channels);
  let image: Sharp;
  if (raw) {
    const channels = raw.channels as 1 | 3 | 4;
    image = sharp(raw.data, { raw: { height: raw.height, width: raw.width, channels } });
  } else {
    const bytes = (found as { bytes: Uint8Array }).bytes;
    if (bytes.length === 0) throw new Error('empty file');
    image = sharp(bytes, { failOn: 'error', limitInputPixels: mostPixels(bytes.length) });
  }
  const { data, info } = await image
    .flatten({ background: { r: 0, g: 0, b: 0 } })
    .resize(shape.width, shape.height, { fit: 'fill', kernel: 'linear' })
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch(plainly);
  return toChannels(data, info.channels, shape.channels);
}

/** Size and channels without decoding all of it; channels is 1 for grey, with or without alpha. */
export async function probe(found: Found): Promise<Shape> {
  if (found.kind === 'pixels') return found;
  if (isBmp(found.bytes)) {
    const { width, height } = bmpSize(found.bytes);
    return { height, width, channels: 3 };
  }
  const { width, height, channels } = await sharp(found.bytes, {
    limitInputPixels: mostPixels(found.bytes.length),
  })
    .metadata()
    .catch(plainly);
  return { height, width, channels: channels < 3 ? 1 : 3 };
}

/** The decoder's reasons in words that help. */
function plainly(error: Error): never {
  if (/exceeds pixel limit/i.test(error.message))
    throw new Error('claims far more pixels than a file of its size holds');
  // what libvips says of pixels that end too early
  if (error.message.trim() === '' || /^unknown error/i.test(error.message))
    throw new Error('damaged, or cut off before its end');
  throw error;
}

/** Interleaved pixels of 1, 3 or 4 channels (alpha laid on black) to 1 or 3. */
export function toChannels(data: Uint8Array, from: number, to: number): Uint8Array {
  if (from === to) return data;
  const n = data.length / from;
  const out = new Uint8Array(n * to);
  for (let i = 0; i < n; i++) {
    let r = data[i * from];
    let g = r;
    let b = r;
    if (from >= 3) {
      g = data[i * from + 1];
      b = data[i * from + 2];
    }
    if (from === 2 || from === 4) {
      const alpha = data[i * from + from - 1];
      r = Math.round((r * alpha) / 255);
      g = Math.round((g * alpha) / 255);
      b = Math.round((b * alpha) / 255);
    }
    if (to === 1) {
      // PIL's integers, so that greys agree to the bit with Keras' color_mode="grayscale"
      out[i] = from >= 3 ? (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16 : r;
    } else {
      out[i * 3] = r;
      out[i * 3 + 1] = g;
      out[i * 3 + 2] = b;
    }
  }
  return out;
}

function isBmp(bytes: Uint8Array): boolean {
  return bytes.length > 2 && bytes[0] === 0x42 && bytes[1] === 0x4d;
}

function bmpSize(bytes: Uint8Array): { width: number; height: number; bits: number; compression: number } {
  if (bytes.length < 34) throw new Error('cut off in its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = view.getUint32(18, true);
  const height = Math.abs(view.getInt32(22, true));
  if (width === 0 || height === 0) throw new Error('has no pixels');
  return { width, height, bits: view.getUint16(28, true), compression: view.getUint32(30, true) };
}

function bmpPixels(bytes: Uint8Array): Extract<Found, { kind: 'pixels' }> {
  const { width, height, bits, compression } = bmpSize(bytes);
  if (width * height > mostPixels(bytes.length)) throw new Error(`claims ${width} x ${height} pixels`);
  // run-length coded pixels may be few bytes; others are all there or the file is cut off
  const least = compression === 1 || compression === 2 ? 0 : Math.ceil((width * bits) / 8) * height;
  if (bytes.length < least) throw new Error('cut off');
  const image = decodeBmp(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), { toRGBA: true });
  const data = new Uint8Array(width * height * 3);
  // the fourth byte of a 32-bit bitmap is padding more often than transparency
  for (let i = 0, j = 0; i < data.length; i += 3, j += 4) {
    data[i] = image.data[j];
    data[i + 1] = image.data[j + 1];
    data[i + 2] = image.data[j + 2];
  }
  return { kind: 'pixels', data, height, width, channels: 3 };
}
