/** One choice of a row: what it costs, in any unit, and what is lost by it. */
export interface Item {
  readonly cost: number;
  readonly lost: number;
}

/** Cells that a capacity is divided into at most. */
export const CELLS = 4096;

/**
 * The multiple-choice knapsack: one item of every row, so that the costs sum to no more than the capacity and as little
 * as possible is lost. Dynamic programming over cells of cost; rows times items times cells in time.
 *
 * Exact where costs are whole numbers and the room above the cheapest choice is at most `cells` of their greatest common
 * divisor. Else costs are rounded up to cells of a `cells`th of that room: the choice fits in any case, and loses no more
 * than the best one that fits into the room less a cell a row.
 *
 * @returns an index a row, of equals the first; null where not even the cheapest items fit
 */
export function solveKnapsack(
  rows: readonly (readonly Item[])[],
  capacity: number,
  cells = CELLS,
): number[] | null {
  const floors = rows.map((row) => Math.min(...row.map(({ cost }) => cost)));
  const room = capacity - floors.reduce((sum, one) => sum + one, 0);
  if (!(room >= 0)) return null;
  const cell = cellOf(rows, floors, room, cells);
  const size = cell > 0 ? Math.min(cells, Math.floor(room / cell + 1e-9)) : 0;
  // what stands in a cell: the least that is lost by the rows so far within so many cells
  let least = new Float64Array(size + 1);
  const chosen = rows.map((row, r) => {
    const next = new Float64Array(size + 1).fill(Infinity);
    const items = new Int32Array(size + 1).fill(-1);
    row.forEach(({ cost, lost }, item) => {
      const weight = weightOf(cost - floors[r], cell);
      for (let c = weight; c <= size; c++) {
        const sum = least[c - weight] + lost;
        if (sum < next[c]) {
          next[c] = sum;
          items[c] = item;
        }
      }
    });
    least = next;
    return items;
  });
  const result: number[] = [];
  let at = size;
  for (let r = rows.length - 1; r >= 0; r--) {
    const item = chosen[r][at];
    result[r] = item;
    at -= weightOf(rows[r][item].cost - floors[r], cell);
  }
  return result;
}

/** What costs are counted in: their greatest common divisor where that gives few enough cells, else a share of the room. */
function cellOf(
  rows: readonly (readonly Item[])[],
  floors: readonly number[],
  room: number,
  cells: number,
): number {
  let divisor = 0;
  for (const [r, row] of rows.entries())
    for (const { cost } of row) {
      const above = cost - floors[r];
      if (!Number.isSafeInteger(above)) return room / cells;
      // what never fits need not be counted
      if (above <= room) divisor = greatestCommonDivisor(divisor, above);
    }
  return divisor > 0 && room / divisor <= cells ? divisor : room / cells;
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}

/** In cells, rounded up; what costs nothing takes none. */
function weightOf(cost: number, cell: number): number {
  return cost > 0 ? Math.ceil(cost / cell - 1e-9) : 0;
}
