import assert from 'node:assert/strict';
import { test } from 'node:test';

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
