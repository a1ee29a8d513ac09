import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { planDefaults } from '../../../src/extension/panels/defaults.ts';
import { panelHtml } from '../../../src/extension/panels/html.ts';
import { Stars } from '../../../src/extension/panels/stars.ts';
import { fileName, sideName, subjectKey } from '../../../src/extension/panels/subject.ts';
import { Memory } from '../runs/memory.ts';

const page = panelHtml({
  script: 'https://x.vscode-cdn.net/panel.js',
  style: 'https://x.vscode-cdn.net/panel.css',
  cspSource: "'self' https://*.vscode-cdn.net",
  nonce: 'abc123',
  language: 'en',
  title: 'a "<model>" & b',
});

describe('the panel’s page', () => {
  it('allows one script by nonce, one empty style by hash, and nothing else inline', () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)![1];
    const rules = new Map(policy.split('; ').map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1)]));
    expect(rules.get('default-src')).toEqual(["'none'"]);
    expect(rules.get('script-src')).toEqual(["'nonce-abc123'"]);
    const empty = `'sha256-${createHash('sha256').update('').digest('base64')}'`;
    expect(rules.get('style-src')).toEqual(["'self'", 'https://*.vscode-cdn.net', empty]);
    expect(policy).not.toMatch(/unsafe|\*(?!\.vscode-cdn)/);
    expect([...rules.keys()].sort()).toEqual([
      'default-src',
      'font-src',
      'img-src',
      'script-src',
      'style-src',
    ]);
  });

  it('holds no inline script or style, and escapes what it is given', () => {
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).toMatch(/<script nonce="abc123" src="[^"]+"><\/script>/);
    expect(page).not.toMatch(/<style|style=|onload=/);
    expect(page).toContain('<title>a &quot;&lt;model&gt;&quot; &amp; b</title>');
  });
});

describe('what a panel starts from', () => {
  it('takes settings one by one, and passes over nonsense', () => {
    const settings: Record<string, unknown> = {
      method: 'l1',
      effort: 'very',
      seed: -1,
      roundTo: 8,
      controls: ['uniform'],
      backend: 'wasm',
      threads: 0,
      nodePath: '/x',
    };
    expect(planDefaults((name) => settings[name])).toEqual({
      method: 'l1',
      roundTo: 8,
      controls: ['uniform'],
      backend: 'wasm',
    });
    expect(planDefaults((name) => (name === 'threads' ? 4 : undefined))).toEqual({ threads: 4 });
  });

  it('is one for each model and each pair of sides', () => {
    const a = { kind: 'model', file: '/m/a.h5' } as const;
    const b = { kind: 'config', file: '/m/b.espalier.json', label: 'HEAD' } as const;
    const keys = [
      subjectKey({ model: '/m/a.h5', compare: null }),
      subjectKey({ model: '/m/b.h5', compare: null }),
      subjectKey({ model: null, compare: { a, b } }),
      subjectKey({ model: null, compare: { a: b, b: a } }),
    ];
    expect(new Set(keys).size).toBe(4);
    expect(subjectKey({ model: '/m/a.h5', compare: { a, b } })).toBe(keys[0]);
    expect([sideName(a), sideName(b), sideName({ kind: 'candidate', run: '/r', arm: 'l1', id: 7 })]).toEqual([
      'a.h5',
      'HEAD',
      'l1-7',
    ]);
    expect(fileName('/m/resnet/model.json')).toBe('resnet/model.json');
  });
});

describe('starred candidates', () => {
  it('are remembered a run', async () => {
    const memory = new Memory();
    const stars = new Stars(memory);
    await stars.set('/r', { arm: 'l1', id: 1 }, true);
    await stars.set('/r', { arm: 'l1', id: 2 }, true);
    await stars.set('/r', { arm: 'l1', id: 1 }, true);
    await stars.set('/r', { arm: 'l1', id: 2 }, false);
    expect(new Stars(memory).of('/r')).toEqual([{ arm: 'l1', id: 1 }]);
    expect(stars.of('/other')).toEqual([]);
    await stars.set('/r', { arm: 'l1', id: 1 }, false);
    expect(memory.size).toBe(0);
  });
});
