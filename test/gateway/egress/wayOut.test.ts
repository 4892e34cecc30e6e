import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowedHostText } from '../../../src/core/network/allowedHost.ts';
import type { ContainerEngine, EgressPlan } from '../../../src/core/ports.ts';
import { closedContainer, serverDefaults, type ImageServer, type NetworkWish } from '../../../src/core/profile/profile.ts';
import { openWayOut } from '../../../src/gateway/egress/wayOut.ts';
import { ok } from '../../../src/shared/result.ts';

const password = ['pa', 'ss'].join('');

/** What the engine was asked for, or the kind of network that needs no engine. */
async function asked(
  network: NetworkWish,
  more: { env?: ImageServer['env']; secret?: string; blockNetwork?: boolean } = {},
): Promise<unknown> {
  const plans: EgressPlan[] = [];
  const engine = {
    openEgress: (plan: EgressPlan) => {
      plans.push(plan);
      return Promise.resolve(ok({ network: { kind: 'egress' }, failed: new Promise(() => undefined), close: () => Promise.resolve() }));
    },
  } as unknown as ContainerEngine;
  const own = { kind: 'image', name: 'db', image: 'x', tools: null, line: 1, env: more.env ?? {}, network } as const;
  const server: ImageServer = { ...serverDefaults, ...closedContainer, ...own };
  const secretValues: Record<string, string> = more.secret === undefined ? {} : { URL: more.secret };
  const way = await openWayOut(
    { server, labels: {}, secretValues, allowPrivate: [], blockNetwork: more.blockNetwork ?? false, onContact: () => undefined },
    engine,
  );
  assert.ok(way.ok);
  const [plan] = plans;
  return plan === undefined ? way.value.network.kind : { learn: plan.learn, hosts: plan.hosts.map(allowedHostText) };
}

const api = { host: 'api.test', port: 443 };

test('a server without or with an open network needs no proxy, and neither does one whose hosts are none', async () => {
  assert.equal(await asked({ kind: 'none' }), 'none');
  assert.equal(await asked({ kind: 'open', isChosen: false }), 'open');
  assert.equal(await asked({ kind: 'declared', hosts: [] }), 'none');
});

test('--block-network goes before everything', async () => {
  for (const network of [
    { kind: 'open', isChosen: true },
    { kind: 'declared', hosts: [api] },
    { kind: 'learn', hosts: [] },
  ] as const) {
    assert.equal(await asked(network, { blockNetwork: true }), 'none');
  }
});

test('hosts of the entry, of its variables and of its secrets are allowed, each once', async () => {
  assert.deepEqual(
    await asked(
      { kind: 'declared', hosts: [api] },
      { env: { URL1: 'https://api.test/x', B: 'redis://cache.test' }, secret: `postgres://u:${password}@db.test/x` },
    ),
    { learn: false, hosts: ['api.test:443', 'cache.test:6379', 'db.test:5432'] },
  );
  assert.deepEqual(await asked({ kind: 'learn', hosts: [] }), { learn: true, hosts: [] });
});
