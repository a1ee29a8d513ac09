import type { SensitivityView } from '../../src/protocol/views.ts';

/** What a chart of sensitivity shows. */
export type By = 'accuracy' | 'loss';

/** One group at one of its widths, everything else whole. */
export interface GroupPoint {
  /** percent of its channels that stay */
  readonly share: number;
  readonly width: number;
  readonly accuracy: number;
  readonly loss: number;
  /** of the whole network */
  readonly macs: number;
  readonly params: number;
}

/** One group, from whole to its narrowest. */
export interface GroupLine {
  readonly id: string;
  readonly channels: number;
  readonly points: readonly GroupPoint[];
  /** what it loses, as the mean over its widths: points of accuracy, or loss */
  readonly lost: number;
}

/** The groups' lines, the most sensitive first. @param cost of the whole network */
export function linesOf(
  { whole, groups }: SensitivityView,
  by: By,
  cost: { readonly macs: number; readonly params: number },
): GroupLine[] {
  const lines = groups
    .filter(({ widths }) => widths.length > 0)
    .map(({ id, channels, widths }) => {
      const lost = widths.map((one) =>
        by === 'loss' ? one.loss - whole.loss : whole.accuracy - one.accuracy,
      );
      return {
        id,
        channels,
        points: [
          { share: 100, width: channels, ...whole, macs: cost.macs, params: cost.params },
          ...widths.map((one) => ({ ...one, share: (100 * one.width) / channels })),
        ],
        lost: lost.reduce((sum, one) => sum + one, 0) / lost.length,
      };
    });
  return lines.sort((a, b) => b.lost - a.lost);
}

/** Where the keyboard or the pointer is: a line, and a point of it. */
export interface At {
  readonly line: number;
  readonly point: number;
}

/**
 * Where an arrow leads: left and right along a group's widths, up and down through the groups, at about the same share;
 * undefined: the key means nothing here.
 */
export function moved(lines: readonly GroupLine[], at: At | null, key: string): At | undefined {
  const within = (value: number, count: number) => Math.max(0, Math.min(count - 1, value));
  const now = at ?? { line: 0, point: 0 };
  const along = (point: number) => ({ ...now, point: within(point, lines[now.line].points.length) });
  const across = (to: number): At => {
    const line = within(to, lines.length);
    const { share } = lines[now.line].points[now.point];
    const away = lines[line].points.map((one) => Math.abs(one.share - share));
    return { line, point: away.indexOf(Math.min(...away)) };
  };
  switch (key) {
    case 'ArrowRight':
      return at ? along(now.point + 1) : now;
    case 'ArrowLeft':
      return at ? along(now.point - 1) : now;
    case 'Home':
      return along(0);
    case 'End':
      return along(Infinity);
    case 'ArrowDown':
      return at ? across(now.line + 1) : now;
    case 'ArrowUp':
      return at ? across(now.line - 1) : now;
    default:
      return undefined;
  }
}
