import sharp from 'sharp';
import type { Split } from './types.ts';

/**
 * Images of a split as PNG data URIs, for reports.
 * @param enlarge whole-number factor, pixels kept square and sharp
 */
export async function thumbnails(split: Split, indices: ArrayLike<number>, enlarge = 1): Promise<string[]> {
  const { height, width } = split;
  const channels = split.channels as 1 | 3;
  const size = height * width * channels;
  const bytes = new Uint8Array(indices.length * size);
  await split.read(indices, bytes);
  const uris: string[] = [];
  for (let k = 0; k < indices.length; k++) {
    const image = sharp(bytes.subarray(k * size, (k + 1) * size), { raw: { height, width, channels } });
    if (enlarge > 1) image.resize(width * enlarge, height * enlarge, { kernel: 'nearest' });
    const png = await image.png({ compressionLevel: 9 }).toBuffer();
    uris.push(`data:image/png;base64,${png.toString('base64')}`);
  }
  return uris;
}
