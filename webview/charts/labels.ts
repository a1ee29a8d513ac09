/** A label's anchor (the mark that it names) and its size, pixels. */
export interface Label {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where a label's upper left corner goes, and whether it is so far from its mark that a line should lead there. */
export interface Placed {
  readonly left: number;
  readonly top: number;
  readonly far: boolean;
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * Places labels beside their marks so that none covers another or a mark, inside the bounds: to the right, else the
 * left, else the nearest free place above or below.
 *
 * @param gap pixels between a mark's centre and its label
 * @param taken boxes that are to stay free
 */
export function place(labels: readonly Label[], bounds: Box, gap = 9, taken: readonly Box[] = []): Placed[] {
  const occupied: Box[] = [...taken, ...labels.map(({ x, y }) => around(x, y, gap - 3))];
  const placed = new Array<Placed>(labels.length);
  const order = labels.map((_, i) => i).sort((a, b) => labels[a].y - labels[b].y);
  for (const i of order) {
    const { x, y, width, height } = labels[i];
    let best: (Box & { far: boolean }) | null = null;
    for (let step = 0; step <= 24 && !best; step++)
      for (const sign of step === 0 ? [1] : [-1, 1])
        for (const left of [x + gap, x - gap - width]) {
          const top = y - height / 2 + sign * step * (height / 2);
          const box = { left, top, right: left + width, bottom: top + height };
          if (best || !within(box, bounds) || occupied.some((other) => overlap(box, other))) continue;
          best = { ...box, far: step > 2 };
        }
    const top = Math.min(Math.max(y - height / 2, bounds.top), bounds.bottom - height);
    const left = Math.min(Math.max(x + gap, bounds.left), bounds.right - width);
    best ??= { left, top, right: left + width, bottom: top + height, far: false };
    occupied.push(best);
    placed[i] = { left: best.left, top: best.top, far: best.far };
  }
  return placed;
}

function around(x: number, y: number, radius: number): Box {
  return { left: x - radius, top: y - radius, right: x + radius, bottom: y + radius };
}

function within(box: Box, bounds: Box): boolean {
  return (
    box.left >= bounds.left &&
    box.right <= bounds.right &&
    box.top >= bounds.top &&
    box.bottom <= bounds.bottom
  );
}

/** Whether two boxes share any place. */
export function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
