import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { espalier, root } from './cli.ts';

it('a whole run without TensorFlow: rewarded meta-pruning, two controls, on the wasm backend', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'espalier-wasm-run-'));
  try {
    const done = espalier(
      folder,
      ...[
        'prune',
        path.join(root, 'media/demo/model.h5'),
        '--data',
        path.join(root, 'test/fixtures/few-pictures.zip'),
      ],
      ...['--limit', '300', '--validation-images', '100', '--preprocess', 'unit', '--target', 'macs=50%'],
      ...['--effort', 'quick', '--set', 'population=6', '--set', 'generations=2', '--set', 'epochs=1'],
      ...[
        '--fine-tune-epochs',
        '1',
        '--with-controls',
        'taylor,random',
        '--backend',
        'wasm',
        '--out',
        'out',
        '--json',
      ],
    );
    expect(done.code, done.err).toBe(0);
    const events = done.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.find((event) => event.type === 'backend').name).toBe('wasm');
    const { config } = events.at(-1);
    expect(config.cost.after.macs).toBeLessThanOrEqual(config.cost.before.macs / 2);
    expect(config.controls.map((control: { name: string }) => control.name)).toEqual(['taylor', 'random']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
