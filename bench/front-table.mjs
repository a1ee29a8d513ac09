// Tables of what bench/front.mjs has run: node bench/front-table.mjs FOLDER
// At each budget a method has the network of its curve that is best on validation within it, as `espalier write --pick
// macs=40%` takes it, and the table that network's accuracy on the test images; then the hypervolume (accuracy times the
// share of the cost that is saved, with the original's cost and 0 % as its reference). Means over seeds, with the
// standard error of the difference to the best plain rule, seed by seed.
import { readFileSync } from 'node:fs';
import path from 'node:path';

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node bench/front-table.mjs FOLDER');
  process.exit(2);
}
const budgets = [80, 47.6, 28.3, 16.8, 10];
const plain = ['uniform', 'random', 'l1', 'geometric-median', 'bn-scale', 'taylor'];
const rows = readFileSync(path.join(folder, 'rows.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

/** setup and metric -> method -> seed -> its curve */
const tables = new Map();
for (const row of rows) {
  const title = `${row.setup}, ${row.metric}`;
  if (!tables.has(title)) tables.set(title, new Map());
  const methods = tables.get(title);
  for (const [i, curve] of row.curves.entries()) {
    if (curve.method === 'equal-cost') continue;
    const own = i === 0 ? `${row.method}${row.long ? ', as long as the default' : ''}` : curve.method;
    if (!methods.has(own)) methods.set(own, new Map());
    methods.get(own).set(row.seed, { ...curve, original: row.original.accuracy });
  }
}

const within = ({ points }, budget) => {
  // a rounding's width above the budget is the budget's
  const open = points.filter(({ share }) => 100 * share <= 1.001 * budget);
  return open.length ? open.reduce((a, b) => (b.validation > a.validation ? b : a)).accuracy : undefined;
};
const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const error = (values) =>
  values.length < 2
    ? null
    : Math.sqrt(
        values.reduce((sum, one) => sum + (one - mean(values)) ** 2, 0) / (values.length - 1) / values.length,
      );
const cell = (values, digits) =>
  values.some((one) => one === undefined) || !values.length ? '' : mean(values).toFixed(digits);

for (const [title, methods] of tables) {
  const [first] = methods.values();
  const [{ original }] = first.values();
  const best = plain
    .filter((name) => methods.has(name))
    .reduce((a, b) => (volume(methods.get(b)) > volume(methods.get(a)) ? b : a));
  console.log(`\n### ${title} (original ${original.toFixed(2)} %, seeds ${[...first.keys()].join(', ')})\n`);
  console.log(`| method | ${budgets.map((one) => `${one} %`).join(' | ')} | hypervolume | beside ${best} |`);
  console.log(`|---|${budgets.map(() => '---:').join('|')}|---:|---:|`);
  for (const [name, seeds] of methods) {
    const at = budgets.map((budget) =>
      cell(
        [...seeds.values()].map((curve) => within(curve, budget)),
        2,
      ),
    );
    const rival = methods.get(best);
    const apart = [...seeds].flatMap(([seed, { hypervolume }]) =>
      rival.has(seed) ? hypervolume - rival.get(seed).hypervolume : [],
    );
    const sign = mean(apart) < 0 ? '−' : '+';
    const beside =
      name === best || !apart.length
        ? ''
        : `${sign}${Math.abs(mean(apart)).toFixed(3)}${error(apart) === null ? '' : ` ± ${error(apart).toFixed(3)}`}`;
    console.log(`| ${name} | ${at.join(' | ')} | ${volume(seeds).toFixed(3)} | ${beside} |`);
  }
}

function volume(seeds) {
  return mean([...seeds.values()].map(({ hypervolume }) => hypervolume));
}
