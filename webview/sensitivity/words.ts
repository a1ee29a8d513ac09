import { percent, points, significant, whole } from '../format.ts';
import { t } from '../strings.ts';
import type { By, GroupLine, GroupPoint } from './lines.ts';

/** A share of channels, in percent. */
export const shareText = (share: number): string => percent(share, Number.isInteger(share) ? 0 : 1);

/** What a group is left with: a share, and how many channels that is. */
export const kept = ({ share, width }: GroupPoint, { channels }: GroupLine): string =>
  t('{0} ({1} of {2} channels)', shareText(share), whole(width), whole(channels));

/** How a loss is written. */
export const lossText = (value: number): string => significant(value, 3);

/** What a group loses, as the mean over its widths. */
export function lostText({ lost }: GroupLine, by: By): string {
  return by === 'accuracy' ? points(lost, 0) : `${lost < 0 ? '' : '+'}${significant(lost, 2)}`;
}
