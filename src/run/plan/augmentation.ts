import type { Augmentation } from '../../terms/choices.ts';
import { chanceOf } from './method-settings.ts';

/**
 * Of what the original gets right above chance, so much must be left on augmented images. Mirrored letters are other
 * letters, half of which it would still name; but few classes are known by where a thing stands, and a network that was
 * trained without shifts loses by them, and learns to stand them.
 */
const LEFT = { flip: 0.95, shift: 0.6 } as const;
/** A shift by this share of the shorter side, as is usual (4 pixels of 32). */
const SHIFT = 1 / 8;
/** An image that is seen fewer times is new enough as it is. */
const LEAST_EPOCHS = 6;

const NONE: Augmentation = { flip: false, shift: 0 };

/** What is known of the images and the network. */
interface Facts {
  /** how often a training sees each image */
  readonly epochs: number;
  readonly height: number;
  readonly width: number;
  /** 0 where there are no labels: then `accuracy` is agreement with what the original says of them as they are */
  readonly classes: number;
  /** the original's accuracy in percent on images augmented so */
  accuracy(augmentation: Augmentation): Promise<number>;
}

/**
 * How training images are augmented where the user doesn't say. Mirroring turns a cat into a cat, but a b into a d: what
 * may be done to an image without changing its class, the original knows best. Each way is taken if it gets nearly as
 * many images right as without.
 * @returns and why, to be said after "images are"
 */
export async function findAugmentation({
  epochs,
  height,
  width,
  classes,
  accuracy,
}: Facts): Promise<{ augmentation: Augmentation; why: string }> {
  if (epochs < LEAST_EPOCHS) return { augmentation: NONE, why: `taken as they are in so few epochs` };
  const chance = chanceOf(classes);
  const plain = await accuracy(NONE);
  const keeps = (way: keyof typeof LEFT, now: number) => now - chance >= LEFT[way] * (plain - chance);
  const shift = Math.floor(Math.min(height, width) * SHIFT);
  const flipped = await accuracy({ flip: true, shift: 0 });
  const shifted = shift > 0 ? await accuracy({ flip: false, shift }) : 0;
  const flip = keeps('flip', flipped);
  const augmentation = { flip, shift: shift > 0 && keeps('shift', shifted) ? shift : 0 };
  const figure = (now: number) => `${now.toFixed(1)} %${classes > 0 ? ' right' : ''}`;
  const tried = [
    `half of them mirrored ${figure(flipped)}`,
    ...(shift > 0 ? [`shifted by up to ${shift} pixels ${figure(shifted)}`] : []),
  ].join(', ');
  return {
    augmentation,
    why:
      classes > 0
        ? `${described(augmentation)}: the original gets ${figure(plain)} of them as they are, ${tried}`
        : `${described(augmentation)}: the original agrees with itself by ${tried}`,
  };
}

/** An augmentation in words, to be said after "images are". */
export function described({ flip, shift }: Augmentation): string {
  const ways = [
    ...(flip ? ['mirrored at random'] : []),
    ...(shift ? [`shifted by up to ${shift} pixels`] : []),
  ];
  return ways.length ? ways.join(' and ') : 'not augmented';
}
