// Makes docs/zoo.md of the rows that bench/zoo.mjs has measured: node bench/zoo-table.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../scripts/prepare.mjs';

const read = (file) => readFileSync(path.join(root, file), 'utf8');
const names = /NETWORKS = """([^"]+)"""/.exec(read('bench/zoo.py'))[1].split(/\s+/);
const rows = read('bench/zoo.jsonl')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const power = (value) => (value === undefined ? '' : value === 0 ? '0' : value.toExponential(0));

function cells(row) {
  if (row.opens !== true)
    return [row.keras_refuses ? 'no, nor in Keras' : `**no**: ${row.opens}`, '', '', '', '', '', ''];
  const { 'layer by layer': layers, ...whole } = row.differences ?? {};
  const largest =
    layers === undefined ? power(Math.max(...Object.values(whole))) : `layers: ${power(layers)}`;
  return [
    `${row.groups} (${row.free})`,
    `${row.check === 0 ? 'ok' : `**${row.check}**`} (${largest})`,
    `${Math.round(100 * row.left)} %`,
    power(row.difference),
    power(row.answer),
    `${Math.round(100 * row.changed)} %`,
    String(row.seconds),
  ];
}

const head = [
  'network',
  'Keras',
  'format',
  'groups (free)',
  '`check`',
  'weights left',
  'pruned − zeroed',
  'Espalier − Keras',
  'change',
  's',
];
const table = [head, head.map((_, i) => (i < 3 ? '---' : '---:'))];
const missing = [];
for (const name of names)
  for (const keras of [3, 2])
    for (const format of ['keras', 'h5']) {
      // Keras 3 has no RegNet and no ResNetRS
      if (keras === 3 && /^(RegNet|ResNetRS)/.test(name)) continue;
      const row = rows.find((r) => r.network === name && r.keras === keras && r.format === format);
      const version = keras === 3 ? '3' : 'tf_keras';
      if (row) table.push([name, version, `.${format}`, ...cells(row)]);
      else missing.push(`${name} ${version} .${format}`);
    }
const text = table.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const file = path.join(root, 'docs/zoo.md');
const intro = read('docs/zoo.md').split('<!-- table -->')[0];
const whole = names.filter(
  (name) =>
    missing.filter((m) => m.startsWith(`${name} `)).length >= (/^(RegNet|ResNetRS)/.test(name) ? 2 : 4),
);
const parts = missing.filter((m) => !whole.includes(m.split(' ')[0]));
const rest = [...parts, ...whole].join(', ');
const left = rest ? `\n**Not run yet:** ${rest}.\n` : '';
writeFileSync(file, `${intro}<!-- table -->\n\n${text}\n${left}`);
