/**
 * The Pareto front: what no other point beats, being both cheaper (or as cheap) and more accurate (or as accurate).
 * Of equal points the first counts.
 *
 * @param cost lower is better; NaN where not measured (left out)
 * @param accuracy higher is better; NaN likewise
 * @returns indices by growing cost, and so by growing accuracy
 */
export function paretoFront(cost: ArrayLike<number>, accuracy: ArrayLike<number>): number[] {
  const order: number[] = [];
  for (let i = 0; i < cost.length; i++)
    if (Number.isFinite(cost[i]) && Number.isFinite(accuracy[i])) order.push(i);
  order.sort((a, b) => cost[a] - cost[b] || accuracy[b] - accuracy[a] || a - b);
  const front: number[] = [];
  let best = -Infinity;
  for (const i of order)
    if (accuracy[i] > best) {
      best = accuracy[i];
      front.push(i);
    }
  return front;
}
