import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { allRules } from '../../src/core/scan/rules/all.ts';
import { seeded } from '../support/patternSamples.ts';
import { secretOf } from '../support/secretSamples.ts';
import { HttpClient, startHttpGateway } from '../support/httpGateway.ts';
import { until } from '../support/until.ts';
import { demoProfile, makeHome, type WharfHome } from '../support/wharfHome.ts';

async function stderrOf(home: WharfHome, args: readonly string[], words: RegExp): Promise<string> {
  const client = await home.gateway(args);
  await until(() => words.test(client.stderr), { what: `stderr to say ${String(words)}` });
  assert.deepEqual([client.strays, client.notifications], [[], []], 'the client hears it with its first request');
  const { error } = await client.initialize();
  assert.ok(error !== undefined && client.stderr.includes(error.message), 'the client and the person hear the same');
  await client.close();
  return client.stderr;
}

test('whoever starts the gateway of a profile that is not served reads why on stderr, before any client asks', async (t) => {
  const home = await makeHome(t);
  await home.writeProfile('dev', demoProfile);
  for (const more of [[], ['--no-daemon']]) {
    const missing = await stderrOf(home, ['--profile', 'nosuch', ...more], /WHARF_PROFILE_NOT_FOUND/);
    assert.match(missing, /^wharf: There is no profile "nosuch"\. .* a new one is one of these files: [^\n]*\n/);
    const refused = await stderrOf(home, ['--profile', 'dev', ...more], /WHARF_PROFILE_NOT_ALLOWED/);
    assert.match(refused, /^wharf: The profile .* run "wharf profile allow dev"[^\n]*\n/);
  }
});

const asking = `
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  const results = {
    initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'a', version: '1' } },
    'tools/list': { tools: [{ name: 'ask', inputSchema: { type: 'object' } }] },
  };
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] ?? {} }));
});
`;

test('a dry run of a server whose tools are remembered is refused what a call would be refused', async (t) => {
  const home = await makeHome(t);
  const program = join(home.home, 'server.cjs');
  await writeFile(program, asking);
  assert.equal((await home.wharf(['secret', 'init', '--key-file', join(home.home, 'key')])).code, 0);
  assert.equal((await home.wharf(['secret', 'set', 'api_key'], {}, 'some-value-of-it')).code, 0);
  const native = JSON.stringify({ command: process.execPath, args: [program], env: { API_KEY: 'secret://api_key' } });
  await home.addProfile('dev', `version: 1\nservers:\n  - name: asks\n    wharf: { native: ${native} }\n`);
  const dryRun = ['gateway', 'run', '--profile', 'dev', '--dry-run'];
  const before = await home.wharf(dryRun);
  assert.deepEqual([before.code, /asks: 1 tool/.test(before.stderr)], [0, true], before.stderr);
  assert.equal((await home.wharf(['secret', 'rm', 'api_key'])).code, 0);
  const after = await home.wharf(dryRun);
  assert.equal(after.code, 1, after.stderr);
  assert.match(after.stderr, /WHARF_SECRET_FOR_SERVER/);
  const listed = await home.wharf(['tools', 'call', 'ask', '--profile', 'dev']);
  assert.equal(listed.stderr.match(/WHARF_SECRET_FOR_SERVER/g)?.length, 1, listed.stderr);
});

test('a call that was withheld is not told as the failure of its tool', async (t) => {
  const home = await makeHome(t);
  const program = join(home.home, 'server.cjs');
  const rule = allRules.find(({ id }) => id === 'linear-api-key');
  assert.ok(rule !== undefined);
  const secret = secretOf(rule, seeded(9)).text;
  await writeFile(program, asking);
  const native = JSON.stringify({ command: process.execPath, args: [program] });
  await home.addProfile('dev', `version: 1\nwharf: { output: block }\nservers:\n  - name: asks\n    wharf: { native: ${native} }\n`);
  const called = await home.wharf(['tools', 'call', 'ask', `text=${secret}`, '--profile', 'dev']);
  assert.equal(called.code, 1, called.stderr);
  assert.match(called.stdout, /\[Wharf\] .*was not passed on/);
  assert.doesNotMatch(called.stderr, /says that it failed/);
});

test('over HTTP the call of a tool that nobody has is logged by its name, and all addresses are said', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const gateway = await startHttpGateway(t, home, ['dev'], ['--log-calls', '--host', '0.0.0.0', '--insecure-http']);
  assert.match(gateway.stderr(), /at http:\/\/127\.0\.0\.1:\d+\S* and at all other addresses of this machine/);
  const client = new HttpClient(gateway);
  await client.initialize();
  await client.request('tools/call', { name: 'get-env', arguments: {} });
  await until(() => /^wharf: get-env took \d+ ms: error$/m.test(gateway.stderr()), { what: 'the call to be logged' });
});

test('a server that may reach every host is marked where profiles are listed', async (t) => {
  const home = await makeHome(t);
  await home.addProfile(
    'dev',
    'version: 1\nservers:\n  - { image: a/b:1, name: wide, wharf: { network: open } }\n  - { image: a/b:1, name: shut, wharf: { network: none } }\n',
  );
  assert.match((await home.wharf(['profile', 'list'])).stdout, /^dev .* wide \(open\), shut$/m);
});

test('a daemon for an address of Docker that changed is found by status and ended by stop', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const [before, after] = ['a', 'b'].map((name) => ({ DOCKER_HOST: `unix:///nonexistent/${name}.sock` }));
  const listed = await home.wharf(['tools', 'ls', '--profile', 'dev'], before);
  assert.equal(listed.code, 0, listed.stderr);
  const status = await home.wharf(['daemon', 'status'], after);
  assert.match(status.stdout, /^The daemon is not running/);
  assert.match(status.stderr, /Another daemon still runs: process \d+, Docker at \S+a\.sock/);
  assert.match((await home.wharf(['daemon', 'stop'], after)).stdout, /^A daemon for another address of Docker stopped\.$/m);
  assert.doesNotMatch((await home.wharf(['daemon', 'status'], after)).stderr, /Another daemon/);
});

test('a tool in the choice that no server has is named once, with the nearest, wherever a person looks', async (t) => {
  const home = await makeHome(t);
  const path = await home.addProfile('few', `${demoProfile}    tools: [add, cuont_words]\n`);
  const words = /no tool "cuont_words".*Did you mean "count_words"\?/g;
  const dry = await home.wharf(['gateway', 'run', '--profile', 'few', '--dry-run']);
  assert.equal(dry.code, 1);
  assert.equal(dry.stderr.match(words)?.length, 1, dry.stderr);
  assert.match(dry.stderr, /demo: 1 of 3 tools, as the profile's "tools" leaves out the others/);
  const listed = await home.wharf(['tools', 'ls', '--profile-file', path]);
  assert.deepEqual([listed.code, listed.stdout], [0, 'add  Adds two numbers.\n']);
  assert.equal(listed.stderr.match(words)?.length, 1, listed.stderr);
  await home.session('few');
  await home.session('few');
  await until(async () => words.test(await home.log()), { what: 'the log of the daemon to name the tool' });
  assert.equal((await home.log()).match(words)?.length, 1);
  const alone = await home.gateway(['--profile', 'few', '--no-daemon', '--tools', 'now,adn']);
  await alone.initialize();
  assert.deepEqual(await alone.toolNames(), ['now']);
  await until(() => /the tool "adn", which --tools names.*Did you mean "add"\?/.test(alone.stderr));
});
