/**
 * Where a string of JSON ends: behind its closing quote, or at the end of a text that has none. A pattern of
 * alternatives runs out of stack in a string of some megabytes.
 * @param from where its opening quote stands
 */
export function endOfString(text: string, from: number): number {
  for (let quote = text.indexOf('"', from + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (text[quote - 1 - slashes] === '\\') slashes++;
    // of an even number each is the one before's
    if (slashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

/** A JSON text with something replaced in all that is not within its strings. */
export function replaceOutside(text: string, pattern: RegExp, by: (found: string) => string): string {
  const parts: string[] = [];
  for (let at = 0; at < text.length;) {
    const quote = text.indexOf('"', at);
    const end = quote < 0 ? text.length : quote;
    parts.push(text.slice(at, end).replace(pattern, by));
    at = quote < 0 ? end : endOfString(text, quote);
    parts.push(text.slice(end, at));
  }
  return parts.join('');
}
