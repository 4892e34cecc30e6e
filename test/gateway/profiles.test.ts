import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../support/until.ts';
import { demoProfile, makeHome, type WharfHome } from '../support/wharfHome.ts';

/** What a client of this profile is told instead of getting tools. */
async function refusal(home: WharfHome, profile: string): Promise<{ readonly message: string; readonly code: string | undefined }> {
  const client = await home.gateway(['--profile', profile]);
  const { error } = await client.initialize();
  assert.ok(error, 'initialize was answered');
  assert.equal((await client.request('tools/list', {})).error?.message, error.message);
  assert.equal((await client.callTool('add', { a: 1, b: 2 })).error?.message, error.message);
  await client.close();
  return { message: error.message, code: error.data?.code };
}

test('a profile that came with the project offers no tool until it is allowed, and says the command', async (t) => {
  const home = await makeHome(t);
  const path = await home.writeProfile('dev', demoProfile);
  const { message, code } = await refusal(home, 'dev');
  assert.equal(code, 'WHARF_PROFILE_NOT_ALLOWED');
  assert.ok(message.includes(path));
  assert.match(message, /wharf profile allow dev/);

  await home.allow('dev');
  const client = await home.session('dev');
  assert.deepEqual(await client.toolNames(), ['add', 'count_words', 'now']);

  await home.writeProfile('dev', `${demoProfile}    tools: [add]\n`);
  assert.equal((await refusal(home, 'dev')).code, 'WHARF_PROFILE_NOT_ALLOWED');
  await until(async () => (await client.callText('add', { a: 1, b: 2 })).includes('WHARF_PROFILE_NOT_ALLOWED'), {
    what: 'a session that began before to be refused as well',
  });
});

test("a user's profile goes before a project's of the same id, and needs no allowing", async (t) => {
  const home = await makeHome(t);
  await home.writeProfile('dev', demoProfile);
  await home.writeProfile('dev', `${demoProfile}    tools: [now]\n`, 'user');
  const client = await home.session('dev');
  assert.deepEqual(await client.toolNames(), ['now']);
});

test('a profile is found from a folder below the project', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const client = await home.gateway(['--profile', 'dev'], { cwd: `${home.project}/.codex` });
  assert.equal((await client.initialize()).error, undefined);
});

test('--profile-file serves the file that it names', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const client = await home.gateway(['--profile-file', '.codex/profiles/dev.yaml']);
  await client.initialize();
  assert.deepEqual(await client.toolNames(), ['add', 'count_words', 'now']);
});

test('the sessions of two profiles do not see the tools of each other', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('one', `${demoProfile}    tools: [add]\n`);
  await home.addProfile('two', `${demoProfile}    tools: [now]\n`);
  const [one, two] = await Promise.all([home.session('one'), home.session('two')]);
  assert.deepEqual(await one.toolNames(), ['add']);
  assert.deepEqual(await two.toolNames(), ['now']);
  assert.equal((await two.callTool('add', { a: 1, b: 2 })).error?.data?.code, 'WHARF_TOOL_UNKNOWN');
});

const broken: readonly (readonly [what: string, yaml: string, code: string, where: string, words: RegExp])[] = [
  ['a profile that is no YAML', 'version: 1\nservers:\n  - name: [demo\n', 'WHARF_PROFILE_SYNTAX', ':4:1: ', /not valid YAML/],
  ['a profile without servers as a list', 'version: 1\nservers: many\n', 'WHARF_PROFILE_SHAPE', '', /"servers" is not a list/],
  ['a profile of another version', 'version: 7\n', 'WHARF_PROFILE_SHAPE', '', /version 7 is not known/],
  [
    'a server that the built-in catalogue does not have',
    'version: 1\nservers:\n  - catalog_ref: builtin\n    name: nope\n',
    'WHARF_SERVER_UNKNOWN',
    ':3:',
    /no server "nope".*It has: demo, /,
  ],
  [
    'a network mode that is none',
    'version: 1\nservers:\n  - image: a:1\n    wharf:\n      network: closed\n',
    'WHARF_PROFILE_SHAPE',
    ':5:',
    /network is not none, declared, learn or open/,
  ],
];

test('a profile that cannot be used gives file, line and column, a code, and what to do', async (t) => {
  const home = await makeHome(t);
  for (const [what, yaml, code, where, words] of broken) {
    await t.test(what, async () => {
      const path = await home.writeProfile('dev', yaml);
      const told = await refusal(home, 'dev');
      assert.equal(told.code, code);
      assert.match(told.message, words);
      assert.ok(told.message.startsWith(`${path}:`), told.message);
      assert.match(told.message.slice(path.length), /^:\d+:\d+: /);
      assert.ok(told.message.slice(path.length).startsWith(where), told.message);
    });
  }
});

test('a profile that is not there is named with the files that would be it', async (t) => {
  const home = await makeHome(t);
  const { message, code } = await refusal(home, 'nope');
  assert.equal(code, 'WHARF_PROFILE_NOT_FOUND');
  assert.match(message, /There is no profile "nope"\./);
  assert.ok(message.includes(`${home.project}/.codex/profiles/nope.yaml`));
});

test('an id that climbs out of the folder finds nothing', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  assert.equal((await refusal(home, '../profiles/dev')).code, 'WHARF_PROFILE_NOT_FOUND');
});
