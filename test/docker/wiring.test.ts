import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test, type TestContext } from 'node:test';

import { docker } from '../support/dockerLane.ts';
import { gatewayImage } from '../support/gatewayContainer.ts';
import { buildLeakyImage, sampleTags } from '../support/images.ts';
import type { McpClient } from '../support/mcpClient.ts';
import { until } from '../support/until.ts';
import { containersOf, makeHome, type WharfHome } from '../support/wharfHome.ts';

let ownImage = '';

before(async () => {
  await buildLeakyImage(docker);
  ownImage = (await gatewayImage()).tag;
});

const passphrase = ['open', 'sesame', 'now'].join(' ');

function profileOf(lines: readonly string[], top = ''): string {
  return `version: 1\n${top}servers:\n  - image: ${sampleTags.leaky}\n    name: asks\n${lines.map((line) => `    ${line}\n`).join('')}`;
}

const withToken = profileOf(['secrets: [{ name: token, env: TOKEN }]', 'wharf: { network: none }']);

async function homeWithVault(t: TestContext): Promise<WharfHome> {
  const home = await makeHome(t);
  const made = await home.wharf(['secret', 'init', '--passphrase'], { WHARF_IMAGE: ownImage }, `${passphrase}\n`);
  assert.equal(made.code, 0, made.stderr);
  return home;
}

async function setToken(home: WharfHome, value: string): Promise<void> {
  const set = await home.wharf(['secret', 'set', 'token'], {}, value);
  assert.equal(set.code, 0, set.stderr);
}

/** What the server's length of its secret comes to, without a word about a restart. */
async function lengthSeen(client: McpClient): Promise<string | undefined> {
  const { result } = (await client.callTool('length', { name: 'TOKEN' })) as { result?: { content: readonly { text: string }[] } };
  return result?.content.map(({ text }) => /\d+ characters/.exec(text)?.[0] ?? '').join('');
}

test('a new value reaches the server with its next call, and a call that runs is finished with the old one', async (t) => {
  const home = await homeWithVault(t);
  await setToken(home, 'first-value-of-it');
  await home.addProfile('dev', withToken);
  const client = await home.session('dev');
  assert.equal(await lengthSeen(client), '17 characters');
  const running = client.callTool('slow', { name: 'TOKEN' });
  const control = await home.control();
  await until(async () => {
    const calls = await control?.request('calls/list', { limit: 1 });
    return calls?.ok === true && calls.value.calls[0]?.tool === 'slow' && calls.value.calls[0].status === 'running';
  });
  await setToken(home, 'another-value-that-is-longer');
  assert.equal(await lengthSeen(client), '28 characters');
  assert.match(JSON.stringify((await running).result), /slow \[wharf:secret token\]/);
  assert.equal((await containersOf((await home.status()).pid)).length, 1);
  assert.equal(
    await client.callText('raw', { text: 'it was first-value-of-it' }),
    'it is it was [wharf:secret token].',
    'the old value is still looked for',
  );
});

test('a server whose secret is missing says so and what to do, and comes up in the same thread when it is set', async (t) => {
  const home = await homeWithVault(t);
  await home.addProfile('dev', withToken);
  const client = await home.gateway(['--profile', 'dev']);
  await client.initialize();
  const { error } = await client.request('tools/list', {});
  assert.equal(error?.data?.code, 'WHARF_SECRET_FOR_SERVER');
  assert.match(error.message, /"asks".*TOKEN.*wharf secret set token/s);
  const listed = await home.wharf(['tools', 'ls', '--profile', 'dev']);
  assert.match(listed.stderr, /WHARF_SECRET_FOR_SERVER.*wharf secret set token/s);
  assert.deepEqual(await containersOf((await home.status()).pid), []);
  await setToken(home, 'now-it-is-there');
  await until(() => client.notifications.some(({ method }) => method === 'notifications/tools/list_changed'), {
    what: 'the tools to come',
  });
  assert.equal(await lengthSeen(client), '15 characters');
});

test('a server whose vault is locked says so, and comes up in the same thread when it is unlocked', async (t) => {
  const home = await homeWithVault(t);
  await setToken(home, 'kept-behind-a-word');
  await home.addProfile('dev', withToken);
  await home.wharf(['secret', 'lock']);
  const client = await home.gateway(['--profile', 'dev']);
  await client.initialize();
  const { error } = await client.request('tools/list', {});
  assert.equal(error?.data?.code, 'WHARF_SECRET_FOR_SERVER');
  assert.match(error.message, /wharf secret unlock/);
  assert.equal((await home.wharf(['secret', 'unlock'], {}, `${passphrase}\n`)).code, 0);
  await until(() => client.notifications.some(({ method }) => method === 'notifications/tools/list_changed'), {
    what: 'the tools to come',
  });
  assert.equal(await lengthSeen(client), '18 characters');
});

test('what a profile, an option or a policy file forbids is not started, and the command line gives the reason', async (t) => {
  const home = await makeHome(t);
  const refusedWith = async (): Promise<string> => {
    const listed = await home.wharf(['tools', 'ls', '--profile', 'dev']);
    assert.notEqual(listed.code, 0, listed.stdout);
    return listed.stderr;
  };
  const plain = ['wharf: { network: none }'];
  await home.addProfile('dev', profileOf(plain, 'wharf: { requireDigest: true }\n'));
  assert.match(await refusedWith(), /digest.*WHARF_IMAGE_REFUSED/s);
  await home.addProfile('dev', profileOf(plain, 'wharf: { verify: true }\n'));
  assert.match(await refusedWith(), /WHARF_IMAGE_(?:UNSIGNED|LOCAL|REFUSED)/);
  await home.addProfile('dev', profileOf(plain));
  const dry = await home.wharf(['gateway', 'run', '--profile', 'dev', '--dry-run', '--verify-signatures']);
  assert.match(dry.stderr, /WHARF_IMAGE_(?:UNSIGNED|LOCAL|REFUSED)/);
  const policy = join(home.locations.configFolder, 'policy.yaml');
  writeFileSync(policy, 'version: 1\nregistries: [registry.example.test/**]\n');
  assert.match(await refusedWith(), /policy\.yaml.*WHARF_IMAGE_REFUSED/s);
  writeFileSync(policy, 'version: 1\nregistries: [docker.io/**\n');
  assert.match(await refusedWith(), /WHARF_POLICY_BROKEN/);
  const { pid } = await home.status();
  assert.deepEqual(await containersOf(pid), []);
  writeFileSync(policy, 'version: 1\nregistries: [docker.io/wharf-sample/*]\n');
  const listed = await home.wharf(['tools', 'ls', '--profile', 'dev']);
  assert.equal(listed.code, 0, listed.stderr);
  // Its tools are known from now on, which lets nothing start.
  writeFileSync(policy, 'version: 1\nregistries: []\n');
  const called = await home.wharf(['tools', 'call', 'raw', 'text=x', '--profile', 'dev']);
  assert.match(called.stderr, /policy\.yaml.*WHARF_IMAGE_REFUSED/s);
});

/** The networks of a profile's only server. */
async function networksOf(home: WharfHome): Promise<readonly { readonly name: string; readonly isInternal: boolean }[]> {
  const infos = await Promise.all((await containersOf((await home.status()).pid)).map((id) => docker.getContainer(id).inspect()));
  const server = infos.find(({ Config: config }) => config.Labels['wharf.role'] === undefined);
  return Promise.all(
    Object.entries(server?.NetworkSettings.Networks ?? {}).map(async ([name, { NetworkID: id }]) => {
      const network = (await docker.getNetwork(id).inspect()) as { readonly Internal: boolean };
      return { name, isInternal: network.Internal };
    }),
  );
}

test('a server with a connection string reaches the host that it names and no other', async (t) => {
  const home = await homeWithVault(t);
  await setToken(home, 'word-of-the-database');
  const url = 'env: [{ name: DATABASE_URL, value: "postgres://app:${PASSWORD}@db.example.test/x" }]';
  await home.addProfile('dev', profileOf(['secrets: [{ name: token, env: PASSWORD }]', url]));
  const client = await home.session('dev');
  const networks = await networksOf(home);
  assert.deepEqual(
    networks.map(({ isInternal }) => isInternal),
    [true],
    await home.log(),
  );
  assert.doesNotMatch(await client.callText('reach', { text: 'other.example.test:5432' }), /connected/);
  assert.doesNotMatch(await client.callText('reach', { text: '169.254.169.254:80' }), /connected/);
  assert.doesNotMatch(await client.callText('reach', { text: '172.17.0.1:22' }), /connected/);
  // Its own host has the proxy's address, which finds nobody behind the name.
  assert.equal(await client.callText('reach', { text: 'db.example.test:5432' }), 'connected');
  assert.match(await client.callText('raw', { name: 'DATABASE_URL' }), /postgres:\/\/app:\[wharf:/);
  await client.close();
  const { pid } = await home.status();
  await until(async () => (await containersOf(pid)).length === 0, { what: 'the server and its proxy to be gone' });
  for (const { name } of networks) {
    await until(async () => (await docker.listNetworks({ filters: { name: [name] } })).length === 0, {
      what: `the network ${name} to be gone`,
    });
  }
});

test('what a server that learns asks for is written down, and no private address is reached', async (t) => {
  const home = await homeWithVault(t);
  await home.addProfile('dev', profileOf(['wharf: { network: learn }']));
  const client = await home.session('dev');
  assert.doesNotMatch(await client.callText('reach', { text: '172.17.0.1:2375' }), /connected/);
  await client.callText('reach', { text: 'api.example.test:443' });
  const folder = join(home.locations.dataFolder, 'learned-hosts');
  const learned = (): string =>
    readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('\n');
  await until(
    () => {
      try {
        return learned().includes('"api.example.test"');
      } catch {
        return false;
      }
    },
    { what: 'the host to be written down', timeoutMs: 10_000 },
  );
  assert.match(learned(), /"server":"asks"/);
});

test('each host that a server may not reach is told once, in the log and with the call, with what to add to its entry', async (t) => {
  const home = await homeWithVault(t);
  await home.addProfile('dev', profileOf(['allowHosts: ["api.example.test:443"]']));
  const client = await home.session('dev');
  for (let time = 0; time < 2; time++) {
    assert.doesNotMatch(await client.callText('reach', { text: 'other.example.test:443' }), /connected/);
  }
  await until(async () => (await home.log()).includes('other.example.test'), { what: 'the refused host to be told' });
  const log = await home.log();
  assert.match(log, /dev: The server "asks" asked for other\.example\.test, which it may not reach: it is none of its hosts\./);
  assert.match(log, /add other\.example\.test:PORT .*to allowHosts of its entry/);
  assert.equal(log.match(/asked for other\.example\.test/g)?.length, 1);
  const control = await home.control();
  const calls = await control?.request('calls/list', { limit: 2 });
  const first = calls?.ok === true ? calls.value.calls[0]?.id : undefined;
  assert.ok(first !== undefined);
  const shown = await home.wharf(['calls', 'show', first]);
  assert.match(shown.stdout, /asked for other\.example\.test, which it may not reach/);
});
