import { InputError } from '../../graph/errors.ts';
import type { Raster } from './bmp.ts';
import { axesOf, between, type Fit } from './fit.ts';
import { resample, type Filter } from './resample.ts';
import { areas, linear, nearest } from './point-sample.ts';
import { resizes } from '../../terms/images.ts';
import type { Resize } from '../../terms/images.ts';

type Size = { readonly height: number; readonly width: number };
type Way = { readonly kernel: 'linear' | 'below' | 'nearest' | 'area' | Filter; readonly fit: Fit | 'bars' };

/**
 * How a picture that isn't of the network's size becomes so. Each is somebody's training code, and exact to it within
 * one grey level (docs/resizing.md holds the measurements).
 */
const WAYS = {
  /** tf.image.resize, image_dataset_from_directory, cv2.resize: bilinear between pixels' centres, no antialias */
  keras: { kernel: 'linear', fit: 'stretch' },
  /** the same with crop_to_aspect_ratio=True */
  'keras-crop': { kernel: 'linear', fit: 'crop' },
  /** the same with pad_to_aspect_ratio=True: black bars */
  'keras-pad': { kernel: 'linear', fit: 'bars' },
  /** image_dataset_from_directory(interpolation='nearest'), tf.image.resize(method='nearest') */
  'keras-nearest': { kernel: 'below', fit: 'stretch' },
  /** keras.utils.load_img and flow_from_directory as they come: PIL's NEAREST */
  nearest: { kernel: 'nearest', fit: 'stretch' },
  /** PIL's BILINEAR, which antialiases */
  pil: { kernel: 'bilinear', fit: 'stretch' },
  /** load_img(keep_aspect_ratio=True, interpolation='bilinear') */
  'pil-crop': { kernel: 'bilinear', fit: 'box' },
  /** torchvision's Resize and CenterCrop: the short side to 8/7 of the network's (256 for 224), then the middle */
  'pil-centre': { kernel: 'bilinear', fit: 'centre' },
  /** PIL's BICUBIC, the default of Image.resize */
  'pil-bicubic': { kernel: 'bicubic', fit: 'stretch' },
  'pil-bicubic-crop': { kernel: 'bicubic', fit: 'box' },
  'pil-bicubic-centre': { kernel: 'bicubic', fit: 'centre' },
  /** PIL's LANCZOS */
  'pil-lanczos': { kernel: 'lanczos', fit: 'stretch' },
  'pil-lanczos-crop': { kernel: 'lanczos', fit: 'box' },
  /** tf.image.resize(method='area'), cv2.INTER_AREA where it shrinks: every pixel counts by its share */
  area: { kernel: 'area', fit: 'stretch' },
  'area-crop': { kernel: 'area', fit: 'crop' },
} as const satisfies Record<Resize, Way>;

/** The one that is taken where nothing tells them apart: what image_dataset_from_directory does. */
export const COMMONEST: Resize = 'keras';

/** Reads the option. @throws InputError */
export function parseResize(text: string): Resize | 'auto' {
  const word = text.trim().toLowerCase();
  if (word === 'auto') return word;
  if (Object.hasOwn(WAYS, word)) return word as Resize;
  throw new InputError(`No way of resizing is called "${text}": it is auto or one of ${resizes.join(', ')}.`);
}

/** Whether a picture is changed: one of the network's size isn't, but for its margins where only its centre is shown. */
export function changes(picture: Size, height: number, width: number, resize: Resize): boolean {
  return picture.height !== height || picture.width !== width || WAYS[resize].fit === 'centre';
}

/** A picture of 1 or 3 channels, uint8 as it is, at another size; itself where nothing changes. */
export function resized(picture: Raster, height: number, width: number, resize: Resize): Uint8Array {
  if (!changes(picture, height, width, resize)) return picture.data;
  const { kernel, fit } = WAYS[resize];
  if (fit === 'bars') return withBars(picture, height, width);
  const [down, across] = axesOf(fit, picture, height, width);
  if (kernel === 'linear') return linear(picture, down, across);
  if (kernel === 'nearest' || kernel === 'below') return nearest(picture, down, across, kernel === 'below');
  if (kernel === 'area') return areas(picture, down, across);
  return resample(picture, down, across, kernel);
}

function withBars(picture: Raster, height: number, width: number): Uint8Array {
  const { channels } = picture;
  const { top, left, tall, wide } = between(picture, height, width);
  const inner = linear(picture, ...axesOf('stretch', picture, tall, wide));
  const out = new Uint8Array(height * width * channels);
  const row = wide * channels;
  for (let y = 0; y < tall; y++)
    out.set(inner.subarray(y * row, (y + 1) * row), ((top + y) * width + left) * channels);
  return out;
}
