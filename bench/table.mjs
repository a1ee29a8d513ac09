// Markdown table of several runs of one plan with different seeds: node bench/table.mjs RUN_FOLDER [RUN_FOLDER ...]
// Mean and sample standard deviation over the runs, from their recorded events alone.
import { readFileSync } from 'node:fs';
import path from 'node:path';

const folders = process.argv.slice(2);
if (!folders.length) {
  console.error('usage: node bench/table.mjs RUN_FOLDER [RUN_FOLDER ...]');
  process.exit(2);
}

/** arm -> column -> one number a run */
const arms = new Map();
const add = (arm, column, value) => {
  if (!arms.has(arm)) arms.set(arm, new Map());
  const columns = arms.get(arm);
  columns.set(column, [...(columns.get(column) ?? []), value]);
};

for (const folder of folders) {
  const lines = readFileSync(path.join(folder, 'events.jsonl'), 'utf8').trim().split('\n');
  const events = lines.map((line) => JSON.parse(line));
  let full = 0;
  const scored = new Map();
  const began = new Map();
  const ended = new Map();
  for (const event of events) {
    if (event.type === 'opened') full = event.cost.macs;
    if (event.type === 'chosen') add(event.arm, 'macs', (100 * event.candidate.cost.macs) / full);
    if (event.type === 'candidate') scored.set(event.arm, (scored.get(event.arm) ?? 0) + 1);
    if (event.type === 'score')
      add(
        event.arm ?? 'original',
        event.step === 'original' ? event.split : event.step,
        event.score.accuracy,
      );
    if (event.arm !== undefined) {
      if (!began.has(event.arm)) began.set(event.arm, event.at);
      ended.set(event.arm, event.at);
    }
  }
  for (const [arm, count] of scored) add(arm, 'scored', count);
  for (const [arm, at] of ended) add(arm, 'seconds', at - began.get(arm));
}

const columns = [
  ['macs', 'MACs, %'],
  ['scored', 'networks scored'],
  ['cut', 'after cutting'],
  ['recalibrated', 'recalibrated'],
  ['fineTuned', 'fine-tuned'],
  ['test', 'test'],
  ['seconds', 'seconds'],
];

const cell = (values, digits) => {
  if (!values?.length) return '';
  const mean = values.reduce((a, b) => a + b) / values.length;
  if (values.length === 1) return mean.toFixed(digits);
  const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1));
  return `${mean.toFixed(digits)} ± ${deviation.toFixed(digits)}`;
};

console.log(`| arm | ${columns.map(([, title]) => title).join(' | ')} |`);
console.log(`|---|${columns.map(() => '---:').join('|')}|`);
for (const [arm, values] of arms) {
  const cells = columns.map(([key]) => {
    if (arm === 'original' && key === 'fineTuned') return cell(values.get('validation'), 2);
    if (arm === 'original' && key === 'macs') return '100';
    return cell(values.get(key), key === 'seconds' || key === 'scored' ? 0 : key === 'macs' ? 1 : 2);
  });
  console.log(`| ${arm} | ${cells.join(' | ')} |`);
}
