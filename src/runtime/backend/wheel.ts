export async function fetchWheel(folder: string, log: (line: string) => void): Promise<void> {
  log(`fetching to ${folder}`);
  throw new Error('not yet');
}
