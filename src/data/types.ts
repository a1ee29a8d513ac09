import type { Resize, ImageFacts } from '../terms/images.ts';
import type { SplitName } from '../terms/scores.ts';

/** Images of one split, decoded on demand to uint8, NHWC, at the size that the set was opened with. */
export interface Split {
  readonly name: SplitName;
  readonly size: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** class index of every image; all 0 where the set has no labels */
  readonly labels: Int32Array;
  /** Decodes the named images into `out` [indices.length, H, W, C]. Throws InputError past the limit of broken ones. */
  read(indices: ArrayLike<number>, out: Uint8Array): Promise<void>;
}

/** An image set, labelled unless it says otherwise. The test split is for the end only: nothing that searches or tunes may read it. */
export interface ImageSet extends ImageFacts {
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

/**
 * One mini-batch. x: [n, H, W, C] preprocessed float32, a fresh array each time; y: class indices; `of`: which images of
 * the split they are.
 */
export interface Batch {
  readonly n: number;
  readonly x: Float32Array;
  readonly y: Int32Array;
  readonly of: Int32Array;
}
