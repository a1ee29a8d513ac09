import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openRegular, readRegular, whyUnreadable } from '../../src/files/regular.ts';
import { overlapping } from '../../src/files/zip-overlap.ts';
import { describeFormat } from '../../src/formats/index.ts';
import { hashModel } from '../../src/formats/identity.ts';
import { readConfig } from '../../src/config/files.ts';
import { openImages } from '../../src/data/open.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'espalier-regular-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => path.join(folder, name);
const why = (promise: Promise<unknown>) =>
  promise.then(
    () => 'it was read',
    (error: Error) => whyUnreadable(error) ?? error.message,
  );

// Windows has neither pipes nor devices among its files
describe.skipIf(process.platform === 'win32')('what is no file', () => {
  it('is refused at once: pipes, devices, sockets, folders', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    expect(await why(openRegular(at('pipe')))).toBe('it is a pipe, not a file');
    symlinkSync(at('pipe'), at('link'));
    expect(await why(readRegular(at('link')))).toBe('it is a pipe, not a file');
    expect(await why(readRegular('/dev/zero'))).toBe('it is a device, not a file');
    expect(await why(readRegular(folder))).toBe('it is a folder, not a file');
    const server = createServer().listen(at('socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    expect(await why(readRegular(at('socket')))).toBe('it is a socket, not a file');
    await new Promise((resolve) => server.close(resolve));
  });

  it('by every reader', async () => {
    for (const name of ['m.h5', 'm.keras', 'model.json', 's.zip', 's.tar.gz', 's.npz', 'c.espalier.json'])
      execFileSync('mkfifo', [at(name)]);
    for (const name of ['m.h5', 'm.keras', 'model.json']) {
      await expect(describeFormat(at(name))).rejects.toThrow(/is a pipe/);
      await expect(hashModel(at(name))).rejects.toThrow(/it is a pipe, not a file/);
    }
    await expect(readConfig(at('c.espalier.json'))).rejects.toThrow(/can't be read: it is a pipe/);
    for (const name of ['s.zip', 's.tar.gz', 's.npz'])
      await expect(openImages(at(name))).rejects.toThrow(/is a pipe/);
    await expect(describeFormat('/dev/zero')).rejects.toThrow(/is a pipe, a socket or a device/);
  });

  it('a link to a file is one, and a file is read up to its limit', async () => {
    writeFileSync(at('file'), 'abc');
    symlinkSync(at('file'), at('to-file'));
    expect((await readRegular(at('to-file'), 3)).toString()).toBe('abc');
    expect(await why(readRegular(at('file'), 2))).toMatch(/it has 3 bytes, more than the 2/);
    expect(await why(readRegular(at('none')))).toBe('it is not there');
    expect(await why(readRegular('a\0b'))).toBe('its name has a character that no file name can have');
    await expect(hashModel('a\0b.h5')).rejects.toThrow(/a character that no file name can have/);
  });
});

describe('entries of a zip archive', () => {
  const entry = (fileName: string, relativeOffsetOfLocalHeader: number, compressedSize: number) => ({
    fileName,
    relativeOffsetOfLocalHeader,
    compressedSize,
  });

  it('may not share bytes', () => {
    expect(overlapping([entry('b', 41, 5), entry('a', 0, 10)])).toBeUndefined();
    expect(overlapping([entry('b', 35, 5), entry('a', 0, 10)])?.fileName).toBe('b');
    expect(overlapping([entry('a', 7, 10), entry('b', 7, 10)])?.fileName).toBe('b');
  });
});
