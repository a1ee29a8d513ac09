import { expect, test } from 'vitest';
import { Random } from '../../../src/graph/random.ts';
import { makeZip, openZip } from '../../../src/formats/keras/zip.ts';

test('an entry too large to be given as a whole is written in pieces, and reads as the same bytes', async () => {
  const random = new Random(5);
  const large = Uint8Array.from({ length: 3 * 2 ** 20 + 17 }, () => random.integer(0, 255));
  // a view into a larger buffer, as weights are
  const entries = new Map([
    ['config.json', Buffer.from('{}')],
    ['model.weights.h5', large.subarray(5)],
    ['metadata.json', Buffer.from('{"a":1}')],
  ]);
  const zipped = await makeZip(entries, 1000);
  expect(Buffer.compare(zipped, await makeZip(entries, 1000))).toBe(0);
  for (const bytes of [zipped, await makeZip(entries)]) {
    const archive = await openZip(bytes, 'net.keras');
    expect(archive.names).toEqual([...entries.keys()]);
    for (const [name, content] of entries)
      expect(Buffer.compare(await archive.read(name), content), name).toBe(0);
  }
});
