/** JSON as editors allow it in settings, with comments and a comma behind the last item: the same without these. */
export function withoutComments(text: string): string {
  const parts: string[] = [];
  // where what is not yet taken begins, and which part is a comma that may have been the last
  let from = 0;
  let comma = -1;
  const take = (to: number, next: number) => {
    if (to > from) parts.push(text.slice(from, to));
    from = next;
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (/\s/.test(c)) continue;
    const two = text.slice(i, i + 2);
    if (two === '//' || two === '/*') {
      const ending = two === '//' ? /\r|\n/g : /\*\//g;
      ending.lastIndex = i + 2;
      const end = ending.exec(text) ? ending.lastIndex : text.length;
      take(i, end);
      parts.push('\n');
      i = end - 1;
      continue;
    }
    if (c === ']' || c === '}') {
      if (comma >= 0) parts[comma] = '';
    }
    comma = -1;
    if (c === ',') {
      take(i, i + 1);
      comma = parts.push(c) - 1;
    } else if (c === '"')
      do {
        i = text.indexOf('"', i + 1);
        if (i < 0) i = text.length;
      } while (escaped(text, i));
  }
  take(text.length, text.length);
  return parts.join('');
}

function escaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text[at - 1 - slashes] === '\\') slashes++;
  return at < text.length && slashes % 2 === 1;
}
