import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { modelEndings } from '../../src/terms/written.ts';
import { isModelName } from '../../src/extension/models/kinds.ts';
import { trainedControls } from '../../src/protocol/controls.ts';
import { methods } from '../../src/methods/index.ts';
import { backendChoice, effort } from '../../src/terms/choices.ts';
import { extensionSources, firstArguments, handlers, objectsPassedTo, root, strings } from './sources.ts';

interface Rule {
  readonly when?: string;
  readonly enablement?: string;
  readonly command?: string;
  readonly view?: string;
}
interface Manifest {
  readonly icon: string;
  readonly main: string;
  readonly activationEvents: readonly string[];
  readonly engines: { readonly vscode: string };
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: string[] } };
  readonly contributes: {
    readonly commands: readonly (Rule & { readonly command: string; readonly category?: string })[];
    readonly menus: Readonly<Record<string, readonly Rule[]>>;
    readonly keybindings?: readonly Rule[];
    readonly views: Readonly<Record<string, readonly (Rule & { readonly id: string })[]>>;
    readonly viewsWelcome: readonly Rule[];
    readonly configuration: { readonly properties: Readonly<Record<string, unknown>> };
    readonly walkthroughs: readonly {
      readonly steps: readonly { readonly completionEvents?: string[]; readonly media: { svg?: string } }[];
    }[];
  };
}

const read = (name: string) => JSON.parse(readFileSync(path.join(root, name), 'utf8')) as unknown;
const manifest = read('package.json') as Manifest;
const nls = read('package.nls.json') as Record<string, string>;
const { contributes } = manifest;
const commands = contributes.commands.map(({ command }) => command);
const rules: Rule[] = [
  ...contributes.commands,
  ...Object.values(contributes.menus).flat(),
  ...Object.values(contributes.views).flat(),
  ...contributes.viewsWelcome,
  ...(contributes.keybindings ?? []),
];
const conditions = rules
  .flatMap(({ when, enablement }) => [when, enablement])
  .filter((one) => one !== undefined);
const sources = extensionSources();
const words = strings(sources);

/** Names of context keys in a condition: what is left when values, regular expressions and strings are gone. */
function keysOf(condition: string): string[] {
  return condition
    .replace(/(=~|==|!=)\s*('[^']*'|\/(?:[^/\\]|\\.)*\/[a-z]*|[\w.:;-]+)/g, ' ')
    .split(/[^\w.:-]+/)
    .filter((word) => word && !['in', 'not', 'true', 'false'].includes(word) && !/^\d+$/.test(word));
}

/** What VS Code itself sets, of those that we use. */
const BUILT_IN =
  /^(isWorkspaceTrusted|resource\w+|listMultiSelection|listDoubleSelection|view|viewItem|workspaceFolderCount|editorLangId|activeWebviewPanelId|explorerResource\w+|virtualWorkspace|isWeb|workspacePlatform)$/;

describe('commands', () => {
  it('each has a handler, each handler is a command, and the host takes them all', () => {
    const made = handlers(sources);
    expect(made.flatMap(({ names }) => names).sort()).toEqual([...commands].sort());
    expect(made.length).toBeGreaterThan(2);
    const host = sources.filter(({ fileName }) => fileName.endsWith('/extension/host.ts'));
    const [spread] = objectsPassedTo(host, 'runnerOf');
    expect(spread.sort()).toEqual(made.map(({ maker }) => maker).sort());
  });

  it('menus, keys and walkthroughs name only commands that are there', () => {
    const texts = JSON.stringify([contributes.menus, contributes.keybindings, contributes.walkthroughs, nls]);
    const named = [
      ...rules.flatMap(({ command }) => command ?? []),
      ...[...texts.matchAll(/command:(espalier\.\w+)|onCommand:(espalier\.\w+)/gi)].map((m) => m[1] ?? m[2]),
    ];
    expect(named.filter((name) => name.startsWith('espalier.') && !commands.includes(name))).toEqual([]);
  });

  it('each has a category', () => {
    for (const { command, category } of contributes.commands) expect(category, command).toBeTruthy();
  });

  it('those that belong to a view or to several selected files are hidden from the palette, and no others', () => {
    const hidden = contributes.menus.commandPalette.filter(({ when }) => when === 'false');
    expect(hidden.map(({ command }) => command!.replace('espalier.', '')).sort()).toEqual([
      'compareSelected',
      'diffCandidate',
      'fineTuneCandidate',
      'openReport',
      'refreshRuns',
    ]);
  });
});

describe('conditions', () => {
  it('every key of ours is set, every other is one of VS Code', () => {
    const keys = [...new Set(conditions.flatMap(keysOf))];
    expect(keys.length).toBeGreaterThan(3);
    // where keys are set, not in any text anywhere
    const setters = sources.filter((source) => strings([source]).has('setContext'));
    const set = strings(setters);
    for (const key of keys)
      if (key.startsWith('config.'))
        expect(Object.keys(contributes.configuration.properties), key).toContain(key.slice('config.'.length));
      else if (key.startsWith('espalier.')) expect(set, key).toContain(key);
      else expect(key).toMatch(BUILT_IN);
  });

  it('views that they name are contributed', () => {
    const views = Object.values(contributes.views).flatMap((list) => list.map(({ id }) => id));
    const named = conditions.flatMap((text) => [...text.matchAll(/\bview == ([\w.]+)/g)].map((m) => m[1]));
    for (const name of [...named, ...contributes.viewsWelcome.map(({ view }) => view)])
      expect(views).toContain(name);
  });

  it('whatever is offered for a model is offered for every name that a model may have', () => {
    const offered = conditions.filter((text) => text.includes('espalier.tfjsModels'));
    expect(offered.length).toBeGreaterThan(5);
    for (const text of offered) {
      const ending = new RegExp(/resourceExtname =~ \/(.+?)\/i/.exec(text)![1], 'i');
      for (const name of ['.HDF5', '.zip', ...modelEndings.map((ending) => `.${ending}`)]) {
        expect(ending.test(name), `${name}: ${text}`).toBe(true);
        expect(isModelName(`net${name}`)).toBe(true);
      }
      expect(ending.test('.json'), text).toBe(false);
    }
  });

  it('a run that works is not offered in Restricted Mode', () => {
    const running = ['espalier.prune', 'espalier.apply', 'espalier.fineTuneCandidate', 'espalier.resumeRun'];
    for (const { command, enablement } of contributes.commands)
      if (running.includes(command)) expect(enablement, command).toContain('isWorkspaceTrusted');
  });
});

describe('texts', () => {
  const shown =
    /^(title|shortTitle|description|markdownDescription|label|name|contents|altText|\w*deprecationMessage)$/i;
  const lists = /^(enumDescriptions|markdownEnumDescriptions|enumItemLabels)$/;

  /** Strings that people read, with where they stand. */
  function* texts(value: unknown, place = ''): Generator<[string, string]> {
    if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* texts(item, `${place}[${i}]`);
    else if (value && typeof value === 'object')
      for (const [key, item] of Object.entries(value)) {
        const here = `${place}.${key}`;
        if (shown.test(key) && typeof item === 'string') yield [here, item];
        else if (lists.test(key)) for (const text of item as string[]) yield [here, text];
        else yield* texts(item, here);
      }
  }
  const all = [...texts({ contributes, capabilities: manifest.capabilities })];

  it('none stands in package.json itself', () => {
    expect(all.length).toBeGreaterThan(40);
    // the product's name is the same in every language
    const plain = all.filter(([, text]) => !/^%[\w.-]+%$/.test(text) && text !== 'Espalier');
    expect(plain).toEqual([]);
  });

  it('each key has its text, each text its key', () => {
    const keys = new Set([...JSON.stringify(manifest).matchAll(/"%([\w.-]+)%"/g)].map((match) => match[1]));
    expect([...keys].sort()).toEqual(Object.keys(nls).sort());
  });

  const translations = readdirSync(root).filter((name) => /^package\.nls\..+\.json$/.test(name));
  it.each(translations)('%s translates all, with the same commands and links', (name) => {
    const other = read(name) as Record<string, string>;
    expect(Object.keys(other).sort()).toEqual(Object.keys(nls).sort());
    const links = (text: string) =>
      [...text.matchAll(/\((command:[^)]+)\)|`[^`]+`/g)].map((m) => m[0]).sort();
    for (const [key, text] of Object.entries(nls)) expect(links(other[key]), key).toEqual(links(text));
  });

  it('what the code says is translated by whole sentences', () => {
    const said = firstArguments(sources, 't');
    expect(said.length).toBeGreaterThan(20);
    expect(said.filter((text) => text === undefined)).toEqual([]);
    const bundles = existsSync(path.join(root, 'l10n')) ? readdirSync(path.join(root, 'l10n')) : [];
    for (const bundle of bundles) {
      const there = read(`l10n/${bundle}`) as Record<string, string>;
      expect(
        said.filter((text) => text && !(text in there)),
        bundle,
      ).toEqual([]);
    }
  });

  it('no text of extension or panel is missing in the bundle or in a translation', () => {
    const told = spawnSync(process.execPath, ['scripts/l10n.mjs', '--check'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(told.stdout).toBe('');
    expect(told.status).toBe(0);
  });
});

describe('the rest', () => {
  it('files that it names are there', () => {
    const media = contributes.walkthroughs.flatMap(({ steps }) => steps.map((step) => step.media.svg ?? ''));
    for (const file of [manifest.icon, ...media]) expect(existsSync(path.join(root, file)), file).toBe(true);
    expect(manifest.icon).toMatch(/\.png$/);
  });

  it('it is built against the oldest VS Code that it allows', () => {
    expect(manifest.engines.vscode).toBe(`^${manifest.devDependencies['@types/vscode']}`);
  });

  it('offers in a setting exactly what a run can be given', () => {
    const properties = contributes.configuration.properties as Readonly<
      Record<
        string,
        { readonly enum?: readonly string[]; readonly items?: { readonly enum: readonly string[] } }
      >
    >;
    expect(properties['espalier.effort'].enum).toEqual(effort.options);
    expect(properties['espalier.backend'].enum).toEqual(backendChoice.options);
    expect([...properties['espalier.method'].enum!].sort()).toEqual([...methods.keys()].sort());
    for (const name of properties['espalier.controls'].items!.enum)
      expect(trainedControls.includes(name) || methods.has(name), name).toBe(true);
  });

  it('settings that name a program or a library are left out in Restricted Mode', () => {
    const paths = Object.keys(contributes.configuration.properties).filter((name) => name.endsWith('Path'));
    expect(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations.sort()).toEqual(paths.sort());
  });

  it('a panel comes back after a reload', () => {
    const panels = manifest.activationEvents.filter((event) => event.startsWith('onWebviewPanel:'));
    expect(panels.length).toBeGreaterThan(0);
    for (const panel of panels) expect(words).toContain(panel.slice('onWebviewPanel:'.length));
  });
});
