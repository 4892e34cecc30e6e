import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import type { Metafile } from 'esbuild';

import { buildAll, programs } from '../../esbuild.mjs';
import { roomOf, type Room } from './rooms.ts';

const kilobyte = 1024;
/** What every program may be made of that has a disk. */
const common = ['src/node', 'src/core', 'src/shared'] as const;

/** What each program may contain, and how large it may be. The page and the shim are loaded most often. */
const expectations: Readonly<
  Record<keyof typeof programs, { readonly rooms: readonly Room[]; readonly kilobytes: number; readonly never: readonly string[] }>
> = {
  wharf: { rooms: ['src/cli', 'src/core', 'src/shared'], kilobytes: 20, never: ['commander', 'yaml', 'dockerode'] },
  runtimeCheck: { rooms: [...common], kilobytes: 12, never: ['yaml', 'dockerode'] },
  shim: {
    rooms: ['src/gateway', ...common],
    kilobytes: 28,
    never: ['yaml', 'dockerode', 'zod', '@modelcontextprotocol/sdk'],
  },
  gateway: {
    rooms: ['src/gateway', 'src/docker', ...common],
    kilobytes: 1660,
    never: ['vscode', 'zod', '@sigstore/verify', '@napi-rs/keyring'],
  },
  journal: { rooms: ['src/gateway', 'src/node', 'src/shared'], kilobytes: 16, never: ['dockerode', 'yaml', 'zod'] },
  egress: {
    rooms: ['src/gateway', 'src/core', 'src/shared'],
    kilobytes: 64,
    never: ['dockerode', 'yaml', 'zod', '@modelcontextprotocol/sdk'],
  },
  demoServer: { rooms: ['src/gateway', 'src/shared'], kilobytes: 800, never: ['dockerode', 'vscode'] },
  cli: {
    rooms: ['src/cli', 'src/docker', ...common],
    kilobytes: 540,
    never: ['dockerode', 'vscode', '@modelcontextprotocol/sdk', '@sigstore/verify'],
  },
  plugin: { rooms: ['src/cli', ...common], kilobytes: 80, never: ['dockerode', 'vscode', 'commander', 'yaml'] },
  doctor: { rooms: ['src/cli', 'src/node', 'src/core', 'src/shared'], kilobytes: 450, never: ['dockerode', 'vscode', 'commander'] },
  languageServer: {
    rooms: ['src/languageServer', 'src/core', 'src/shared'],
    kilobytes: 400,
    never: ['vscode', 'dockerode', 'vscode-languageclient'],
  },
  extension: {
    rooms: ['src/extension', ...common],
    kilobytes: 200,
    never: ['yaml', 'dockerode', '@modelcontextprotocol/sdk', 'vscode-languageclient', 'vscode-languageserver'],
  },
  languageClient: { rooms: ['src/extension', 'src/shared'], kilobytes: 450, never: ['dockerode', 'yaml'] },
  profileEdits: { rooms: ['src/extension', ...common], kilobytes: 200, never: ['dockerode', 'vscode'] },
  provenance: { rooms: [...common], kilobytes: 300, never: ['dockerode', 'vscode', '@sigstore/tuf'] },
  packages: { rooms: ['src/cli', 'src/docker', ...common], kilobytes: 1250, never: ['commander', 'vscode', '@sigstore/verify', 'zod'] },
  profileSharing: { rooms: ['src/cli', ...common], kilobytes: 330, never: ['dockerode', 'vscode', 'commander', '@sigstore/verify'] },
  profileVerbs: {
    rooms: ['src/cli', 'src/docker', ...common],
    kilobytes: 460,
    never: ['dockerode', 'vscode', 'commander', '@sigstore/verify'],
  },
  catalogs: { rooms: ['src/cli', ...common], kilobytes: 360, never: ['dockerode', 'vscode', 'commander', '@sigstore/verify'] },
  volumes: { rooms: ['src/cli', ...common], kilobytes: 120, never: ['dockerode', 'vscode', 'commander', 'yaml'] },
  imports: { rooms: ['src/cli', 'src/docker', ...common], kilobytes: 460, never: ['dockerode', 'vscode', 'commander', '@sigstore/verify'] },
  shownLine: { rooms: ['src/extension', ...common], kilobytes: 90, never: ['dockerode', 'vscode', 'yaml'] },
  webview: { rooms: ['webview', 'src/shared'], kilobytes: 150, never: ['vscode'] },
  webviewStyle: { rooms: ['webview'], kilobytes: 32, never: [] },
};

const folder = mkdtempSync(join(tmpdir(), 'wharf-bundles-'));
let metafiles: Readonly<Record<string, Metafile>> = {};

before(async () => {
  metafiles = await buildAll(folder);
});
after(() => rmSync(folder, { recursive: true, force: true }));

for (const [name, expected] of Object.entries(expectations)) {
  test(`the program ${name} holds only its rooms, keeps out what is heavy, and is at most ${expected.kilobytes} KB`, () => {
    const inputs = Object.keys(metafiles[name]?.inputs ?? {});
    assert.ok(inputs.length > 0);
    const strangers = inputs.filter((path) => !path.includes('node_modules/') && !expected.rooms.some((room) => roomOf(path) === room));
    assert.deepEqual(strangers, []);
    const heavy = expected.never.filter((name) => inputs.some((path) => path.includes(`node_modules/${name}/`)));
    assert.deepEqual(heavy, []);
    const size = statSync(join(folder, programs[name as keyof typeof programs].out)).size;
    assert.ok(size <= expected.kilobytes * kilobyte, `it has ${Math.ceil(size / kilobyte)} KB`);
  });
}

test('only the extension and its language client leave vscode to the host', () => {
  const withVscode = Object.entries(metafiles).filter(([, { outputs }]) =>
    Object.values(outputs).some(({ imports }) => imports.some(({ path }) => path === 'vscode')),
  );
  assert.deepEqual(withVscode.map(([name]) => name).toSorted(), ['extension', 'languageClient']);
});
