import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import type { ContainerSpec } from '../../src/core/container/spec.ts';
import type { ContainerEngine } from '../../src/core/ports.ts';
import { profileDefaults, type PociServer } from '../../src/core/profile/profile.ts';
import { readProfile } from '../../src/core/profile/read.ts';
import { dataHandlers } from '../../src/gateway/dataControl.ts';
import type { InstancePool } from '../../src/gateway/instances/pool.ts';
import { launch, type Launch, type LaunchHost } from '../../src/gateway/instances/launch.ts';
import { dataVolumes } from '../../src/node/dataVolumes.ts';
import { ok } from '../../src/shared/result.ts';
import { ScriptedServer } from '../support/scriptedServer.ts';
import { until } from '../support/until.ts';

/** A container that ends when the test says so. */
class Run extends ScriptedServer {
  readonly spec: ContainerSpec;

  constructor(spec: ContainerSpec) {
    super(() => undefined);
    this.spec = spec;
  }

  override endInput(): void {
    // It goes on.
  }
}

interface Bench {
  readonly runs: Run[];
  readonly base: string;
  readonly server: PociServer;
  readonly surroundings: Launch['surroundings'];
  /** Calls "work", or the tool "look", which only reads, on a folder. */
  readonly call: (folder: string, tool?: string) => number;
  readonly cancel: (id: number) => void;
  readonly answers: string[];
}

async function bench(t: TestContext, mounts: readonly string[], volumes: readonly string[]): Promise<Bench> {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'wharf-calls-')));
  t.after(() => rm(base, { recursive: true, force: true }));
  const folder = (mode: string): object => ({ volumes: [`{{folder}}:/in:${mode}`] });
  const tools = [
    { name: 'work', container: { image: 'team/work:1', ...folder('rw') } },
    { name: 'look', container: { image: 'team/look:1', ...folder('ro') } },
    { name: 'bare', container: { image: 'team/bare:1' } },
  ];
  const granted = [...mounts.map((mount) => mount.replace('BASE', base)), ...volumes];
  const entry = { type: 'image', snapshot: { server: { name: 'box', type: 'poci', tools } }, wharf: { network: 'none', mounts: granted } };
  const read = readProfile(`version: 1\nservers:\n  - ${JSON.stringify(entry)}\n`, 'dev.yaml');
  const server = read.ok ? read.value.servers[0] : assert.fail(read.problem.message);
  assert.ok(server?.kind === 'poci');
  const runs: Run[] = [];
  const locations = { dataFolder: join(base, 'data') };
  const host = {
    engine: () => Promise.resolve({ start: (spec: ContainerSpec) => Promise.resolve(ok(runs[runs.push(new Run(spec)) - 1])) }),
    owner: { machine: 'm', boot: 'b', pid: 1, startedAt: '' },
    imageId: (reference: string) => Promise.resolve(reference),
    secretSource: () => ({}),
    injected: () => undefined,
    checkImage: () => Promise.resolve(ok({ pinned: null })),
    isImageGranted: () => Promise.resolve(ok(true)),
    place: (one: unknown) => Promise.resolve(ok(one)),
    checkMounts: (_server: string, wanted: unknown) => Promise.resolve(ok(wanted)),
    dataVolumes: (one: PociServer, { profile }: Launch['surroundings']) => dataVolumes(locations, profile, one),
    redact: (text: string) => text,
  } as unknown as LaunchHost;
  const origin = { path: '/p/dev.yaml', scope: 'user' } as const;
  const surroundings = { workspace: base, profile: { ...profileDefaults, id: 'dev', name: 'dev', servers: [server], origin } };
  const opened = await launch(
    {
      server,
      profile: 'dev',
      surroundings,
      settings: {},
      onStep: () => undefined,
      gotSecrets: () => undefined,
      knownTool: () => undefined,
      whenClosed: new Promise(() => undefined),
    },
    host,
  );
  const channel = opened.ok ? opened.value : assert.fail(opened.problem.message);
  t.after(() => channel.stop());
  const answers: string[] = [];
  channel.onMessage((message) => answers.push(message.toString()));
  const send = (message: object): void => channel.send(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message })));
  send({
    id: 0,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } },
  });
  await until(() => answers.length === 1, { what: 'the server to be there' });
  let last = 0;
  const call: Bench['call'] = (where, name = 'work') => {
    send({ id: ++last, method: 'tools/call', params: { name, arguments: { folder: where } } });
    return last;
  };
  const cancel = (requestId: number): void => send({ method: 'notifications/cancelled', params: { requestId } });
  return { runs, base, server, surroundings, call, cancel, answers };
}

const imagesOf = (runs: readonly Run[]): readonly string[] => runs.map(({ spec }) => spec.image);

test('while a call may write to a folder, no other one gets what lies in it: it could be a link by then', async (t) => {
  const { runs, base, call, cancel, answers } = await bench(t, ['BASE/films:/films:rw', 'BASE/linked:/linked:rw'], []);
  call(`${base}/films`);
  await until(() => runs.length === 1, { what: 'the first call to run' });
  call(`${base}/films/new`, 'look');
  const given = call(`${base}/Films/../films/./new`);
  const cancelled = call(`${base}/films//new/`);
  call('', 'bare');
  await until(() => runs.length === 2, { what: 'a call that gets no folder to run' });
  assert.deepEqual(imagesOf(runs), ['team/work:1', 'team/bare:1']);
  cancel(cancelled);
  runs.forEach((run) => run.end(0));
  await until(() => runs.length === 3, { what: 'the next call to run' });
  runs[2]?.end(0);
  await until(() => answers.length === 6, { what: 'all answers' });
  assert.deepEqual(imagesOf(runs), ['team/work:1', 'team/bare:1', 'team/look:1']);
  assert.match(answers.find((text) => text.includes(`"id":${given}`)) ?? '', /is no folder/);
  assert.match(answers.find((text) => text.includes(`"id":${cancelled}`)) ?? '', /was cancelled/);
});

test('calls in other folders, and those that only read one, run beside each other', async (t) => {
  const { runs, base, call } = await bench(t, ['BASE/films:/films:rw', 'BASE/books:/books:ro'], []);
  call(`${base}/films/a`);
  call(`${base}/films/ab`);
  call(`${base}/books`, 'look');
  call(`${base}/books/new`);
  await until(() => runs.length === 4, { what: 'all of them to run' });
  runs.forEach((run) => run.end(0));
});

test('a project that is reached through a link is the same folder by both of its names', async (t) => {
  const { base, server, surroundings } = await bench(t, [], []);
  const { callFolders } = await import('../../src/gateway/instances/callFolders.ts');
  const link = join(base, 'link');
  await symlink(base, link);
  const isolation = { ...server.isolation, mounts: [{ source: '${workspace}/a', target: '/a', readOnly: false }] };
  const call = { ...server, isolation } as never;
  const folders = await callFolders(call, server, { ...surroundings, workspace: link });
  assert.deepEqual(
    folders.map(({ source }) => source),
    [join(link, 'a'), join(base, 'a')],
  );
});

test('what a server keeps is one for all its tools, for one call at a time, and known to be in use', async (t) => {
  const { runs, base, server, surroundings, call } = await bench(t, [], ['notes:/notes', 'seen:/seen:ro']);
  ['bare', 'bare'].forEach((tool) => call('', tool));
  await until(() => runs.length === 1, { what: 'the first call to run' });
  runs[0]?.end(0);
  await until(() => runs.length === 2, { what: 'the second call to run' });
  runs[1]?.end(0);
  const locations = { configFolder: base, dataFolder: join(base, 'data'), runtimeFolder: base, environment: {} };
  const own = dataVolumes(locations, surroundings.profile, server);
  assert.deepEqual(
    runs.map(({ spec }) => spec.volumes),
    [own, own],
  );
  assert.ok(Object.values(own[0]?.labels ?? {}).includes('box'));
  const instance = { spec: { server, surroundings }, state: { kind: 'ready' }, uses: { isIdle: false } };
  const stored = own.map(({ name: volume }) => ({
    volume,
    name: 'notes',
    profile: 'dev',
    path: '/p/dev.yaml',
    server: 'box',
    createdAt: null,
  }));
  const engine = {
    listData: () => Promise.resolve(ok(stored)),
    removeData: () => Promise.resolve(ok(false)),
  } as unknown as ContainerEngine;
  const handlers = dataHandlers({ locations, pool: { all: [instance] } as unknown as InstancePool, engine: () => Promise.resolve(engine) });
  const listed = await handlers['data/list']({});
  assert.deepEqual(listed.ok && listed.value.volumes.map(({ running }) => running), [true, true]);
});
