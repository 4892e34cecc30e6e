import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { before, test } from 'node:test';

import { hostileImages, hostileProfile, startAttack } from '../support/hostileLane.ts';
import type { Reply } from '../support/mcpClient.ts';
import { until } from '../support/until.ts';
import { containersOf, makeHome } from '../support/wharfHome.ts';

before(hostileImages);

function textsOf({ result }: Reply): readonly (string | undefined)[] {
  return (result as { content?: readonly { text?: string }[] } | undefined)?.content?.map(({ text }) => text) ?? [];
}

/** Lies that are told in place of an honest answer, and what the caller gets: a text, or an error. */
const lies: readonly (readonly [kind: string, expected: string | RegExp])[] = [
  ['two answers', 'first'],
  ['every id', 'own'],
  ['the id as a text', 'own'],
  ['odd ids', 'own'],
  ['a prototype', 'own'],
  ['broken UTF-8', 'own \ufffd\ufffd\ufffd\ufffd\ufffd\ufffd'],
  ['half a pair', 'own \ufffd'],
  ['deep nesting', /nested more than 120 deep/],
  ['keys twice', /not JSON/],
  ['an error of another kind', /^no object$/],
  ['a message of Wharf', 'own'],
  ['a carriage return in the line', 'own'],
];

test('whatever ids a server answers, and however, nobody but its caller gets an answer, and that is one', async (t) => {
  const attack = await startAttack(t);
  const { client } = attack;
  for (const [kind, expected] of lies) {
    // A call of the neighbour is open meanwhile: its id is among those that are forged.
    const slow = client.callTool('slow', { ms: 300 });
    const reply = await client.callTool('lie', { kind });
    if (typeof expected === 'string') {
      assert.deepEqual(textsOf(reply), [expected], kind);
    } else {
      assert.match(reply.error?.message ?? '', expected, kind);
    }
    assert.deepEqual(textsOf(await slow), ['slept 300 ms'], kind);
  }
  assert.deepEqual(client.strays, []);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  assert.ok(client.notifications.every(({ method }) => method !== 'wharf/refused'));
  await attack.assertUnharmed();
});

test("two clients of one shared hostile server never hear of each other's calls", async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', hostileProfile({ wharf: ['share: user'] }));
  const [one, two] = [await home.session('dev'), await home.session('dev')];
  await two.callText('say', { text: 'hello' });
  const { instances } = await home.status();
  assert.equal(instances.filter(({ server }) => server === 'hostile').length, 1);
  const open = two.callTool('connect', { targets: [{ host: '192.0.2.1', port: 1 }], patienceMs: 500 });
  for (const kind of ['every id', 'odd ids', 'the id as a text']) {
    assert.deepEqual(textsOf(await one.callTool('lie', { kind })), ['own']);
  }
  await one.callText('log', { text: 'for everybody?' });
  await open;
  for (const client of [one, two]) {
    assert.deepEqual(client.strays, []);
  }
  assert.ok(two.notifications.every(({ params }) => params?.['data'] !== 'for everybody?'));
});

const invisible = /(?![\n\t])[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u206f]/u;

test('names and words that deceive are shown with their escapes, in lists, calls, results, errors and logs', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', hostileProfile({ mode: 'disguise' }));
  const client = await home.session('dev');
  const trick = '\u001b[2J\u202Etxt\u009b31m\u2066';
  await client.callText('say', { text: trick });
  await client.callText('log', { text: trick });
  await client.callText('complain', { text: trick });
  const control = await home.control();
  const calls = await control?.request('calls/list', { limit: 9 });
  const id = (calls?.ok === true ? calls.value.calls : []).find(({ tool }) => tool === 'say')?.id ?? '';
  for (const args of [
    ['tools', 'ls', '--profile', 'dev'],
    ['tools', 'ls', '--profile', 'dev', '--format', 'json'],
    ['tools', 'call', '--profile', 'dev', 'say', `text=${trick}`],
    ['tools', 'call', '--profile', 'dev', '--format', 'json', 'say', `text=${trick}`],
    ['calls', 'ls'],
    ['calls', 'ls', '--format', 'json'],
    ['calls', 'show', id],
    ['daemon', 'status'],
    ['daemon', 'status', '--format', 'json'],
    ['profile', 'list'],
  ]) {
    const { code, stdout, stderr } = await home.wharf(args);
    assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
    assert.notEqual(stdout, '');
    assert.doesNotMatch(stdout + stderr, invisible, args.join(' '));
  }
  const shown = await home.wharf(['calls', 'show', id]);
  assert.deepEqual((JSON.parse(shown.stdout) as { arguments: unknown }).arguments, { text: trick }, 'a program still reads the same');
  client.kill('SIGTERM');
  await until(async () => /"hostile" of dev/.test(await home.log()));
  assert.doesNotMatch(await home.log(), invisible);
});

test('tool names that imitate others are told apart: each call reaches the server whose tool it is', async (t) => {
  const attack = await startAttack(t, { mode: 'disguise' });
  const { client } = attack;
  const names = await client.toolNames();
  const sanitised = names.map((name) => name.replace(/[^A-Za-z0-9_]/gu, '_'));
  assert.equal(new Set(sanitised).size, names.length, 'no two are the same in the eyes of Codex');
  assert.ok(names.every((name) => name.length <= 128 - 'mcp__MCP_DOCKER__'.length));
  assert.equal(await client.callText('echo', { text: 'x' }), 'echo: x', 'the first of a name keeps it');
  assert.equal(await client.callText('hostile__echo'), 'echo of the hostile server');
  assert.equal(await client.callText('\u0435cho'), '\u0435cho of the hostile server');
  for (const name of ['wharf', '__proto__', 'constructor']) {
    assert.equal(await client.callText(name), `${name} of the hostile server`);
  }
  await attack.assertUnharmed();
});

test('an address of a resource is passed on and never opened by the gateway, whatever it says', async (t) => {
  const attack = await startAttack(t);
  const { client } = attack;
  const { result } = await client.request('resources/list');
  const uris = (result as { resources: readonly { uri: string }[] }).resources.map(({ uri }) => uri);
  assert.ok(uris.includes('file:///../../../../etc/passwd'));
  for (const uri of [...uris, 'file:///etc/hostname', 'file:///../../etc/hostname', 'file://%2e%2e/%2e%2e/etc/hostname']) {
    const reply = await client.request('resources/read', { uri });
    const text = (reply.result as { contents?: readonly { text: string }[] } | undefined)?.contents?.[0]?.text ?? '';
    assert.ok(text.startsWith(`asked for ${uri}`), `${uri}: the server is asked, with the address as it was`);
    assert.doesNotMatch(text, new RegExp(`:${process.getuid?.() ?? 0}:.*${attack.home.home}`));
  }
  // The file of the container's image, not of this computer: it has two users.
  const passwd = await client.request('resources/read', { uri: 'file:///etc/passwd' });
  assert.match(JSON.stringify(passwd.result), /which is here: root:x:0:0:root:\/root:\/\\nnode:x:1000/);
  await attack.assertUnharmed();
});

for (const method of ['initialize', 'notifications/initialized', 'tools/list', 'resources/list', 'tools/call']) {
  test(`a server that ends when it hears "${method}" costs nobody else anything`, async (t) => {
    const attack = await startAttack(t, { mode: `exit-at=${method}`, wharf: ['startTimeout: 2s'] });
    const { error } = await attack.client.callTool('say', { text: 'x' });
    assert.ok(error !== undefined || method === 'resources/list' || method === 'notifications/initialized', method);
    await attack.assertUnharmed();
  });

  test(`a server that never answers "${method}" costs nobody else anything`, async (t) => {
    const attack = await startAttack(t, { mode: `mute=${method}`, wharf: ['startTimeout: 1s', 'callTimeout: 1s'] });
    await attack.client.callTool('say', { text: 'x' });
    await attack.assertUnharmed();
  });
}

test('a server that reads nothing and will not end is sent no more than fits, and is removed', async (t) => {
  const attack = await startAttack(t, { mode: 'deaf', wharf: ['callTimeout: 2s'] });
  const { home, client } = attack;
  const text = 'x'.repeat(30 * 1024 * 1024);
  const replies = await Promise.all(Array.from({ length: 5 }, () => client.callTool('say', { text })));
  assert.deepEqual(new Set(replies.map(({ error }) => error?.data?.code)), new Set(['WHARF_CALL_TIMEOUT', 'WHARF_SERVER_FLOODED']));
  await attack.assertUnharmed(1_024);
  const { pid } = await home.status();
  await client.close();
  await until(async () => (await containersOf(pid)).length === 2, { what: 'its containers to be removed', timeoutMs: 20_000 });
  assert.ok((await readdir(home.project)).length > 0);
});
