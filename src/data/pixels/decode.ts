import sharp, { type Sharp } from 'sharp';
import { decodeBmp, bmpHeader, isBmp, type Raster } from './bmp.ts';
import { fromInks, toChannels } from './colour.ts';
import { decodeGif, gifHeader, isGif } from './gif.ts';
import { headerOf, type Header } from './headers.ts';
import { mostPixels } from '../limits.ts';
import { Room } from '../room.ts';
import { changes, resized } from './resize.ts';
import type { Found } from '../source.ts';
import { firstPicture, isTiff, refuseOtherColours } from './tiff.ts';
import type { Resize } from '../../terms/images.ts';

export interface Shape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** How pictures of another size are resized; as-before: as Espalier did before it had names for that. */
export type Resizing = Resize | 'as-before';

/** Goes into the key of cached pixels: pixels of another decoder or other rules are others. */
export const DECODER = `2 ${sharp.versions.sharp} ${sharp.versions.vips}`;

// Many small images at once: one thread an image is best, and nothing is decoded twice.
sharp.cache(false);
sharp.concurrency(1);

/** Bytes of whole pictures that are held at once while they are made smaller. */
const room = new Room(256 * 2 ** 20);
/** A file whose picture may be no larger than this is decoded without asking. */
const SMALL = 10 * 2 ** 20;

/**
 * One image as uint8 [height, width, channels], as the users' own training code has it (Keras, TensorFlow, PIL).
 * - Size: as `resize` says, after the channels were made.
 * - 3 channels from grey: repeated. 1 channel from colour: PIL's "L".
 * - Alpha is dropped, colour profiles and the EXIF orientation are ignored, of 16 bits the upper 8 are taken; palettes
 *   and inks (CMYK) become RGB as PIL makes them. Of an animation the first frame.
 * @returns the pixels, and whether the picture was resized
 * @throws Error with the reason when the image is broken
 */
export async function decode(
  found: Found,
  shape: Shape,
  resize: Resizing,
): Promise<{ pixels: Uint8Array; other: boolean }> {
  const { height, width, channels } = shape;
  if (found.kind === 'file' && found.bytes.length === 0) throw new Error('empty file');
  const header = found.kind === 'file' ? await sizeOf(found.bytes) : undefined;
  const leave = await room.enter(header ? 4 * header.height * header.width : 0);
  try {
    const raster = found.kind === 'pixels' ? found : await whole(found.bytes, header);
    if (resize === 'as-before') {
      const other = raster.height !== height || raster.width !== width;
      if (other) return { pixels: await asBefore(found, shape, raster), other };
      return { pixels: toChannels(raster.data, raster.channels, channels), other };
    }
    const picture = { ...raster, data: toChannels(raster.data, raster.channels, channels), channels };
    const other = changes(picture, height, width, resize);
    return { pixels: resized(picture, height, width, resize), other };
  } finally {
    leave();
  }
}

/** Size and channels without decoding all of it; channels is 1 for grey, with or without alpha. */
export async function probe(found: Found): Promise<Shape> {
  if (found.kind === 'pixels') return found;
  const header = headerOf(found.bytes);
  if (header) return header;
  return await described(found.bytes);
}

async function described(bytes: Uint8Array): Promise<Header> {
  const { width, height, channels, space, autoOrient } = await open(bytes).metadata().catch(plainly);
  const size = isTiff(bytes) ? autoOrient : { height, width };
  return { ...size, channels: channels < 3 ? 1 : 3, inks: space === 'cmyk' };
}

/**
 * What a file claims its picture to be, of those that may be large.
 * @throws Error where that is more than a file of its size holds
 */
async function sizeOf(bytes: Uint8Array): Promise<Header | undefined> {
  const most = mostPixels(bytes.length);
  const header = headerOf(bytes) ?? (most > SMALL || isTiff(bytes) ? await described(bytes) : undefined);
  if (header && header.width * header.height > most) throw new Error(TOO_MANY);
  return header;
}

const TOO_MANY = 'claims far more pixels than a file of its size holds';

function open(bytes: Uint8Array): Sharp {
  const limitInputPixels = mostPixels(bytes.length);
  if (isTiff(bytes)) refuseOtherColours(bytes);
  return sharp(firstPicture(bytes), { failOn: 'error', limitInputPixels, ignoreIcc: true });
}

/** All pixels of a file, at its own size. */
async function whole(bytes: Uint8Array, header: Header | undefined): Promise<Raster> {
  if (isBmp(bytes)) return decodeBmp(bytes, bmpHeader(bytes));
  if (isGif(bytes)) return decodeGif(bytes, gifHeader(bytes));
  let image = open(bytes);
  // the one kind that PIL turns as it says
  if (isTiff(bytes)) image = image.autoOrient();
  // inks as they are: what libvips would make of them is not what PIL makes
  image = header?.inks ? image.pipelineColourspace('cmyk').toColourspace('cmyk') : image.removeAlpha();
  const { data, info } = await image
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch(plainly);
  const { height, width, channels } = info;
  return header?.inks
    ? { data: fromInks(data), height, width, channels: 3 }
    : { data, height, width, channels };
}

/**
 * What versions without named resizing did, for their configs: libvips' own resizing, which lies half a pixel off where
 * it enlarges.
 */
async function asBefore(found: Found, shape: Shape, raster: Raster): Promise<Uint8Array> {
  const channels = raster.channels as 1 | 3 | 4;
  const image =
    found.kind === 'file' && !isBmp(found.bytes)
      ? sharp(firstPicture(found.bytes), { failOn: 'error' })
      : sharp(raster.data, { raw: { height: raster.height, width: raster.width, channels } });
  const { data, info } = await image
    .flatten({ background: { r: 0, g: 0, b: 0 } })
    .resize(shape.width, shape.height, { fit: 'fill', kernel: 'linear' })
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch(plainly);
  return toChannels(data, info.channels, shape.channels);
}

/** The decoder's reasons in words that help. */
function plainly(error: Error): never {
  if (/exceeds pixel limit/i.test(error.message)) throw new Error(TOO_MANY);
  // what libvips says of pixels that end too early
  if (error.message.trim() === '' || /^unknown error/i.test(error.message))
    throw new Error('damaged, or cut off before its end');
  throw error;
}
