import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { until } from '../../support/until.ts';
import { isRunning } from '../../support/wharfHome.ts';
import { call, failure, given, makeHost, never, textResult, TestHost } from './host.ts';

const large = 3 * 1024 ** 2;

test('before a call a script reads the request in both spellings, with its numbers as the client wrote them', async (t) => {
  const host = await makeHost(t);
  const request = Buffer.from(
    '{"id":7,"params":{"name":"add","arguments":{"big":12345678901234567890}},"jsonrpc":"2.0","method":"tools/call"}',
  );
  assert.equal(given(await host.interceptors('before:exec:cat > seen').before(request, never)), undefined);
  const params = '{"name":"add","arguments":{"big":12345678901234567890}}';
  assert.equal(
    await readFile(join(host.cwd, 'seen'), 'utf8'),
    `{"method":"tools/call","params":${params},"Params":${params},"Session":{},"Extra":null}\n`,
  );
  given(await host.interceptors('before:exec:cat > seen').before(call, never));
  const seen = JSON.parse(await readFile(join(host.cwd, 'seen'), 'utf8')) as unknown;
  assert.deepEqual(seen, { method: 'tools/call', params: call.params, Params: call.params, Session: {}, Extra: null });
});

test('a request without parameters is an empty object in both spellings', async (t) => {
  const host = await makeHost(t);
  given(await host.interceptors('before:exec:cat > seen').before(Buffer.from('{"method":"tools/call"}'), never));
  assert.match(await readFile(join(host.cwd, 'seen'), 'utf8'), /"params":\{\},"Params":\{\}/);
});

test('what a script writes before a call is the answer, and the scripts behind it do not run', async (t) => {
  const host = await makeHost(t);
  const interceptors = host.interceptors(
    'before:exec:echo first >> order',
    `before:exec:echo second >> order; echo '${JSON.stringify(textResult('no'))}'`,
    'before:exec:echo third >> order',
    'after:exec:echo after >> order',
  );
  assert.deepEqual(given(await interceptors.before(call, never)), textResult('no'));
  assert.equal(await readFile(join(host.cwd, 'order'), 'utf8'), 'first\nsecond\n');
});

test('after a call each script gets what the one before it made, in the order of the options', async (t) => {
  const host = await makeHost(t);
  const interceptors = host.interceptors(
    'after:exec:sed s/one/two/',
    'after:exec:true',
    'after:exec:cat > seen',
    'after:exec:sed s/two/three/',
    'before:exec:exit 1',
  );
  assert.deepEqual(given(await interceptors.after(textResult('one'), never)), textResult('three'));
  assert.deepEqual(JSON.parse(await readFile(join(host.cwd, 'seen'), 'utf8')), textResult('two'));
  const bytes = Buffer.from('{"content":[],"structuredContent":{"n":12345678901234567890}}');
  given(await host.interceptors('after:exec:cat > seen').after(bytes, never));
  assert.equal(await readFile(join(host.cwd, 'seen'), 'utf8'), `${bytes.toString()}\n`);
});

test('scripts that write nothing but white space leave the call and its result alone', async (t) => {
  const host = await makeHost(t);
  const interceptors = host.interceptors('before:exec:echo', 'after:exec:true', 'after:exec:printf " \\n "');
  assert.equal(given(await interceptors.before(call, never)), undefined);
  assert.equal(given(await interceptors.after(textResult('x'), never)), undefined);
  assert.deepEqual([interceptors.hasBefore, interceptors.hasAfter], [true, true]);
  assert.deepEqual([host.interceptors().hasBefore, host.interceptors().hasAfter], [false, false]);
});

test('a script gets PATH and HOME of the gateway and no other of its variables', async (t) => {
  const host = await makeHost(t);
  process.env['WHARF_TEST_SECRET'] = 'hidden';
  t.after(() => delete process.env['WHARF_TEST_SECRET']);
  given(await host.interceptors('before:exec:/usr/bin/env > seen').before(call, never));
  const names = (await readFile(join(host.cwd, 'seen'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0] ?? '');
  // The shell sets the others by itself.
  assert.deepEqual(names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name)).sort(), ['HOME', 'PATH']);
});

test('what a script writes to stderr is in the log', async (t) => {
  const host = await makeHost(t);
  given(await host.interceptors('before:exec:echo looked at it >&2').before(call, never));
  assert.deepEqual(host.lines, ['The interceptor before:exec:echo looked at it >&2 wrote: looked at it']);
});

test('a script that fails fails the call, with its name, its exit code and its last words', async (t) => {
  const host = await makeHost(t);
  const problem = failure(await host.interceptors('before:exec:echo "no such user" >&2; exit 3').before(call, never));
  assert.match(problem.message, /^The interceptor "before:exec:echo .*" failed: it ended with exit code 3\.$/);
  assert.equal(problem.detail, 'no such user');
  const killed = failure(await host.interceptors('after:exec:kill -9 $$').after(textResult('x'), never));
  assert.match(killed.message, /it was ended by a signal/);
});

test('a script whose output is no result fails the call and shows the output', async (t) => {
  const host = await makeHost(t);
  const cases: readonly (readonly [string, RegExp])[] = [
    ['echo hello', /not JSON/],
    ["echo '[]'", /no result of a tool call, which is an object/],
    ['echo null', /no result of a tool call/],
    [`echo '{"content":"x"}'`, /"content" is no list/],
  ];
  for (const [script, reason] of cases) {
    const problem = failure(await host.interceptors(`after:exec:${script}`).after(textResult('x'), never));
    assert.match(problem.message, reason);
    assert.notEqual(problem.detail, '');
  }
});

test('a result without a content list gets an empty one, as the protocol wants it', async (t) => {
  const host = await makeHost(t);
  const made = given(await host.interceptors(`before:exec:echo '{"structuredContent":{"a":1}}'`).before(call, never));
  assert.deepEqual(made, { content: [], structuredContent: { a: 1 } });
});

test('a large result passes through a script whole, and one that nobody reads does no harm', async (t) => {
  const host = await makeHost(t);
  const result = textResult('x'.repeat(large));
  assert.deepEqual(given(await host.interceptors('after:exec:cat').after(result, never)), result);
  assert.equal(given(await host.interceptors('after:exec:true').after(result, never)), undefined);
});

test('an output above 16 MB fails the call', async (t) => {
  const host = await makeHost(t);
  const problem = failure(await host.interceptors('before:exec:yes').before(call, never));
  assert.match(problem.message, /it wrote more than 16 MB/);
});

test('a script that takes too long is killed with everything that it started', async (t) => {
  const host = await makeHost(t, { timeoutMs: 1_000 });
  const problem = failure(await host.interceptors('before:exec:sleep 600 & echo $! > child; wait').before(call, never));
  assert.match(problem.message, /it was not done within 1 s/);
  const child = Number(await readFile(join(host.cwd, 'child'), 'utf8'));
  await until(() => !isRunning(child), { what: 'the sleeping process to be gone' });
});

test('a script that left something behind with its output open is over at the time-out at the latest', async (t) => {
  const host = await makeHost(t, { timeoutMs: 1_000 });
  const problem = failure(await host.interceptors('before:exec:sleep 600 & echo $! > child').before(call, never));
  assert.match(problem.message, /not done within/);
  const child = Number(await readFile(join(host.cwd, 'child'), 'utf8'));
  await until(() => !isRunning(child), { what: 'the sleeping process to be gone' });
});

test('a cancelled call kills its script and everything that it started', async (t) => {
  const host = await makeHost(t);
  const cancellation = new AbortController();
  const running = host.interceptors('before:exec:sleep 600 & echo $! > child; wait').before(call, cancellation.signal);
  const child = await until(async () => Number(await readFile(join(host.cwd, 'child'), 'utf8')), { what: 'the script to start' });
  cancellation.abort();
  assert.match(failure(await running).message, /the call was cancelled/);
  await until(() => !isRunning(child), { what: 'the sleeping process to be gone' });
});

test('a call that is cancelled already runs no script to its end', async (t) => {
  const host = await makeHost(t);
  const problem = failure(await host.interceptors('before:exec:sleep 600').before(call, AbortSignal.abort()));
  assert.match(problem.message, /the call was cancelled/);
});

test('a folder that is gone is named', async () => {
  const host = new TestHost(join('/', 'nowhere', 'at-all'), {});
  assert.match(failure(await host.interceptors('before:exec:true').before(call, never)).message, /there is no \/nowhere\/at-all/);
});
