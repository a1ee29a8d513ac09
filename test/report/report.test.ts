import { expect, describe, test } from 'vitest';
import { diffRows } from '../../src/report/channels.ts';
import { scaleOf, spread } from '../../src/report/axes.ts';
import { htmlReport } from '../../src/report/html.ts';
import { markdownReport } from '../../src/report/markdown.ts';
import { bytes, change, count, duration } from '../../src/report/text.ts';
import { paretoFront } from '../../src/report/tradeoff.ts';
import { sampleReport } from './sample.ts';

describe('the page', () => {
  const html = htmlReport(sampleReport());

  test('fetches nothing and runs nothing', () => {
    expect(html).not.toMatch(/https?:|\/\/[a-z]|@import|url\(|<script|<link|<iframe|javascript:|\son\w+=/i);
    for (const [, source] of html.matchAll(/\ssrc="([^"]*)"/g))
      expect(source).toMatch(/^data:image\/png;base64,/);
  });

  test('escapes names', () => {
    expect(html).not.toContain('<b>fashion');
    expect(html).toContain('resnet20 &amp; &quot;co&quot;.h5');
    expect(html).toContain('data/&lt;b&gt;fashion&lt;/b&gt;');
  });

  test('every tag that opens closes', () => {
    const open: string[] = [];
    const single = new Set(['meta', 'br', 'img', 'circle', 'line', 'path', '!doctype']);
    for (const [, slash, name, rest] of html.matchAll(/<(\/?)(!?[a-zA-Z][\w]*)([^>]*)>/g)) {
      if (single.has(name.toLowerCase()) || rest.endsWith('/')) continue;
      if (slash) expect(open.pop()).toBe(name);
      else open.push(name);
    }
    expect(open).toEqual([]);
  });

  test('draws every channel of every layer: filled where kept, hollow where removed', () => {
    const report = sampleReport();
    const rows = diffRows(report.groups, report.layers, report.arms[0].kept!);
    const kept = rows.reduce((sum, row) => sum + row.kept.length, 0);
    const all = rows.reduce((sum, row) => sum + row.size, 0);
    expect(html.match(/<i><\/i>/g)).toHaveLength(kept);
    expect(html.match(/<i class=x><\/i>/g)).toHaveLength(all - kept);
    expect(html).toContain(`kept ${kept}`);
    expect(html).toContain(`removed ${all - kept}`);
  });

  test('has no number that is none', () => expect(html).not.toMatch(/NaN|undefined|Infinity|\[object/));

  test('is still a page before anything was chosen, and without images', () => {
    const report = sampleReport();
    const bare = htmlReport({
      ...report,
      arms: [
        {
          ...report.arms[0],
          chosen: undefined,
          kept: undefined,
          scores: {},
          candidates: [],
          losses: [],
          generations: [],
        },
      ],
      data: undefined,
      original: {},
      latency: undefined,
      samples: [],
    });
    expect(bare).not.toMatch(/NaN|undefined|Infinity/);
    expect(bare).toContain('How it was made');
  });
});

test('the Markdown twin names every arm and keeps its tables whole', () => {
  const text = markdownReport(sampleReport());
  for (const name of ['original', '**rewarded-meta**', 'uniform', 'random', 'l1', 'scratch'])
    expect(text).toContain(`| ${name} |`);
  expect(text).toContain('91.20 %');
  expect(text).not.toMatch(/NaN|undefined/);
  let columns = 0;
  for (const line of text.split('\n')) {
    const pipes = line.match(/(?<!\\)\|/g)?.length ?? 0;
    if (columns && pipes) expect(pipes).toBe(columns);
    columns = pipes;
  }
});

test('numbers as people read them', () => {
  expect([0, 7, 999, 1000, 149_234, 40_812_544, 4.1e9].map(count)).toEqual([
    '0',
    '7',
    '999',
    '1.00 k',
    '149 k',
    '40.8 M',
    '4.10 G',
  ]);
  expect([512, 1_120_000].map(bytes)).toEqual(['512 B', '1.12 MB']);
  expect(change(100, 49)).toBe('−51 %');
  expect(change(100, 100)).toBe('±0 %');
  expect(change(40, 41)).toBe('+2.5 %');
  expect([0.31, 42, 200, 3600, 7260].map(duration)).toEqual([
    '0.3 s',
    '42 s',
    '3 min 20 s',
    '1 h 0 min',
    '2 h 1 min',
  ]);
});

test('the front holds what nothing beats', () => {
  const base = sampleReport().arms[0].candidates[0];
  const at = (id: number, macs: number, accuracy: number) => ({
    ...base,
    id,
    cost: { ...base.cost, macs },
    accuracies: { recalibrated: accuracy },
  });
  const front = paretoFront(
    [at(0, 10, 50), at(1, 20, 45), at(2, 20, 60), at(3, 30, 60), at(4, 30, 61)],
    'macs',
  );
  expect(front.map(({ id }) => id)).toEqual([0, 2, 4]);
});

test('ticks are round and cover the data', () => {
  const scale = scaleOf(61.2, 92.4, 300, 20);
  expect(scale.ticks[0]).toBeLessThanOrEqual(61.2);
  expect(scale.ticks.at(-1)).toBeGreaterThanOrEqual(92.4);
  expect(scale(scale.ticks[0])).toBe(300);
  expect(scale.ticks.every((tick) => tick % 5 === 0)).toBe(true);
});

test('labels keep their distance and their order', () => {
  const placed = spread([50, 52, 51, 200], 14, 0, 210);
  const sorted = [...placed].sort((a, b) => a - b);
  for (let i = 1; i < sorted.length; i++) expect(sorted[i] - sorted[i - 1]).toBeGreaterThanOrEqual(14);
  expect(placed[0]).toBeLessThan(placed[2]);
  expect(placed[2]).toBeLessThan(placed[1]);
});

test('where a network has several outputs, how far the others moved is said, and that nothing was ranked by it', () => {
  const report = sampleReport();
  const [main, ...rest] = report.arms;
  const at = (value: number) => ({
    ...main.scores.fineTuned!,
    outputs: [{ name: 'size<b>', loss: 'mean squared error' as const, value }],
  });
  const scores = { ...main.scores, cut: at(4), recalibrated: at(0.25), fineTuned: at(0.03125) };
  const told = { ...report, arms: [{ ...main, scores }, ...rest] };
  for (const text of [htmlReport(told), markdownReport(told)]) {
    expect(text).toContain(
      "mean squared error from the original's answers: 4.00 after cutting, 0.250 recalibrated, 0.0313 fine-tuned.",
    );
    expect(text).toContain('Candidates are ranked by the output that labels are of');
    expect(text).not.toMatch(/Output size<b>/);
  }
  expect(htmlReport(report)).not.toContain('Candidates are ranked by the output');
});

test('begins with what the method is worth beside its best control, with the error', () => {
  const said = /rewarded-meta is .*best control, \S+: [+−][\d.]+ ± [\d.]+ points on 10,000 test images/;
  const lines = markdownReport(sampleReport()).split('\n');
  expect(lines[2]).toMatch(said);
  expect(htmlReport(sampleReport())).toMatch(new RegExp(`<main>\\n<p class="wide verdict">${said.source}`));
  const alone = { ...sampleReport(), arms: sampleReport().arms.slice(0, 1) };
  expect(markdownReport(alone)).not.toContain('best control');
  expect(htmlReport(alone)).not.toContain('class="wide verdict"');
});

test('the race is a table: who came farthest first, the winner marked, in page and Markdown alike', () => {
  const report = sampleReport();
  const rows = markdownReport(report)
    .split('\n')
    .filter((line) => /^\| \*{0,2}\d+: /.test(line));
  expect(rows).toHaveLength(3);
  expect(rows[0]).toMatch(/^\| \*\*17: .*\*\* \| .* \| 77\.5 %, 1\.125 \| 90\.0 %, 0\.500 \|$/);
  expect(rows[1]).toMatch(/^\| 3: .* \| 75\.0 %, 1\.250 \| 85\.0 %, 0\.750 \|$/);
  expect(rows[2]).toMatch(/^\| 5: .* \| 70\.0 %, 1\.500 \| {2}\|$/);
  const html = htmlReport(report);
  expect(html).toContain('The race with the plain rules');
  expect(html).toMatch(/90\.0 %<\/td><td[^>]*>0\.500/);
});

test('the trade-off is a table: each curve from its dearest point down, and which points another of it beats', () => {
  const report = sampleReport();
  const rows = markdownReport(report)
    .split('\n')
    .filter((line) => /^\| `(rewarded-meta|uniform)\S*#7` \| \d.* \(\d/.test(line));
  // as `espalier write --pick` takes them
  expect(rows.map((row) => /`(.*?)`/.exec(row)![1])).toEqual([
    'rewarded-meta#7',
    'rewarded-meta@37.3%#7',
    'rewarded-meta@24.8%#7',
    'uniform#7',
    'uniform@25%#7',
  ]);
  expect(rows.map((row) => [...row.matchAll(/(\d\d\.\d\d) %/g)].at(-1)![1])).toEqual([
    '90.80',
    '87.50',
    '88.00',
    '89.70',
    '85.00',
  ]);
  expect(rows.map((row) => row.includes('a cheaper one is as good'))).toEqual([
    false,
    true,
    false,
    false,
    false,
  ]);
  const html = htmlReport(report);
  expect(html).toContain('The trade-off');
  expect(html).toContain('<td>rewarded-meta@37.3%#7</td>');
  // what a point is held to is said where it is no network, or costs otherwise
  for (const beside of [
    '+1.10 ± 0.31 (uniform)',
    '−0.10 ± 0.31 (uniform, between two)',
    '+3.00 ± 0.31 (uniform at 25.0 %)',
  ])
    expect(html).toContain(`<td>${beside}</td>`);
  expect(markdownReport({ ...report, fronts: [] })).not.toContain('the trade-off');
});

test('says first where the network is a plain rule’s, that won the race', () => {
  const report = sampleReport();
  const [main, ...rest] = report.arms;
  const won = { ...report, arms: [{ ...main, rule: 'geometric-median' }, ...rest] };
  const sentence =
    'The network is that of the plain rule geometric-median: in the race, nothing that rewarded-meta found did better.';
  expect(markdownReport(won).split('\n').slice(0, 6)).toContain(sentence);
  expect(htmlReport(won)).toContain(sentence);
  expect(markdownReport(report)).not.toContain('that of the plain rule');
});

test('says first where a search stopped before its time, and what the time went into', () => {
  const report = sampleReport();
  const [main, ...rest] = report.arms;
  const at = (epochs: number) => {
    const stopped = { scored: 40, of: 120, rule: 'l1', epochs };
    return { ...report, arms: [{ ...main, stopped }, ...rest] };
  };
  const sentence =
    'The search stopped after 40 of 120 candidates: nothing was ahead of l1 by more than the noise; its time goes into fine-tuning, 2 epochs more for every arm.';
  expect(markdownReport(at(2)).split('\n').slice(0, 6)).toContain(sentence);
  expect(htmlReport(at(2))).toContain(sentence);
  expect(markdownReport(at(0))).toContain('by more than the noise; the run is shorter by the rest.');
  expect(markdownReport(report)).not.toContain('The search stopped');
});
