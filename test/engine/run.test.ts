import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  alive,
  buildPrograms,
  connect,
  draftFor,
  espalier,
  exitOf,
  startLook,
  startRun,
  until,
  workspace,
} from './engine.ts';
import type { Built, Looking } from './engine.ts';
import type { ListedEvent } from '../../src/terms/run-events.ts';
import { protocolVersion } from '../../src/protocol/contract.ts';

let built: Built;
let engine: Looking;
let folder: string;
const started: number[] = [];

const start = (...given: Parameters<typeof startRun> extends [string, ...infer R] ? R : never) => {
  const child = startRun(built.engine, ...given);
  started.push(child.pid!);
  return child;
};
const statusOf = async (run: string) =>
  (await engine.ask('readRun', { folder: run, from: 0, most: 1 })).summary.status;

beforeAll(async () => {
  built = await buildPrograms();
  engine = startLook(built.engine);
  folder = workspace();
});
afterAll(async () => {
  for (const pid of started) if (alive(pid)) process.kill(pid, 'SIGKILL');
  await engine.end();
  built.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Recorded events by their number: each once, none missing between the first and the last that matter to a panel. */
const numbers = (events: readonly ListedEvent[]) =>
  events.flatMap(({ seq }) => (seq === undefined ? [] : [seq]));

describe('a run on real images, stopped, killed and left alone', () => {
  let run: string;

  it('is started, watched by two, held and let go', async () => {
    const controls = ['random'];
    ({ folder: run } = await engine.ask('create', { draft: draftFor(folder, { controls }) }));
    const child = start(run);
    const one = await connect(run, child);
    expect(one.file.pid).toBe(child.pid);
    if (process.platform !== 'win32') {
      expect(statSync(path.join(run, 'engine.json')).mode & 0o777).toBe(0o600);
      expect(statSync(path.dirname(one.file.pipe)).mode & 0o777).toBe(0o700);
    }
    // it may have recorded an event or two before anyone was attached
    const attached = await one.ask('attach', {});
    expect(attached.status).toBe('running');
    expect(attached.seq).toBeLessThan(5);
    await until(() => one.events.some(({ type }) => type === 'data'), 'the images are open');
    const two = await connect(run, child);
    const { seq } = await two.ask('attach', {});
    const past = await engine.ask('readRun', { folder: run, from: 0, most: 5000 });
    expect(past.summary.status).toBe('running');
    expect(numbers(past.events).at(-1)).toBeGreaterThanOrEqual(seq - 1);
    // the command line keeps away from it, in a sentence
    expect(() => espalier(built.cli, folder, 'prune', '--resume', path.basename(run))).toThrow(
      /in use by process/,
    );

    await until(() => one.events.some(({ type }) => type === 'candidate'), 'there is a candidate');
    await two.ask('pause', {});
    expect(await statusOf(run)).toBe('paused');
    const paused = () => one.beats.filter(({ status }) => status === 'paused').length;
    const recorded = () => readFileSync(path.join(run, 'events.jsonl'), 'utf8').split('\n').length;
    const countedAt = async (beats: number) => {
      await until(() => paused() >= beats, 'it beats, held');
      return recorded();
    };
    // what was recorded before may still be on its way into the file on a busy machine: until two beats find the same
    let beats = 2;
    let held = await countedAt(beats);
    for (let before = -1; before !== held; held = await countedAt((beats += 2))) before = held;
    await until(() => paused() >= beats + 4, 'it beats on');
    // the step that was being worked on ends when it ends, long after on a slow machine: with one event, and no other
    expect(recorded()).toBeLessThanOrEqual(held + 1);
    expect(one.beats.at(-1)!.status).toBe('paused');
    expect(one.beats.at(-1)!.rss).toBeGreaterThan(1e6);
    await one.ask('resume', {});
    await until(() => recorded() > held + 1, 'it goes on');
    expect(await statusOf(run)).toBe('running');
    // both hear the same, each recorded event once, and not more than four times a second
    await until(() => numbers(two.events).at(-1) === numbers(one.events).at(-1), 'both heard the same');
    const heard = numbers(two.events).filter((number) => number >= seq);
    expect(numbers(one.events).filter((number) => number >= seq)).toEqual(heard);
    expect(new Set(heard).size).toBe(heard.length);
    // counted over the whole time: on a busy machine two may reach us together
    const seconds = (one.batches.at(-1)! - one.batches[0]) / 1000;
    expect(one.batches.length).toBeLessThanOrEqual(4 * seconds + 5);

    await one.ask('stop', {});
    expect(await exitOf(child)).toBe(130);
    await until(() => two.ended !== null, 'the other is told');
    expect(two.ended!.status).toBe('stopped');
    expect(await statusOf(run)).toBe('stopped');
    expect(existsSync(path.join(run, 'checkpoint/manifest.json'))).toBe(true);
    for (const name of ['engine.json', 'lock', 'failure.json']) expect(readdirSync(run)).not.toContain(name);
    expect(existsSync(path.dirname(one.file.pipe))).toBe(false);
  });

  it('goes on where it was stopped; told to, also when everybody leaves', async () => {
    const child = start(run, { env: { ESPALIER_ALONE_SECONDS: '1' } });
    const one = await connect(run, child);
    const { seq } = await one.ask('attach', {});
    // it was stopped in the middle of the search, and nothing of that is done again
    const { events } = await engine.ask('readRun', { folder: run, from: 0, most: 5000 });
    expect(events.filter(({ type }) => type === 'candidate').length).toBeGreaterThan(0);
    expect(seq).toBeGreaterThanOrEqual(numbers(events.filter(({ type }) => type === 'candidate'))[0]);
    await one.ask('keep', { alone: true });
    one.close();
    // more than the second that it would be left alone for
    const size = () => statSync(path.join(run, 'events.jsonl')).size;
    const before = size();
    await sleep(2500);
    await until(() => size() > before, 'it works on, alone');
    expect(alive(child.pid!)).toBe(true);
    // killed without a word
    process.kill(child.pid!, 'SIGKILL');
    await exitOf(child);
    expect(await statusOf(run)).toBe('stopped');
  });

  it('without that, it saves and ends', async () => {
    const child = start(run, { env: { ESPALIER_ALONE_SECONDS: '1' } });
    const one = await connect(run, child);
    await one.ask('attach', {});
    await until(() => one.beats.length > 0, 'it beats');
    one.close();
    expect(await exitOf(child)).toBe(130);
    expect(await statusOf(run)).toBe('stopped');
  });

  it('a polite signal saves as well', async () => {
    const child = start(run);
    const one = await connect(run, child);
    await one.ask('attach', {});
    process.kill(child.pid!, 'SIGTERM');
    expect(await exitOf(child)).toBe(130);
    await until(() => one.ended !== null, 'it says that it has stopped');
    expect(one.ended?.status).toBe('stopped');
  });

  it('ends with the bytes of an uninterrupted run of the command line', async () => {
    const child = start(run);
    const one = await connect(run, child);
    await one.ask('attach', {});
    expect(await exitOf(child)).toBe(0);
    await until(() => one.ended !== null, 'it says that it is done');
    expect(one.ended).toEqual({ status: 'done', message: '' });
    expect(one.events.at(-1)?.type).toBe('done');
    const { summary } = await engine.ask('readRun', { folder: run, from: 0, most: 1 });
    expect(summary.status).toBe('done');

    const other = workspace();
    try {
      espalier(
        built.cli,
        other,
        ...['prune', 'model.h5', '--data', 'garden.zip', '--preprocess', 'unit', '--limit', '400'],
        ...[
          '--validation-images',
          '80',
          '--target',
          'macs=50%',
          '--effort',
          'quick',
          '--fine-tune-epochs',
          '1',
        ],
        ...[
          '--set',
          'population=6',
          '--set',
          'generations=4',
          '--set',
          'epochs=1',
          '--with-controls',
          'random',
        ],
      );
      for (const name of ['model.espalier.json', 'model.pruned.h5'])
        expect(readFileSync(path.join(folder, name)).equals(readFileSync(path.join(other, name))), name).toBe(
          true,
        );
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });

  it('its result is written again with the same bytes', async () => {
    const { events } = await engine.ask('readRun', { folder: run, from: 0, most: 5000 });
    const chosen = events.find((event) => event.type === 'chosen');
    const { arm, candidate } = chosen!;
    const { id } = candidate;
    const [config, model] = ['model.espalier.json', 'model.pruned.h5'].map((name) =>
      readFileSync(path.join(folder, name)),
    );
    const written = await engine.ask('write', { run, arm, id, out: folder });
    expect(readFileSync(written.model).equals(model)).toBe(true);
    expect(readFileSync(written.config).equals(config)).toBe(true);
  });

  it('another candidate is fine-tuned, also in two sessions, tested and written', async () => {
    const { events } = await engine.ask('readRun', { folder: run, from: 0, most: 5000 });
    const { arm, candidate: chosen } = events.find((event) => event.type === 'chosen')!;
    const other = events
      .flatMap((event) => (event.type === 'candidate' && event.arm === arm ? [event.candidate] : []))
      .find(({ id }) => id !== chosen.id)!;
    const out = path.join(folder, 'other');
    const which = { run, arm, id: other.id, out };
    // before: cut, and its config claims no accuracy
    const bare = JSON.parse(readFileSync((await engine.ask('write', which)).config, 'utf8'));
    expect(Object.keys(bare.accuracy)).toEqual(['original', 'originalTest']);
    expect(bare.method.candidate).toBe(other.id);
    expect(bare.cost.after.macs).toBe(other.cost.macs);

    const args = ['--candidate', arm, String(other.id)];
    const name = `${arm}#${other.id}`;
    const first = start(run, { args });
    const one = await connect(run, first);
    await one.ask('attach', {});
    await until(() => one.events.some((event) => event.type === 'score' && event.arm === name), 'it is cut');
    await one.ask('stop', {});
    await exitOf(first);
    expect(await statusOf(run)).toBe('done');
    const second = start(run, { args });
    const two = await connect(run, second);
    await two.ask('attach', {});
    expect(await exitOf(second)).toBe(0);
    // its last words may come behind the news of its exit
    await until(() => two.ended !== null, 'it says that it is done');
    expect(two.events.at(-1)).toMatchObject({ type: 'done', arm: name });

    const written = await engine.ask('write', which);
    const config = JSON.parse(readFileSync(written.config, 'utf8'));
    expect(Object.keys(config.accuracy)).toEqual(
      expect.arrayContaining(['cut', 'recalibrated', 'fineTuned', 'test']),
    );
    // the accuracies are those of the file: measured again by the command line
    const verified = espalier(
      built.cli,
      folder,
      'verify',
      path.relative(folder, written.config),
      '--data',
      'garden.zip',
      '--json',
    );
    expect(JSON.parse(verified).ok).toBe(true);
    // and the run's own result is what it was
    const own = await engine.ask('write', { run, arm, id: chosen.id, out: path.join(folder, 'own') });
    expect(readFileSync(own.model).equals(readFileSync(path.join(folder, 'model.pruned.h5')))).toBe(true);
    expect((await engine.ask('readRun', { folder: run, from: 0, most: 1 })).summary.status).toBe('done');
  });
});

describe('who may come in', () => {
  let run: string;
  beforeAll(async () => {
    ({ folder: run } = await engine.ask('create', { draft: draftFor(folder, { seed: 9 }) }));
  });

  it('nobody without the token, of another version, or with rubbish; the run goes on', async () => {
    const child = start(run);
    const one = await connect(run, child);
    await one.ask('attach', {});
    await one.ask('pause', {});
    const shy = await connect(run, child, false);
    await expect(shy.ask('attach', {})).rejects.toThrow(/say hello first/);
    await expect(shy.ask('stop', {})).rejects.toThrow(/say hello first/);
    await expect(shy.ask('hello', { protocol: 7, token: shy.file.token })).rejects.toThrow(/version 7/);
    await expect(shy.ask('hello', { protocol: protocolVersion, token: 'guess' })).rejects.toThrow(
      /not the token/,
    );
    await until(() => shy.socket.destroyed, 'the stranger is shown out');
    const loud = await connect(run, child, false);
    loud.socket.write('GET / HTTP/1.1\r\n\r\n{"what": [}');
    loud.socket.end();
    await until(() => loud.socket.destroyed, 'rubbish is shown out');
    const odd = await connect(run, child);
    await expect(odd.ask('keep', { alone: 'yes' } as never)).rejects.toThrow(/keep/);
    odd.close();
    expect(alive(child.pid!)).toBe(true);
    // a held run can be stopped as well
    await one.ask('stop', {});
    expect(await exitOf(child)).toBe(130);
  });

  it('a second process on the same run is refused and leaves the first alone', async () => {
    const child = start(run);
    const one = await connect(run, child);
    await one.ask('attach', {});
    const second = start(run);
    expect(await exitOf(second)).toBe(2);
    expect(readFileSync(path.join(run, 'run.log'), 'utf8')).toMatch(/in use by process/);
    expect(existsSync(path.join(run, 'engine.json'))).toBe(true);
    expect(existsSync(path.join(run, 'failure.json'))).toBe(false);
    await one.ask('stop', {});
    await exitOf(child);
  });
});

it('a run that fails says why in a sentence, and the list of runs too', async () => {
  const draft = draftFor(folder, { data: null, method: 'l1', settings: { nonsense: 1 } });
  const { folder: run } = await engine.ask('create', { draft });
  const child = start(run);
  expect(await exitOf(child)).toBe(2);
  const { summary } = await engine.ask('readRun', { folder: run, from: 0, most: 10 });
  expect(summary.status).toBe('failed');
  expect(summary.failure).toMatch(/no setting "nonsense"/);
  expect(readFileSync(path.join(run, 'run.log'), 'utf8')).toContain(summary.failure!);
});
