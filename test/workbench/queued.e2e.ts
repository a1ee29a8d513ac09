import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { versions } from './places.ts';
import { until } from './processes.ts';
import { PrunePanel } from './prune-panel.ts';
import { suite } from './workbench-suite.ts';
import { git } from './workspace.ts';

const methods = ['uniform', 'random', 'l1'] as const;

interface Written {
  readonly model: string;
  readonly config: string;
  readonly sha256: { readonly model: string; readonly config: string };
}

/** What a run's own record says that it wrote; null as long as it has written nothing. */
function written(run: string): Written | null {
  const lines = readFileSync(path.join(run, 'events.jsonl'), 'utf8').trim().split('\n');
  const events = lines.map((line) => JSON.parse(line) as { type: string });
  return (events.find(({ type }) => type === 'written') as Written | undefined) ?? null;
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

// Journeys' gravest find: the last of three queued runs was committed where the first was shown.
describe.each(versions)('code-server $version', (version) => {
  describe.skipIf(!version.here)('three methods queued on one model', () => {
    const w = suite(version);

    it('each writes files of its own; the first, opened and committed, is what git has', async () => {
      const folder = await w.workspace();
      const runs = path.join(folder, '.espalier/runs');
      const workbench = await (await w.window(folder)).ready();
      await workbench.rightClick('model.h5', 'Prune Channels');
      const panel = new PrunePanel(workbench);
      await panel.frame.getByRole('tab', { name: 'Network' }).waitFor({ timeout: 60_000 });
      for (const [i, method] of methods.entries()) {
        await panel.choose(method);
        // the first works long enough for the others to wait for it
        await panel.plan('', i === 0 ? '100' : '1');
        // the plan says where it will write, and not over another
        const writes = i === 0 ? 'model.espalier.json' : `model.${method}.espalier.json`;
        await panel.shows(`${writes}, `, 30);
        await panel.begin();
        if (i > 0) await panel.shows(/Waiting for another run to end/, 30);
        await until(`${method} is planned`, () => existsSync(path.join(runs, `model-${method}-1/run.json`)));
      }
      const records = () => methods.map((method) => written(path.join(runs, `model-${method}-1`)));
      const written3 = () => {
        try {
          return records().every((one) => one !== null);
        } catch {
          return false;
        }
      };
      await until('all three are written', written3, 300);
      const [first, second, third] = records() as Written[];
      expect(new Set([first, second, third].flatMap(({ model, config }) => [model, config])).size).toBe(6);
      expect(path.basename(first.config)).toBe('model.espalier.json');
      for (const { model, config, sha256: noted } of [first, second, third]) {
        expect(sha256(readFileSync(model))).toBe(noted.model);
        expect(sha256(readFileSync(config))).toBe(noted.config);
      }

      await panel.show('Runs');
      await panel.frame.getByRole('button', { name: 'model-uniform-1', exact: true }).click();
      await panel.reaches('done', 60);
      await panel.shows('model.espalier.json', 30);
      await panel.button('Commit pruned config…').click();
      await until('it is asked what to commit', () =>
        workbench.page.locator('.quick-input-list .monaco-list-row').count(),
      );
      await workbench.screenshot(`queued-commit-${version.version}`);
      const commits = () => git(folder, 'rev-list', '--count', 'HEAD').trim();
      await workbench.acceptUntil('it is committed', () => commits() === '2');
      const files = git(folder, 'show', '--name-only', '--format=', 'HEAD').trim().split('\n').sort();
      expect(files).toEqual(['model.espalier.json', 'model.pruned.h5']);
      // what git has is the working file's blob, and that is what the run noted
      for (const [file, noted] of [
        ['model.espalier.json', first.sha256.config],
        ['model.pruned.h5', first.sha256.model],
      ]) {
        const blob = git(folder, 'rev-parse', `HEAD:${file}`).trim();
        expect(git(folder, 'hash-object', file).trim()).toBe(blob);
        expect(sha256(readFileSync(path.join(folder, file)))).toBe(noted);
      }
      expect(git(folder, 'show', '-s', '--format=%s', 'HEAD')).toContain('(uniform)');

      // another's config in the first one's place: said, and not committed
      const config = path.join(folder, 'model.espalier.json');
      copyFileSync(third.config, config);
      await panel.shows(/overwritten since by l1/, 30);
      await panel.button('Commit pruned config…').click();
      await panel.shows(/is not the one that is shown: by now it holds l1/, 30);
      await workbench.screenshot(`queued-refused-${version.version}`);
      expect(git(folder, 'rev-list', '--count', 'HEAD').trim()).toBe('2');
      expect(workbench.violations).toEqual([]);
    });
  });
});
