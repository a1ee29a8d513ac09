import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePlace, removePlace } from '../../src/engine/work/place.ts';
import { Pipe } from '../../src/engine/work/pipe.ts';
import type { RunControl } from '../../src/engine/work/pipe.ts';
import { engineFile } from '../../src/terms/run-folder.ts';
import { isRunPipe } from '../../src/protocol/pipes.ts';
import type { RunFolder } from '../../src/run/store/folder.ts';
import { protocolVersion } from '../../src/protocol/contract.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'espalier-pipe-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const control: RunControl = {
  attach: async () => ({ seq: 0, status: 'running' }),
  pause: async () => {},
  resume: async () => {},
  stop: () => {},
  keep: () => {},
  onClients: () => {},
};

/** A pipe for a run whose folder is nothing but a place for engine.json. */
async function opened(): Promise<{ pipe: Pipe; at: string; token: string }> {
  const run = { folder, id: 'r', file: (name: string) => path.join(folder, name) } as unknown as RunFolder;
  const pipe = new Pipe(run, control);
  await pipe.open();
  const file = engineFile.parse(JSON.parse(await readFile(path.join(folder, 'engine.json'), 'utf8')));
  return { pipe, at: file.pipe, token: file.token };
}

describe.skipIf(process.platform === 'win32')('the place of a run’s socket', () => {
  it('a crafted engine.json has nothing deleted, whatever it names', async () => {
    const victim = path.join(folder, 'espalier-victim');
    await mkdir(path.join(victim, 'src'), { recursive: true });
    await writeFile(path.join(victim, 'src', 'a.ts'), '');
    await chmod(victim, 0o700);
    const crafted = {
      protocol: protocolVersion,
      pid: 999_999,
      pipe: path.join(victim, 's'),
      token: 'x',
      status: 'running',
    };
    await writeFile(path.join(folder, 'engine.json'), JSON.stringify(crafted));
    const { pipe } = await opened();
    await pipe.withdraw();
    expect(await readdir(victim, { recursive: true })).toEqual(['src', 'src/a.ts']);
  });

  it('what a killed process left is found by the run’s name, and only a socket in a folder of ours is taken', async () => {
    const { pipe, folder: place } = await makePlace(folder);
    const server = net.createServer().listen(pipe);
    await new Promise((resolve) => server.once('listening', resolve));
    // as after a kill: the socket stays
    const again = await makePlace(folder);
    expect(again.folder).toBe(place);
    expect(existsSync(pipe)).toBe(false);
    // something else is in it: it is left alone, and another place is taken
    await writeFile(path.join(place!, 'precious'), 'mine');
    const third = await makePlace(folder);
    expect(third.folder).not.toBe(place);
    expect((await stat(third.folder!)).mode & 0o777).toBe(0o700);
    await removePlace(place!);
    expect(await readdir(place!)).toEqual(['precious']);
    server.close();
    await rm(place!, { recursive: true });
    // open to others, so it may be another's
    await mkdir(place!, { mode: 0o755 });
    await removePlace(place!);
    expect(existsSync(place!)).toBe(true);
    for (const one of [place!, third.folder!]) await rm(one, { recursive: true });
  });

  it('a file can name no server but a socket of this user’s own', async () => {
    const { pipe, at } = await opened();
    expect(isRunPipe(at)).toBe(true);
    const plain = path.join(folder, 'espalier-x', 's');
    await mkdir(path.dirname(plain), { mode: 0o700 });
    await writeFile(plain, '');
    for (const other of [plain, '/var/run/docker.sock', 'espalier-x/s', '', path.join(folder, 's')])
      expect(isRunPipe(other), other).toBe(false);
    await chmod(path.dirname(at), 0o755);
    expect(isRunPipe(at)).toBe(false);
    await chmod(path.dirname(at), 0o700);
    await pipe.withdraw();
    expect(existsSync(path.dirname(at))).toBe(false);
  });
});

it('on Windows, only a pipe of this machine and of our naming', () => {
  const name = `espalier-${'0'.repeat(24)}`;
  expect(isRunPipe(`\\\\.\\pipe\\${name}`, 'win32')).toBe(true);
  for (const other of [`\\\\evil.example\\pipe\\${name}`, '\\\\.\\pipe\\docker_engine', `C:\\${name}`])
    expect(isRunPipe(other, 'win32')).toBe(false);
});

describe('a message that never ends', () => {
  /** Bytes that were taken before the socket was closed. */
  async function flood(at: string, first: string): Promise<number> {
    const socket = net.connect(at);
    await new Promise((resolve) => socket.once('connect', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    socket.write(first);
    socket.write('Content-Length: 4000000000\r\n\r\n');
    const part = Buffer.alloc(16_384, 'x');
    let over = false;
    void closed.then(() => (over = true));
    // far more than any limit, one part after the other
    for (let sent = 0; sent < 2 ** 25 && !over; sent += part.length)
      await new Promise((resolve) => socket.write(part, resolve));
    socket.destroy();
    await closed;
    return socket.bytesWritten;
  }
  const message = (value: object): string => {
    const text = JSON.stringify({ jsonrpc: '2.0', ...value });
    return `Content-Length: ${text.length}\r\n\r\n${text}`;
  };

  it('is cut off early for a stranger, later for one who has said hello', async () => {
    const { pipe, at, token } = await opened();
    const stranger = await flood(at, '');
    expect(stranger).toBeLessThan(2 ** 24);
    const hello = message({ id: 1, method: 'hello', params: { protocol: protocolVersion, token } });
    expect(await flood(at, hello)).toBeLessThan(2 ** 25);
    // and one that asks as it should is served
    const socket = net.connect(at);
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
    socket.write(hello);
    expect(await answer).toContain('"id":"r"');
    socket.destroy();
    await pipe.withdraw();
  });
});
