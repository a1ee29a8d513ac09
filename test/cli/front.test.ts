import { weightsAside } from '../run/story.ts';
import {
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  rename,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { front } from '../../src/cli/commands/front.ts';
import { curveLines } from '../../src/cli/commands/narrate.ts';
import { write } from '../../src/cli/commands/write.ts';
import { openOutput } from '../../src/cli/output.ts';
import type { PrunedConfig } from '../../src/config/schema.ts';
import { loadModel } from '../../src/formats/index.ts';
import { InputError, Interrupted } from '../../src/graph/errors.ts';
import type { Plan } from '../../src/run/plan/plan.ts';
import { runPrune } from '../../src/run/prune.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/run/store/checkpoint.ts';
import { RunFolder } from '../../src/run/store/folder.ts';
import type { State } from '../../src/run/store/state.ts';
import { readRun } from '../../src/run/store/run-data.ts';
import { curvesOf } from '../../src/terms/comparison/curves.ts';
import { fakeServices, workspaceWithPlan } from '../run/fake.ts';

let folder: string;
let run: RunFolder;

/** A run of the fake services in a workspace of its own; stopped at the first test where it is to be unfinished. */
async function ran(name: string, changes: Partial<Plan>, stopAt?: string): Promise<RunFolder> {
  const where = path.join(folder, name);
  const plan = await workspaceWithPlan(where, changes);
  const made = await RunFolder.create(where, plan);
  const controller = new AbortController();
  // what the fake services read lies below it
  vi.spyOn(process, 'cwd').mockImplementation(() => where);
  try {
    const events = runPrune(made, plan, fakeServices(), {
      checkpointSeconds: 1e6,
      signal: controller.signal,
    });
    for (let next = await events.next(); !next.done; next = await events.next())
      if (next.value.type === stopAt) controller.abort();
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  } finally {
    await made.close();
  }
  return made;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'espalier-front-'));
  vi.stubEnv('ESPALIER_CACHE', path.join(folder, '.cache'));
  run = await ran('net', { method: 'l1', points: 3, explore: 12.5, controls: ['uniform', 'scratch'] });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => void vi.spyOn(process, 'cwd').mockImplementation(() => run.workspace));
afterEach(() => void vi.restoreAllMocks());

/** What a command writes. */
async function said(work: (output: ReturnType<typeof openOutput>) => Promise<void>, json = false) {
  let [out, err] = ['', ''];
  const stdout = vi
    .spyOn(process.stdout, 'write')
    .mockImplementation((text) => Boolean((out += String(text))));
  const stderr = vi
    .spyOn(process.stderr, 'write')
    .mockImplementation((text) => Boolean((err += String(text))));
  try {
    await work(openOutput(json));
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
  }
  return { out, err };
}

const curves = async () => curvesOf(await readRun(run.folder)).curves;

describe('front', () => {
  it('prints the curve of each method and control, of the last run or the one that is named', async () => {
    const { out } = await said((output) => front(output, [], {}));
    expect(out).toMatch(
      /^run net-l1-1: accuracy on the test images, \d+\.\d\d % before pruning, at [\d.]+ k? ?MACs\n/,
    );
    const rows = out.split('\n').filter((line) => /#\d/.test(line));
    expect(rows.map((row) => /[\w@.%]+#\d+/.exec(row)![0])).toEqual(
      (await curves()).flatMap(({ points }) => points.map(({ candidate: { arm, id } }) => `${arm}#${id}`)),
    );
    expect(rows).toHaveLength(7);
    expect(out).toMatch(
      /hypervolume, of 100 \(from the original's MACs at an accuracy of 0 %\): l1 \d+\.\d\d, uniform/,
    );
    expect((await said((output) => front(output, ['net-l1-1'], {}))).out).toBe(out);
    expect((await said((output) => front(output, [run.folder], {}))).out).toBe(out);
    const { out: sized } = await said((output) => front(output, [], { metric: 'memory' }));
    expect(sized).toContain('of the bytes of activations');
  });

  it('gives programs a line or an object', async () => {
    const { out: csv } = await said((output) => front(output, [], { csv: true }));
    const [head, ...lines] = csv.trimEnd().split('\n');
    expect(head).toBe(
      'run,method,control,candidate,macs,params,bytes,memory,share,validation,accuracy,split,dominated,knee,rival,points,error,rivalShare',
    );
    const [own] = await curves();
    const [cheapest] = own.points;
    expect(lines).toHaveLength(7);
    expect(lines[0].split(',').slice(0, 5)).toEqual([
      'net-l1-1',
      'l1',
      'false',
      `l1@12.5%#${cheapest.candidate.id}`,
      String(cheapest.candidate.cost.macs),
    ]);
    const { out: json } = await said((output) => front(output, [], {}), true);
    const all = JSON.parse(json) as { done: boolean; metric: string; curves: { points: object[] }[] };
    expect(all).toMatchObject({ run: 'net-l1-1', done: true, metric: 'macs', split: 'test' });
    expect(all.curves.map(({ points }) => points.length)).toEqual([3, 3, 1]);
    expect(all.curves[0].points[0]).toMatchObject({
      accuracy: cheapest.score.accuracy,
      share: cheapest.share,
    });
    await expect(said((output) => front(output, [], { csv: true }), true)).rejects.toThrow(/give one/);
  });

  it('leaves no name for a spreadsheet to compute', async () => {
    const events = run.file('events.jsonl');
    const before = await readFile(events, 'utf8');
    await writeFile(events, before.replaceAll('l1@12.5%', '=HYPERLINK(1)'));
    try {
      const { out: csv } = await said((output) => front(output, [], { csv: true }));
      expect(csv).toContain(",'=HYPERLINK(1),");
      expect(csv).not.toMatch(/(^|,)=/m);
    } finally {
      await writeFile(events, before);
    }
  });

  it('says where there is one point alone, or none yet, or no images', async () => {
    const alone = await ran('alone', { controls: [] });
    const { out } = await said((output) => front(output, [alone.folder], {}));
    expect(out).toMatch(/drawn has one point alone, drawn#\d+; for a curve: espalier prune MODEL --points 5/);
    const begun = await ran('begun', {}, 'chosen');
    await expect(said((output) => front(output, [begun.folder], {}))).rejects.toThrow(
      'the run net-drawn-1 has taken no network to its end yet; go on with: espalier prune --resume net-drawn-1',
    );
    const blind = await ran('blind', {
      data: undefined,
      method: 'l1',
      controls: [],
      fineTuneEpochs: undefined,
    });
    await expect(said((output) => front(output, [blind.folder], {}))).rejects.toThrow(
      /so that it has no curve/,
    );
    await expect(said((output) => write(output, [blind.folder], { pick: 'macs=90%' }))).rejects.toThrow(
      'no network of the run has an accuracy to be picked by; name one: l1#0',
    );
    await expect(said((output) => front(output, ['nope'], {}))).rejects.toThrow(/there is no run "nope"/);
    vi.spyOn(process, 'cwd').mockImplementation(() => folder);
    await expect(said((output) => front(output, [], {}))).rejects.toThrow(/there is no run here yet/);
  });

  it('ends what prune prints', async () => {
    const text = curveLines(run.id, await readRun(run.folder));
    const [own] = await curves();
    const { arm, id } = own.points[0].candidate;
    expect(text).toMatch(/^method +candidate/);
    expect(text).not.toContain('uniform#');
    expect(text).toContain(
      `all curves: espalier front net-l1-1; another point's model: espalier write net-l1-1 --pick ${arm}#${id}\n`,
    );
  });
});

describe('write', () => {
  it('writes the point that is picked, with its trained weights, beside what is there', async () => {
    const [own] = await curves();
    const [point] = own.points;
    const before = await stat(path.join(run.workspace, 'out/net.pruned.h5'));
    const { out, err } = await said((output) => write(output, [], { pick: 'macs=12.5%' }));
    expect(err).toBe('');
    const [, model] = /^model +(.*)$/m.exec(out)!;
    const [, config] = /^config +(.*)$/m.exec(out)!;
    expect([model, config]).toEqual([
      expect.stringMatching(/^out.net\.l1-12\.5-0\.pruned\.h5$/),
      expect.stringMatching(/^out.net\.l1-12\.5-0\.espalier\.json$/),
    ]);
    const weights = await weightsAside(run, 'l1@12.5%');
    const written = await loadModel(path.join(run.workspace, model));
    expect([...written.weights.values()]).toEqual([...weights!.values()]);
    const said12 = JSON.parse(await readFile(path.join(run.workspace, config), 'utf8')) as PrunedConfig;
    expect(said12.cost.after.macs).toBe(point.candidate.cost.macs);
    expect(said12.accuracy.test?.accuracy).toBeCloseTo(point.score.accuracy, 3);
    expect((await stat(path.join(run.workspace, 'out/net.pruned.h5'))).mtimeMs).toBe(before.mtimeMs);
    const other = path.join(folder, 'elsewhere');
    const json = await said((output) => write(output, [], { pick: 'macs=12.5%', out: other }), true);
    expect(JSON.parse(json.out)).toMatchObject({
      run: 'net-l1-1',
      trained: true,
      macs: point.candidate.cost.macs,
    });
    expect(await readdir(other)).toHaveLength(2);
  });

  it('writes a control at the goal as it was trained; what was never trained is cut, which it says', async () => {
    const trained = await said((output) =>
      write(output, [], { pick: 'uniform#0', out: path.join(folder, 'control') }),
    );
    expect(trained.err).toBe('');
    const { points } = (await curves()).find(({ arm }) => arm === 'uniform')!;
    expect(trained.out).toContain(`${points.at(-1)!.score.accuracy.toFixed(2)} % on test`);
    const scratch = await said((output) =>
      write(output, [], { pick: 'scratch#0', out: path.join(folder, 'bare') }),
    );
    expect(scratch.err).toMatch(/^note: .*cut from the original, and not trained\n$/);
  });

  it('refuses to write a point whose weights are gone or broken, rather than one that is only cut', async () => {
    const weights = path.join(run.folder, 'weights-uniform-25-');
    const away = path.join(folder, 'away');
    await rename(weights, away);
    try {
      await expect(
        said((output) => write(output, [], { pick: 'uniform@25%#0', out: path.join(folder, 'gone') })),
      ).rejects.toThrow(
        /^the weights that uniform@25% was trained to can't be had: .*weights-uniform-25- is gone; put back/,
      );
    } finally {
      await rename(away, weights);
    }
  });

  it('says what is wrong with weights that are not the network’s own, and leaves no folder', async () => {
    const weights = path.join(run.folder, 'weights-uniform-25-');
    const away = path.join(folder, 'away');
    const out = path.join(folder, 'foreign');
    const picked = () => said((output) => write(output, [], { pick: 'uniform@25%#0', out }));
    await cp(weights, away, { recursive: true });
    try {
      await rm(weights, { recursive: true });
      await cp(path.join(run.folder, 'weights-uniform'), weights, { recursive: true });
      await expect(picked()).rejects.toThrow(/weights-uniform-25- holds another network's; put back/);
      // of the same widths and the same arm
      const others = new Map(
        [...(await weightsAside(run, 'uniform@25%'))!].map(([k, v]) => [k, v.map((x) => x + 1)]),
      );
      await writeCheckpoint(weights, { json: { arm: 'uniform@25%' }, arrays: others });
      await expect(picked()).rejects.toThrow(/weights-uniform-25- holds another network's; put back/);
      await truncate(path.join(weights, 'checkpoint', 'arrays.bin'), 40);
      await expect(picked()).rejects.toThrow(
        /weights-uniform-25- is damaged \(its arrays\.bin has 40 bytes, .*\); put back .*, or prune again in a new run$/,
      );
      await expect(stat(out)).rejects.toThrow('ENOENT');
    } finally {
      await rm(weights, { recursive: true });
      await rename(away, weights);
    }
  });

  it('cuts nothing anew that was trained, where the checkpoint is gone, damaged or another run’s', async () => {
    const checkpoint = path.join(run.folder, 'checkpoint');
    const away = path.join(folder, 'away');
    const out = path.join(folder, 'foreign');
    const { json, arrays } = (await readCheckpoint(run.folder))!;
    await rename(checkpoint, away);
    const { candidate } = (await curves())[0].points.find((one) => one.candidate.arm === 'l1')!;
    try {
      for (const pick of ['uniform@25%#0', `l1#${candidate.id}`])
        await expect(said((output) => write(output, [], { pick, out }))).rejects.toThrow(
          /^the networks that the run net-l1-1 trained can't be had: .*checkpoint is gone; put back/,
        );
      const { arms } = json as State;
      arms[0].candidate!.kept[0] = [0];
      await writeCheckpoint(run.folder, { json, arrays });
      await expect(said((output) => write(output, [], { pick: `l1#${candidate.id}`, out }))).rejects.toThrow(
        /checkpoint holds another run's; put back/,
      );
      await truncate(path.join(checkpoint, 'arrays.bin'), 40);
      await expect(said((output) => write(output, [], { pick: 'uniform@25%#0', out }))).rejects.toThrow(
        /checkpoint is damaged \(its arrays.*\); put back/,
      );
      await expect(stat(out)).rejects.toThrow('ENOENT');
    } finally {
      await rm(checkpoint, { recursive: true, force: true });
      await rename(away, checkpoint);
    }
  });

  it('shows no accuracy beside the original’s of what is only cut', async () => {
    const { out } = await said(
      (output) => write(output, [], { pick: 'scratch#0', out: path.join(folder, 'bare') }),
      true,
    );
    expect(JSON.parse(out)).toMatchObject({ trained: false, beside: null });
  });

  it('sends nobody to a run whose record is damaged, and which can’t go on', async () => {
    const events = path.join(run.folder, 'events.jsonl');
    const whole = await readFile(events);
    const refused = async (why: RegExp) => {
      await expect(said((output) => write(output, [], { pick: 'uniform@25%#0' }))).rejects.toThrow(why);
      const { run: opened } = await RunFolder.open(run.folder);
      await expect(opened.resume()).rejects.toThrow(why);
      await opened.close();
    };
    try {
      await writeFile(events, whole.subarray(0, Math.floor(whole.length * 0.63)));
      await refused(/events\.jsonl is damaged: \d+ of the \d+ events that .*, or prune again in a new run$/);
      await rm(events);
      await refused(/events\.jsonl is gone; put back/);
      await mkdir(events);
      await refused(/events\.jsonl is no plain file; put back/);
    } finally {
      await rm(events, { recursive: true });
      await writeFile(events, whole);
    }
  });

  it.skipIf(process.platform === 'win32')(
    'writes nothing through a link in the place of the run',
    async () => {
      const elsewhere = `${run.folder}-elsewhere`;
      await rename(run.folder, elsewhere);
      await symlink(elsewhere, run.folder);
      try {
        await expect(
          said((output) =>
            write(output, ['net-l1-1'], { pick: 'uniform@25%#0', out: path.join(folder, 'linked') }),
          ),
        ).rejects.toThrow(/is a link, which Espalier never makes in its own folder/);
      } finally {
        await rm(run.folder);
        await rename(elsewhere, run.folder);
      }
    },
  );

  it('takes the run’s own names for the run’s own result', async () => {
    const { candidate } = (await curves())[0].points.find((one) => one.candidate.arm === 'l1')!;
    const { out } = await said((output) => write(output, [], { pick: `l1#${candidate.id}` }));
    expect(out).toMatch(/^model +out.net\.pruned\.h5$/m);
  });

  it('refuses what has not ended, and picks that are none, in a sentence', async () => {
    const begun = await ran('stopped', {}, 'chosen');
    await expect(said((output) => write(output, [begun.folder], { pick: 'knee' }))).rejects.toThrow(
      'the run net-drawn-1 has not ended, and writes nothing before; go on with: espalier prune --resume net-drawn-1',
    );
    for (const [pick, why] of [
      [
        'macs=0.1%',
        /^no point is within that; its points, with their accuracy on validation, are l1@12\.5%#\d+ \([\d.]+ % of the macs, [\d.]+ %\), /,
      ],
      ['uniform#77', /^the run has no candidate uniform#77; its points, with/],
      ['fast', /^--pick "fast": picks no network; write it as macs=45%/],
      ['macs=5x', /^--pick "macs=5x": "x" is not a unit of macs/],
      ['macs=', /^--pick "macs=": "" is not an amount; write it as .*ARM#ID$/],
      ['speed=3', /^--pick "speed=3": picks no network; write it as/],
      ['latency=2ms', /^--pick "latency=2ms": no point was measured by latency/],
      ['accuracy-drop=x', /accuracy-drop takes points of accuracy/],
      ['coefficients=2', /coefficients takes that of accuracy and that of efficiency/],
      ['coefficients=2,1,3', /coefficients takes/],
    ] as const)
      await expect(said((output) => write(output, [run.folder], { pick }))).rejects.toThrow(
        expect.objectContaining({ constructor: InputError, message: expect.stringMatching(why) }),
      );
  });
});
