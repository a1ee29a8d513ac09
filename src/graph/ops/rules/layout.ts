import type { AxisLabels } from './labels.ts';
import type { Shape } from '../../types.ts';

/*
 * The one place that says where channels, height and width lie in a value: all of Espalier asks here. (What a file, a
 * kernel or ONNX Runtime means by an axis is said where that is read, declared or written.)
 */

/** Where an image's axes lie, per sample. */
export interface ImageLayout {
  /** height, width */
  readonly places: readonly [number, number];
  readonly channels: number;
}

/** The layout of every image in a graph: [H, W, C]. */
export const IMAGE: ImageLayout = { places: [0, 1], channels: 2 };

/** The axis along which channels run, of values of any rank: the last. */
export function channelAxis(rank: number): number {
  return rank - 1;
}

/** [height, width, channels] in the order of the layout. */
export function imageOf<T>(height: T, width: T, channels: T): T[] {
  const result: T[] = [];
  result[IMAGE.places[0]] = height;
  result[IMAGE.places[1]] = width;
  result[IMAGE.channels] = channels;
  return result;
}

/** A shape's number of channels. */
export function channelsOf(shape: Shape): number {
  return shape[channelAxis(shape.length)];
}

/** What is known of a value's channels, of what is known of each of its axes; undefined where it is one number. */
export function alongChannels<T>(axes: readonly T[]): T | undefined {
  return axes[channelAxis(axes.length)];
}

/** A shape's height, width and channels; null where it is no image. */
export function asImage(
  shape: Shape,
): { readonly height: number; readonly width: number; readonly channels: number } | null {
  if (shape.length !== 3) return null;
  const [h, w] = IMAGE.places;
  return { height: shape[h], width: shape[w], channels: shape[IMAGE.channels] };
}

/** The same axes, with others along the channels. */
export function withChannels<T extends number | AxisLabels>(axes: readonly T[], channels: T): T[] {
  const result = [...axes];
  result[channelAxis(axes.length)] = channels;
  return result;
}
