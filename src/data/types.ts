import type { Resize } from './pixels/resize.ts';

/** Images of one split, decoded on demand to uint8, NHWC, at the size that the set was opened with. */
export interface Split {
  readonly name: 'train' | 'validation' | 'test';
  readonly size: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** class index of every image */
  readonly labels: Int32Array;
  /** Decodes the named images into `out` [indices.length, H, W, C]. Throws InputError past the limit of broken ones. */
  read(indices: ArrayLike<number>, out: Uint8Array): Promise<void>;
}

/** A labelled image set. The test split is for the end only: nothing that searches or tunes may read it. */
export interface ImageSet {
  readonly path: string;
  readonly form: 'folder' | 'zip' | 'tar' | 'idx' | 'npz';
  /** names by output of the network that the set was opened for */
  readonly classes: readonly string[];
  /** where their order comes from, in words, if not from the folders' names alone */
  readonly classesFrom?: string;
  /** what must be given again for the same order; absent where that is the folders with images, by name */
  readonly recordedClasses?: readonly string[];
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** SHA-256 over names and contents (or sizes), stable between machines */
  readonly digest: string;
  /** tells on this machine whether it is still the same: the digest, or more where that is over sizes alone */
  readonly stamp?: string;
  readonly train: Split;
  readonly validation: Split;
  /** absent where the set has none */
  readonly test?: Split;
  /** how images of another size were made to fit, and why so; absent where all had the size */
  readonly resized?: { readonly by: Resize | 'as-before'; readonly why: string };
  /** images that could not be decoded, with the reason */
  readonly broken: readonly { readonly file: string; readonly reason: string }[];
  /** what a person should know about the set, one sentence each: classes without test images, files left out */
  readonly warnings?: readonly string[];
  close(): Promise<void>;
}

/** From uint8 to what the network expects: y = x * scale[c] + offset[c], after an optional RGB -> BGR. */
export interface Preprocess {
  /** unit, signed, raw, imagenet, caffe, standardise, ... or 'custom' */
  readonly name: string;
  readonly scale: readonly number[];
  readonly offset: readonly number[];
  readonly bgr: boolean;
  /**
   * How images of another size were resized. Absent where none was; and in what versions before it wrote, which left it
   * to libvips.
   */
  readonly resize?: Resize;
}

export interface Augmentation {
  readonly flip: boolean;
  /** largest shift in pixels, zero-filled in the preprocessed space of pixel value 0 (the "random crop" of CIFAR) */
  readonly shift: number;
}

/** One mini-batch. x: [n, H, W, C] preprocessed float32, a fresh array each time; y: class indices. */
export interface Batch {
  readonly n: number;
  readonly x: Float32Array;
  readonly y: Int32Array;
}
