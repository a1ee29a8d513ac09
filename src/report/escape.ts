/**
 * Names of layers, files and classes, warnings and commands come out of files that anybody may have made. In Markdown
 * they stand as they are read, and never become an image, a link, a mention, a cell or a line of their own.
 */

/** A name as code. It can't be broken out of, also in a table, and mentions nobody. Nothing where there is no text. */
export function code(text: string): string {
  // a bar ends a cell, also within code, and parsers differ on how to escape one after a backslash: it stands outside
  return visible(text).split('|').map(span).join('&#124;');
}

/** Running text, on a line or in a cell. Spaces around it are left out. */
export function plain(text: string): string {
  return (
    visible(text)
      .trim()
      .replace(/[\\`*_{}[\]<>~&$^]/g, '\\$&')
      // what would begin a list, or underline a heading
      .replace(/^([-+=])/, '\\$1')
      .replace(/^(\d+)([.)])/, '$1\\$2')
      // addresses that would become links by themselves
      .replace(/:(?=\/)/g, '\\:')
      .replace(/(?<=www)\./gi, '\\.')
      // people and issues: in code nobody is notified
      .replace(/[@#]/g, '`$&`')
      .replaceAll('|', '&#124;')
  );
}

/** One part of a name in a fence that is longer than any in it. */
function span(text: string): string {
  // parsers differ on whether code of spaces alone loses some
  if (/^ *$/.test(text)) return '&#32;'.repeat(text.length);
  const runs = text.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(0, ...runs.map((run) => run.length)) + 1);
  // one space at each end is taken off again
  const bare = !/^[` ]|[` ]$/.test(text);
  const room = bare ? '' : ' ';
  return `${fence}${room}${text}${room}${fence}`;
}

/** The same with everything shown that would not be seen, or would turn the text's order: line ends, controls, marks. */
export function visible(text: string): string {
  return (
    text
      // half a pair: no character
      .replace(/\p{Surrogate}/gu, '\ufffd')
      .replace(/[\u0000-\u001f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
      .replace(/\u007f/g, '\u2421')
      .replace(
        /[\u0080-\u00a0\u00ad\u061c\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff9-\ufffb]/g,
        (c) => `U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
      )
  );
}

/**
 * Text with everything shown that a terminal would obey or that would turn its order, on a page too: names out of files
 * may hold escape sequences. Line ends stay; names that stand within a line go through `visible` where it is made.
 */
export function harmless(text: string): string {
  return text.replace(/[^\n\t\u0020-\u007e\u00a0-\u200d\u2010-\u2029\u202f-\u2065\u206a-\uffff]/g, visible);
}
