import { InputError } from '../../graph/errors.ts';
import { parsePreprocess } from '../../data/pixels/preprocess.ts';
import { parseResize } from '../../data/pixels/resize.ts';
import type { DataOptions } from '../../terms/choices.ts';
import type { Plan } from '../../run/plan/plan.ts';

/** The options that every command with `--data` has. */
export interface DataFlags {
  readonly data?: string;
  readonly preprocess?: string;
  readonly resize?: string;
  readonly limit?: number;
  readonly validationImages?: number;
  readonly augment?: string;
  readonly labelsOf?: string;
  readonly noLabels?: boolean;
  readonly backend?: Plan['backend'];
  readonly threads?: number;
}

/** How images are opened, from the options; undefined without --data. */
export function dataOptions(options: DataFlags): DataOptions | undefined {
  if (options.preprocess !== undefined) parsePreprocess(options.preprocess);
  if (options.resize !== undefined) parseResize(options.resize);
  if (options.data === undefined) {
    const lone = (
      ['preprocess', 'resize', 'limit', 'validationImages', 'augment', 'labelsOf', 'noLabels'] as const
    ).find((key) => options[key] !== undefined);
    const name = lone?.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
    if (name) throw new InputError(`--${name} says something about images, but there is no --data`);
    return undefined;
  }
  return {
    path: options.data,
    preprocess: options.preprocess ?? 'auto',
    resize: options.resize,
    limit: options.limit,
    validationImages: options.validationImages,
    augment: augmentation(options.augment),
    labelsOf: options.labelsOf,
    ...(options.noLabels ? { noLabels: true as const } : {}),
  };
}

function augmentation(text: string | undefined): DataOptions['augment'] {
  if (text === undefined) return undefined;
  let flip = false;
  let shift = 0;
  for (const part of text.split(',')) {
    const [, pixels] = /^shift=(\d{1,3})$/.exec(part) ?? [];
    if (part === 'flip') flip = true;
    else if (pixels !== undefined) shift = Number(pixels);
    else if (part !== 'none') throw new InputError(`--augment takes flip, shift=N or both, not "${part}"`);
  }
  return { flip, shift };
}
