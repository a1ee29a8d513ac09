import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';
import { code, plain, visible } from '../../src/report/escape.ts';
import { escape } from '../../src/report/text.ts';

// A parser of somebody else's, as generous as any: HTML, tables, addresses that become links by themselves.
const parser = new MarkdownIt({ html: true, linkify: true });
parser.linkify.set({ fuzzyLink: false });

/** Pieces that mean something to Markdown, GitHub, HTML, terminals or whoever reads from right to left. */
const pieces = [
  ...['`', '``', '```', '|', '\\', '\\|', '\n', '\r\n', '\t', ' ', '    ', '<img src=x onerror=alert(1)>'],
  ...[
    '](command:z)',
    '[a](b)',
    '![',
    '<!--',
    '-->',
    '@octocat',
    '#1',
    '**',
    '_',
    '~~',
    '&amp;',
    '&#64;',
    '$$',
  ],
  ...[
    'https://evil.example',
    'www.evil.example',
    'a@b.example',
    '- ',
    '+ ',
    '1. ',
    '2) ',
    '# ',
    '> ',
    '---',
    '===',
  ],
  ...[
    '\u202e',
    '\u200b',
    '\u2028',
    '\u0000',
    '\u0007',
    '\ud800',
    'conv2d_1/kernel',
    'ä',
    '猫',
    '🐈',
    '<',
    '>',
    '&',
    ':',
  ],
];
const names = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 8 })
  .map((parts) => parts.join(''));
const runs = { numRuns: 3000 };

interface Piece {
  readonly type: string;
  readonly content: string;
}

/** What the parser makes of the inside of a paragraph, a heading or the first cell of a table's row. */
function inside(markdown: string, at: 'paragraph' | 'heading' | 'cell' | 'item'): Piece[] {
  const around = {
    paragraph: markdown,
    heading: `## ${markdown}, pruned`,
    cell: `| a | b |\n| --- | --- |\n| ${markdown} | 1 |`,
    item: `- ${markdown}`,
  }[at];
  const tokens = parser.parse(around, {});
  const blocks = tokens.filter(({ type }) => !type.endsWith('_open') && !type.endsWith('_close'));
  // nothing but text in the blocks that we made
  expect(blocks.map(({ type }) => type)).toEqual(blocks.map(() => 'inline'));
  expect(tokens.filter(({ type }) => type === 'list_item_open')).toHaveLength(at === 'item' ? 1 : 0);
  if (at === 'cell') {
    expect(blocks).toHaveLength(4);
    expect(blocks[3].content).toBe('1');
  } else expect(blocks.length).toBeLessThanOrEqual(1);
  return (at === 'cell' ? blocks[2] : blocks[0])?.children ?? [];
}

const text = (found: readonly Piece[]): string => found.map(({ content }) => content).join('');
const kinds = (found: readonly Piece[]): string[] => [...new Set(found.map(({ type }) => type))];

describe.each(['paragraph', 'heading', 'cell', 'item'] as const)('in a %s', (at) => {
  const after = at === 'heading' ? ', pruned' : '';

  it('a name as code comes back as the same text and nothing else', () => {
    fc.assert(
      fc.property(names, (name) => {
        const found = inside(code(name), at);
        expect(text(found)).toBe(visible(name) + (visible(name) ? after : after.trim()));
        // but for bars, all of it is code
        const loose = found.filter(({ type }) => type !== 'code_inline');
        expect(kinds(loose).filter((kind) => kind !== 'text')).toEqual([]);
        expect(text(loose).replaceAll('|', '').trim()).toBe(after);
      }),
      { ...runs, examples: [['a`b'], ['`'], [' '], ['a\\|b'], ['|'], ['<img src=x>](command:x)|`']] },
    );
  });

  it('running text comes back as the same text; addresses are no links, and nobody is mentioned', () => {
    fc.assert(
      fc.property(names, (name) => {
        const found = inside(plain(name), at);
        expect(text(found).trim()).toBe((visible(name).trim() + after).trim());
        expect(kinds(found).filter((kind) => kind !== 'text' && kind !== 'code_inline')).toEqual([]);
        const loose = text(found.filter(({ type }) => type === 'text'));
        expect(loose).not.toMatch(/[@#]/);
      }),
      runs,
    );
  });
});

it('shows what could not be seen, and leaves alone what can', () => {
  expect(visible('a\nb\u202ec\u0000')).toBe('a␊bU+202Ec␀');
  expect(visible('conv2d_1/kernel:0 ä 猫')).toBe('conv2d_1/kernel:0 ä 猫');
  expect(plain('12 images can’t be read, the first: a/b.png (cut off)')).toBe(
    '12 images can’t be read, the first: a/b.png (cut off)',
  );
  expect(code('conv1')).toBe('`conv1`');
});

it('a page shows what would turn the order of its text', () => {
  expect(escape('a\u001b[31m\u202eb <b>\u00a0c\n')).toBe('a␛[31mU+202Eb &lt;b&gt;\u00a0c\n');
});
