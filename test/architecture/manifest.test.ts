import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import * as contributions from '../../src/extension/contributions.ts';
import { root } from '../support/sharedData.ts';

interface Manifest {
  readonly main: string;
  readonly icon: string;
  readonly engines: { readonly vscode: string };
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly activationEvents: readonly string[];
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations?: readonly string[] } };
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string; readonly category: string }[];
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly viewsContainers: { readonly activitybar: readonly { readonly id: string; readonly icon: string }[] };
    readonly viewsWelcome: readonly { readonly view: string; readonly contents: string; readonly when: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string; readonly when?: string }[]>>;
    readonly languages: readonly { readonly id: string; readonly configuration: string }[];
    readonly grammars: readonly { readonly language: string; readonly scopeName: string; readonly path: string }[];
    readonly configuration?: {
      readonly properties: Readonly<Record<string, { readonly scope?: string; readonly markdownDescription?: string }>>;
    };
  };
}

function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

const manifest = JSON.parse(readText('package.json')) as Manifest;
const strings = JSON.parse(readText('package.nls.json')) as Readonly<Record<string, string>>;
const { contributes } = manifest;

test('package.json and contributions.ts name the same commands, views, languages and settings', () => {
  const sorted = (values: Iterable<string>): string[] => [...values].toSorted();
  assert.deepEqual(sorted(contributes.commands.map(({ command }) => command)), sorted(Object.values(contributions.commands)));
  assert.deepEqual(
    sorted(Object.values(contributes.views).flatMap((views) => views.map(({ id }) => id))),
    sorted(Object.values(contributions.views)),
  );
  assert.deepEqual(Object.keys(contributes.views), [contributions.viewContainer]);
  assert.deepEqual(
    contributes.languages.map(({ id }) => id),
    Object.values(contributions.languages),
  );
  assert.deepEqual(sorted(Object.keys(contributes.configuration?.properties ?? {})), sorted(contributions.settings));
  assert.deepEqual(manifest.activationEvents, contributions.activationEvents);
});

test('every command is registered by one file', () => {
  const sources = globSync('src/extension/commands/*.ts', { cwd: root }).map((path) => readText(path));
  for (const name of Object.keys(contributions.commands)) {
    assert.equal(sources.filter((text) => text.includes(`id: commands.${name},`)).length, 1, `commands.${name}`);
  }
});

test('every string of the manifest is in package.nls.json, and none there is unused', () => {
  const used = [...readText('package.json').matchAll(/"%([^%"]+)%"/g)].map((match) => match[1] ?? '');
  assert.deepEqual([...new Set(used)].toSorted(), Object.keys(strings).toSorted());
});

test('every view says what to do when it is empty, and its links lead to commands', () => {
  for (const view of Object.values(contributions.views)) {
    assert.ok(
      contributes.viewsWelcome.some((entry) => entry.view === view),
      view,
    );
  }
  for (const text of Object.values(strings)) {
    for (const [, command = ''] of text.matchAll(/\(command:([^)]+)\)/g)) {
      assert.ok(!command.startsWith('wharf.') || Object.values<string>(contributions.commands).includes(command), command);
    }
  }
});

test('menus name known commands, known rows and known context keys', () => {
  const rows = Object.values<string>(contributions.rowKinds);
  const keys = [...Object.values<string>(contributions.contextKeys), ...Object.values<string>(contributions.views), ...rows];
  const whens = [...Object.values(contributes.menus).flat(), ...contributes.viewsWelcome].map(({ when }) => when ?? '');
  for (const entry of Object.values(contributes.menus).flat()) {
    assert.ok(Object.values<string>(contributions.commands).includes(entry.command), entry.command);
  }
  for (const flag of Object.values<string>(contributions.rowFlags)) {
    assert.ok(
      whens.some((when) => when.includes(flag.replace('+', '\\+'))),
      flag,
    );
  }
  for (const when of whens) {
    for (const [name] of when.matchAll(/\bwharf\.[A-Za-z.]+/g)) {
      assert.ok(keys.includes(name), `${name} in "${when}"`);
    }
  }
});

test('a command that starts or grants something is not offered in a workspace that is not trusted', () => {
  const trusted = ['connectCodex', 'allowProfile', 'discoverTools', 'createProfile', 'signIn'] as const;
  for (const name of trusted) {
    const entry = contributes.menus['commandPalette']?.find(({ command }) => command === contributions.commands[name]);
    assert.match(entry?.when ?? '', /isWorkspaceTrusted/, name);
  }
});

test('what the manifest points at exists', () => {
  const icons = [manifest.icon, ...contributes.viewsContainers.activitybar.map(({ icon }) => icon)];
  for (const path of [
    ...icons,
    ...contributes.languages.map(({ configuration }) => configuration),
    ...contributes.grammars.map((grammar) => grammar.path),
  ]) {
    assert.ok(existsSync(join(root, path)), path);
  }
  assert.equal(manifest.main, './dist/extension.cjs');
});

test('the types are those of the oldest VS Code that the manifest allows', () => {
  assert.equal(`^${manifest.devDependencies['@types/vscode']}`, manifest.engines.vscode);
});
