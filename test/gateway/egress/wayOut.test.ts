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
  more: { env?: ImageServer['env']; catalogEnv?: readonly string[]; secret?: string; blockNetwork?: boolean } = {},
): Promise<unknown> {
  const plans: EgressPlan[] = [];
  const engine = {
    openEgress: (plan: EgressPlan) => {
      plans.push(plan);
      return Promise.resolve(ok({ network: { kind: 'egress' }, failed: new Promise(() => undefined), close: () => Promise.resolve() }));
    },
  } as unknown as ContainerEngine;
  const variables = { env: more.env ?? {}, catalogEnv: more.catalogEnv ?? [] };
  const own = { kind: 'image', name: 'db', image: 'x', tools: null, line: 1, ...variables, network } as const;
  const server: ImageServer = { ...serverDefaults, ...closedContainer, ...own };
  const secretValues: Record<string, string> = more.secret === undefined ? {} : { URL: more.secret };
  const way = await openWayOut(
    { server, labels: {}, secretValues, blockNetwork: more.blockNetwork ?? false, onContact: () => undefined },
    () => Promise.resolve(engine),
  );
  assert.ok(way.ok);
  const [plan] = plans;
  return plan === undefined
    ? way.value.network.kind
    : {
        learn: plan.learn,
        hosts: plan.hosts.map(allowedHostText),
        ...(plan.allowPrivate.length === 0 ? {} : { private: plan.allowPrivate.map(allowedHostText) }),
      };
}

const api = { host: 'api.test', port: 443 };

test('a server without or with an open network needs no proxy, and neither does one whose hosts are none', async () => {
  assert.equal(await asked({ kind: 'none' }), 'none');
  assert.equal(await asked({ kind: 'open', isChosen: false }), 'open');
  assert.equal(await asked({ kind: 'declared', hosts: [], isOwn: false }), 'none');
});

test('--block-network goes before everything', async () => {
  for (const network of [
    { kind: 'open', isChosen: true },
    { kind: 'declared', hosts: [api], isOwn: false },
    { kind: 'learn', hosts: [], isOwn: false },
  ] as const) {
    assert.equal(await asked(network, { blockNetwork: true }), 'none');
  }
});

test('hosts of the entry, of its variables and of its secrets are allowed, each once', async () => {
  assert.deepEqual(
    await asked(
      { kind: 'declared', hosts: [api], isOwn: false },
      { env: { URL1: 'https://api.test/x', B: 'redis://cache.test' }, secret: `postgres://u:${password}@db.test/x` },
    ),
    {
      learn: false,
      hosts: ['api.test:443', 'cache.test:6379', 'db.test:5432'],
      private: ['api.test:443', 'cache.test:6379', 'db.test:5432'],
    },
  );
  assert.deepEqual(await asked({ kind: 'learn', hosts: [], isOwn: false }), { learn: true, hosts: [] });
});

test('a connection string closes a network of which the entry says nothing, unless it names an address', async () => {
  const silent = { kind: 'open', isChosen: false } as const;
  const secret = `postgres://u:${password}@db.test/x`;
  assert.deepEqual(await asked(silent, { secret }), { learn: false, hosts: ['db.test:5432'], private: ['db.test:5432'] });
  assert.equal(await asked({ kind: 'open', isChosen: true }, { secret }), 'open');
  assert.equal(await asked(silent, { secret: `postgres://u:${password}@192.0.2.7/x` }), 'open');
});

test('only hosts that the entry itself names, and no patterns, may be private', async () => {
  const hosts = [api, { host: '*.corp.test', port: 443 }];
  assert.deepEqual(await asked({ kind: 'declared', hosts, isOwn: true }), {
    learn: false,
    hosts: ['api.test:443', '*.corp.test:443'],
    private: ['api.test:443'],
  });
});

test('where the entry says which of its hosts may be private, the others may not: they were learned', async () => {
  const hosts = [api, { host: 'db.test', port: 5432 }];
  const privateHosts = [
    { host: 'db.test', port: 5432 },
    { host: 'else.test', port: 443 },
  ];
  assert.deepEqual(await asked({ kind: 'declared', hosts, isOwn: true, privateHosts }), {
    learn: false,
    hosts: ['api.test:443', 'db.test:5432'],
    private: ['db.test:5432'],
  });
  assert.deepEqual(await asked({ kind: 'declared', hosts, isOwn: true, privateHosts: [] }), {
    learn: false,
    hosts: ['api.test:443', 'db.test:5432'],
  });
});

test("a host that a catalogue's variable names may be reached, and is never a private one", async () => {
  const env = { BASE: 'http://router.corp.lan', OWN: 'http://wiki.corp.lan' };
  for (const network of [
    { kind: 'open', isChosen: false },
    { kind: 'declared', hosts: [], isOwn: false },
  ] as const) {
    assert.deepEqual(await asked(network, { env, catalogEnv: ['BASE'] }), {
      learn: false,
      hosts: ['router.corp.lan:80', 'wiki.corp.lan:80'],
      private: ['wiki.corp.lan:80'],
    });
  }
});

test("what the user's secrets put into a catalogue's variable is the user's, and what stands around them is not", async () => {
  const network = { kind: 'declared', hosts: [], isOwn: false } as const;
  const filled = (env: Record<string, string>, secret: string, own: Record<string, string> = {}): Promise<unknown> =>
    asked(network, { env: { ...env, ...own }, catalogEnv: Object.keys(env), secret });
  assert.deepEqual(await filled({ BASE: 'https://${URL}/api' }, 'gitlab.corp.lan'), {
    learn: false,
    hosts: ['gitlab.corp.lan:443'],
    private: ['gitlab.corp.lan:443'],
  });
  assert.deepEqual(await filled({ BASE: 'https://u:${URL}@router.corp.lan/' }, 'x'), { learn: false, hosts: ['router.corp.lan:443'] });
  assert.deepEqual(await filled({ DB_HOST: 'router.corp.lan' }, 'x', { DB_PORT: '80' }), { learn: false, hosts: ['router.corp.lan:80'] });
  assert.deepEqual(await filled({ DB_PORT: '5432' }, 'x', { DB_HOST: 'db.corp.lan' }), {
    learn: false,
    hosts: ['db.corp.lan:5432'],
    private: ['db.corp.lan:5432'],
  });
});
