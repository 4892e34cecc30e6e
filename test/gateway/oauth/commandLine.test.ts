import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { parse } from 'yaml';

import { logInAt, startOauthServer } from '../../support/oauthServer.ts';
import { builtPrograms } from '../../support/programs.ts';
import { until } from '../../support/until.ts';
import { makeHome, type WharfHome } from '../../support/wharfHome.ts';
import { serveStateful } from '../upstreams/remoteServers.ts';
import { serveGuarded } from './guardedServer.ts';

/** `wharf oauth authorize`, as it runs. */
async function authorize(home: WharfHome, args: readonly string[]) {
  const script = join(await builtPrograms(), 'wharf.cjs');
  const child = spawn(process.execPath, [script, 'oauth', 'authorize', ...args], { cwd: home.project, env: home.env });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  const address = await until(() => /^http\S+$/m.exec(said.stdout)?.[0], {
    what: 'the address of the login',
  }).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw new Error(`${said.stdout}${said.stderr}`, { cause: error });
  });
  return { child, ended, said, address };
}

/** Every file of a folder whose content holds the text. */
async function filesWith(folder: string, text: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        return (await readFile(path)).includes(text) ? [path] : [];
      }),
  );
  return found.flat();
}

test('a person logs in on the command line, and every thread of theirs has the tools', async (t) => {
  const oauth = await startOauthServer(t);
  const server = await serveGuarded(t, oauth);
  const home = await makeHome(t);
  assert.equal((await home.wharf(['secret', 'init', '--key-file', join(home.home, 'key')])).code, 0);
  await home.addProfile('dev', `version: 1\nservers:\n  - name: far\n    type: remote\n    endpoint: ${server.url}\n`);

  const early = await home.gateway(['--profile', 'dev']);
  await early.initialize();
  await assert.rejects(early.listTools(), /wants you to log in.*wharf oauth authorize far --profile dev/);

  const login = await authorize(home, ['far']);
  assert.match(login.said.stderr, /Ctrl\+C gives up/);
  assert.match(await logInAt(login.address), /You are logged in/);
  assert.equal(await login.ended, 0, login.said.stderr);
  assert.match(login.said.stdout, /You are logged in at http:\S+\/mcp through http:\S+, for: mcp:read\./);

  // Whoever was there before hears of the tools.
  await until(() => early.notifications.some(({ method }) => method === 'notifications/tools/list_changed'), { what: 'word of new tools' });
  assert.ok((await early.toolNames()).includes('echo'));
  const late = await home.session('dev');
  for (const client of [early, late]) {
    const reply = await client.request('tools/call', { name: 'echo', arguments: { text: 'hello' } });
    assert.match(JSON.stringify(reply.result), /hello/);
  }
  assert.equal(await oauth.grants('authorization_code'), 1);
  assert.equal(new Set(server.tokens).size, 1);

  const listed = await home.wharf(['oauth', 'ls', '--json']);
  const { logins } = JSON.parse(listed.stdout) as { logins: readonly Record<string, unknown>[] };
  assert.equal(logins.length, 1);
  assert.deepEqual([logins[0]?.['server'], logins[0]?.['issuer'], logins[0]?.['canRefresh']], [server.url, oauth.issuer, true]);

  const [token = ''] = server.tokens;
  assert.deepEqual(await filesWith(home.home, token), []);
  const calls = await home.wharf(['calls', 'ls', '--format', 'json']);
  assert.deepEqual(parse((await home.wharf(['calls', 'ls', '--format', 'yaml'])).stdout), JSON.parse(calls.stdout));
  assert.deepEqual(parse((await home.wharf(['oauth', 'ls', '--format', 'yaml'])).stdout), { logins });
  for (const text of [calls.stdout, listed.stdout, login.said.stdout, login.said.stderr, await home.log()]) {
    assert.ok(!text.includes(token));
  }

  const revoked = await home.wharf(['oauth', 'revoke', 'far']);
  assert.equal(revoked.code, 0, revoked.stderr);
  assert.equal((await oauth.introspect(token)).active, false);
  assert.match((await home.wharf(['oauth', 'ls'])).stdout, /^No login\.$/m);

  // The thread goes on: each call says what to do, until somebody did it.
  for (let time = 0; time < 4; time++) {
    const { error } = await early.request('tools/call', { name: 'echo', arguments: { text: 'a' } });
    assert.match(error?.message ?? '', /WHARF_LOGIN_NEEDED/);
  }
  const again = await authorize(home, ['far']);
  await logInAt(again.address);
  assert.equal(await again.ended, 0, again.said.stderr);
  assert.match(JSON.stringify(await early.callTool('echo', { text: 'once more' })), /once more/);
});

test('a login on the command line is given up with Ctrl+C, and what cannot be begun says why', async (t) => {
  const oauth = await startOauthServer(t, { registration: false });
  const server = await serveGuarded(t, oauth);
  const open = await serveStateful(t);
  const home = await makeHome(t);
  assert.equal((await home.wharf(['secret', 'init', '--key-file', join(home.home, 'key')])).code, 0);
  const entry = (name: string, url: string): string => `  - name: ${name}\n    type: remote\n    endpoint: ${url}\n`;
  await home.addProfile('dev', `version: 1\nservers:\n${entry('far', server.url)}${entry('open', open.url)}`);

  const login = await authorize(home, [server.url, '--client-id', 'known']);
  login.child.kill('SIGINT');
  assert.equal(await login.ended, 2);
  assert.match(login.said.stderr, /given up.*\(WHARF_LOGIN_OVER\)/);

  const fails = async (args: readonly string[], words: RegExp): Promise<void> => {
    const ended = await home.wharf(['oauth', ...args]);
    assert.deepEqual([ended.code, ended.stdout], [2, '']);
    assert.match(ended.stderr, words);
  };
  await fails(['authorize', 'far'], /WHARF_LOGIN_CLIENT_NEEDED.*--client-id/);
  await fails(['authorize', 'open'], /"open" asks for no login/);
  await fails(['authorize', 'near'], /There is no remote server "near".*far, open/);
  await fails(['authorize', 'far', '--profile', 'prod'], /WHARF_PROFILE_NOT_FOUND/);
  await fails(['authorize', 'far', '--client-secret'], /need --client-id/);
  await fails(['revoke', 'near'], /WHARF_LOGIN_SERVER/);
  await fails(['revoke', 'far'], /WHARF_LOGIN_UNKNOWN/);

  await home.writeProfile('strange', `version: 1\nservers:\n${entry('other', server.url)}`);
  await fails(['authorize', 'other'], /WHARF_PROFILE_NOT_ALLOWED/);
  await home.writeProfile('strange', `version: 1\nservers:\n${entry('far', `${server.origin}/x`)}`);
  await fails(['authorize', 'far'], /WHARF_LOGIN_SERVER_AMBIGUOUS/);
});
