import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { ContainerEngine } from '../../src/core/ports.ts';
import * as problems from '../../src/core/problems.ts';
import { closedContainer, profileDefaults, serverDefaults, type ImageServer, type Profile } from '../../src/core/profile/profile.ts';
import { launchContainer, type ContainerHost } from '../../src/gateway/instances/launchContainer.ts';
import { processChannel } from '../../src/gateway/upstreams/processChannel.ts';
import type { Problem } from '../../src/shared/problem.ts';
import { fail, ok, type Result } from '../../src/shared/result.ts';
import { ScriptedServer } from '../support/scriptedServer.ts';

const image = 'registry.example.test/asks:1';

interface Bench {
  /** What was done, in order. */
  readonly done: string[];
  readonly launch: () => ReturnType<typeof launchContainer>;
  readonly start: () => Promise<Problem | null>;
}

/** Starts a server whose image is not on the engine until it is pulled. */
function bench(
  more: Partial<ImageServer>,
  profile: Partial<Profile> & { readonly scope?: 'user' | 'project' } = {},
  host: Partial<ContainerHost> = {},
): Bench {
  const done: string[] = [];
  let isThere = false;
  const engine = {
    start: () => {
      done.push('start');
      return Promise.resolve(isThere ? ok(new ScriptedServer(() => undefined)) : fail(problems.imageMissing(image, 'asks')));
    },
    openEgress: () => {
      done.push('open the way out');
      const way = { network: { kind: 'none' }, failed: new Promise(() => undefined), close: () => Promise.resolve() };
      return Promise.resolve(ok(way));
    },
  } as unknown as ContainerEngine;
  const all: ContainerHost = {
    engine: () => Promise.resolve(engine),
    owner: { machine: 'm', boot: 'b', pid: 1, startedAt: '' },
    pull: () => {
      done.push('pull');
      isThere = true;
      return Promise.resolve(ok(null));
    },
    imageId: () => Promise.resolve(isThere ? 'sha256:1' : null),
    imageDigests: () => Promise.resolve([]),
    secretSource: () => ({ resolve: () => Promise.resolve(ok({ value: 'x', version: '1' })), versionOf: () => Promise.resolve(ok('1')) }),
    injected: () => undefined,
    checkImage: (_image, { requireDigest, verify }) => {
      done.push('check');
      const needsIt = requireDigest || verify;
      return Promise.resolve(needsIt && !isThere ? fail(problems.imageMissing(image, null)) : ok({ pinned: null }));
    },
    isImageGranted: () => Promise.resolve(ok(true)),
    place: (server) => Promise.resolve(ok(server)),
    dataVolumes: () => [],
    checkMounts: () => Promise.resolve(ok([])),
    contacted: () => undefined,
    ...host,
  };
  const server: ImageServer = { ...serverDefaults, ...closedContainer, kind: 'image', name: 'asks', image, tools: null, line: 1, ...more };
  const { scope = 'user', ...rest } = profile;
  const served = { id: 'dev', name: 'dev', ...profileDefaults, servers: [server], ...rest, origin: { path: '/dev.yaml', scope } };
  const launch = (): ReturnType<typeof launchContainer> =>
    launchContainer(
      server,
      {
        server,
        profile: 'dev',
        surroundings: { profile: served, workspace: '/w' },
        settings: {},
        onStep: () => undefined,
        gotSecrets: () => undefined,
        knownTool: () => undefined,
        whenClosed: new Promise(() => undefined),
      },
      all,
    );
  const start = async (): Promise<Problem | null> => {
    const started = await launch();
    return started.ok ? null : started.problem;
  };
  return { done, launch, start };
}

test('an image that a policy wants to look into is downloaded for that, and looked at again', async () => {
  for (const profile of [{ verify: true }, { requireDigest: true }]) {
    const { done, start } = bench({}, profile);
    assert.equal(await start(), null);
    assert.deepEqual(done, ['check', 'pull', 'check', 'start']);
  }
});

test('an image that a policy refuses is not even downloaded', async () => {
  const refused = fail(problems.imageReferenceBad(image));
  const secrets = [{ env: 'TOKEN', reference: 'secret://token', as: 'env' }] as const;
  const { done, start } = bench({ secrets }, { verify: true, scope: 'project' }, { checkImage: () => Promise.resolve(refused) });
  assert.deepEqual(await start(), refused.problem);
  assert.deepEqual(done, []);
});

test('a proxy is opened when the image is there, and not while it is downloaded', async () => {
  const hosts = [{ host: 'api.example.test', port: 443 }];
  const { done, start } = bench({ network: { kind: 'declared', hosts, isOwn: true } });
  assert.equal(await start(), null);
  assert.deepEqual(done, ['check', 'pull', 'open the way out', 'start']);
});

test('a start that breaks in the middle leaves no proxy', async () => {
  let closed = 0;
  const way = { network: { kind: 'none' }, failed: new Promise(() => undefined), close: () => Promise.resolve(void closed++) };
  const engine = { start: () => Promise.reject(new Error('a bug')), openEgress: () => Promise.resolve(ok(way)) };
  const hosts = [{ host: 'api.example.test', port: 443 }];
  const { start } = bench(
    { network: { kind: 'declared', hosts, isOwn: true } },
    {},
    { engine: () => Promise.resolve(engine as unknown as ContainerEngine) },
  );
  await assert.rejects(start(), /a bug/);
  assert.equal(closed, 1);
});

test('a server whose proxy is gone is ended, and its end says why', async () => {
  const gone = problems.egressFailed('asks', 'the proxy ended');
  const way = { network: { kind: 'none' }, failed: Promise.resolve(gone), close: () => Promise.resolve() };
  const engine = { start: () => Promise.resolve(ok(new ScriptedServer(() => undefined))), openEgress: () => Promise.resolve(ok(way)) };
  const hosts = [{ host: 'api.example.test', port: 443 }];
  const { launch } = bench(
    { network: { kind: 'declared', hosts, isOwn: true } },
    {},
    { engine: () => Promise.resolve(engine as unknown as ContainerEngine) },
  );
  const started = await launch();
  assert.ok(started.ok);
  assert.equal((await processChannel(started.value).ended).why, gone.message);
});

test('an engine that does not answer is told of as such, and not as a missing image', async () => {
  const away = fail(problems.dockerUnreachable('unix:///var/run/docker.sock', 'ENOENT'));
  const { start } = bench({}, { verify: true }, { pull: () => Promise.resolve(away) });
  assert.equal((await start())?.code, 'WHARF_DOCKER_UNREACHABLE');
});

test('an image that changed gets nothing, and whoever owns the profile is told the command that allows it', async () => {
  const secrets = [{ env: 'TOKEN', reference: 'secret://token', as: 'env' }] as const;
  const isImageGranted = (): Promise<Result<boolean>> => Promise.resolve(ok(false));
  for (const [scope, named] of [
    ['user', 'dev'],
    ['project', '/dev.yaml'],
  ] as const) {
    const { done, start } = bench({ secrets }, { scope }, { isImageGranted });
    const told = await start();
    assert.equal(told?.code, 'WHARF_IMAGE_CHANGED');
    assert.ok(told.next.includes(`"wharf profile allow ${named}"`), told.next);
    assert.ok(!done.includes('start'));
  }
});
