import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { Audit, auditLine } from '../../../src/gateway/http/audit.ts';
import { openAuditFile, type AuditFileLimits } from '../../../src/gateway/http/auditFile.ts';
import { until } from '../../support/until.ts';
import { bearing, call, initialize, knownToken, send, startFront, token } from './front.ts';

type Line = Readonly<Record<string, unknown>>;

const secret = 'the-secret-of-this-token';

test('sessions, failed logins and refusals are written down, with who it was and no secret', async (t) => {
  const { path, audit } = await openAudit(t);
  const { origin, front } = await startFront(t, {
    audit,
    tokens: [knownToken('alice', secret), knownToken('old', 'an-old-secret-of-one', { expiresAt: 1 })],
  });
  const client = await initialize(origin, '2025-06-18', '/mcp', bearing(secret));
  await client.post(call(1, 'echo', { text: 'what-was-said' }));
  await send(origin, { path: '/p/two/mcp?access_token=in-the-address', headers: bearing(secret), body: call(1, 'echo') });
  await send(origin, { headers: bearing('a-wrong-secret'), body: call(1, 'echo') });
  await send(origin, { headers: bearing('an-old-secret-of-one'), body: call(1, 'echo') });
  await send(origin, { headers: { authorization: undefined } });
  await send(origin, { headers: { host: 'evil.example' } });
  await send(origin, { method: 'DELETE', headers: client.headers });
  await front.close();
  await audit.close();
  const lines = await linesOf(path);
  assert.deepEqual(
    lines.map(({ event, token: name, reason, status, profile }) => [event, name, reason, status, profile]),
    [
      ['session-opened', 'alice', undefined, undefined, 'one'],
      ['refused', 'alice', 'No profile is served here.', 404, undefined],
      ['auth-failed', undefined, 'unknown token', undefined, undefined],
      ['auth-failed', 'old', 'expired token', undefined, undefined],
      ['auth-failed', undefined, 'missing token', undefined, undefined],
      ['refused', undefined, lines[5]?.['reason'], 403, undefined],
      ['session-closed', 'alice', 'The session was ended by its client.', undefined, 'one'],
    ],
  );
  assert.ok(lines.every(({ time }) => !Number.isNaN(Date.parse(String(time)))));
  const text = await readFile(path, 'utf8');
  const ids = [
    secret,
    token,
    'a-wrong-secret',
    'an-old-secret',
    'what-was-said',
    'in-the-address',
    String(client.headers['mcp-session-id']),
  ];
  assert.deepEqual(
    ids.filter((id) => text.includes(id)),
    [],
  );
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('nothing that a client chooses begins a line, or moves a terminal', async (t) => {
  const evil = 'x\n{"event":"tool-call"}\r\u001b[2J\u0000\u2028\u202e\u007f\u009b\ud800é';
  const line = auditLine({ event: 'tool-call', tool: evil, server: 'y'.repeat(5_000) });
  assert.match(line, /^[\x20-\x7e]+$/);
  const read = JSON.parse(line) as Line;
  assert.equal(read['tool'], evil);
  assert.ok(line.length < 1_000);

  const { path, audit } = await openAudit(t);
  const { origin } = await startFront(t, { audit });
  await send(origin, { path: '/%0a%7b%22event%22%3a%22forged%22%7d%0d%1b[2J', headers: { authorization: undefined } });
  await audit.close();
  const lines = await linesOf(path);
  assert.deepEqual([lines.length, lines[0]?.['event']], [1, 'auth-failed']);
});

test('a flood of strangers does not push out what bearers did, and is counted', async (t) => {
  const { path, audit } = await openAudit(t);
  for (let count = 0; count < 1_000; count++) {
    audit.say({ event: 'auth-failed', address: '192.0.2.1', reason: 'unknown token', path: '/mcp' });
  }
  audit.say({ event: 'refused', address: '192.0.2.2', token: 'alice', status: 404, reason: 'No profile is served here.', path: '/' });
  await audit.close();
  const lines = await linesOf(path);
  assert.ok(lines.length < 200, String(lines.length));
  assert.equal(lines.at(-1)?.['token'], 'alice');
  const omitted = lines.filter(({ event }) => event === 'omitted').reduce((sum, { count }) => sum + Number(count), 0);
  assert.equal(omitted + lines.filter(({ event }) => event === 'auth-failed').length, 1_000);
});

test('the file is rotated by its size, and no line is lost on the way', async (t) => {
  const { path, folder, audit } = await openAudit(t, { bytes: 1_000, kept: 3 });
  for (let session = 1; session <= 60; session++) {
    audit.say({ event: 'session-opened', session, token: 'alice', profile: 'one', address: '127.0.0.1' });
    if (session % 5 === 0) {
      await until(async () => (await readFile(path, 'utf8')).includes(`"session":${session},`));
    }
  }
  await audit.close();
  assert.deepEqual((await readdir(folder)).sort(), ['audit.log', 'audit.log.1', 'audit.log.2', 'audit.log.3']);
  const all = (await Promise.all([3, 2, 1].map((number) => linesOf(`${path}.${number}`)))).flat().concat(await linesOf(path));
  const sessions = all.map(({ session }) => session);
  assert.deepEqual(
    sessions,
    Array.from({ length: sessions.length }, (_, index) => 60 - sessions.length + 1 + index),
  );
  assert.equal((await stat(`${path}.1`)).mode & 0o777, 0o600);
});

test('lines are appended behind what is there, and follow when another program moves the file away', async (t) => {
  const { path, audit } = await openAudit(t, {}, 'before\n');
  const opened = (session: number): void => audit.say({ event: 'session-opened', session, token: 'alice', profile: 'one', address: '' });
  opened(1);
  await until(async () => (await readFile(path, 'utf8')).startsWith('before\n{'));
  await rename(path, `${path}.moved`);
  let session = 1;
  await until(
    async () => {
      opened(++session);
      return (await stat(path).catch(() => undefined)) !== undefined;
    },
    { everyMs: 100 },
  );
  await audit.close();
  const moved = (await readFile(`${path}.moved`, 'utf8')).split('\n').slice(1, -1).length;
  assert.equal(moved + (await linesOf(path)).length, session);
});

test('only a file of its own takes the lines', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-audit-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const target = join(folder, 'target');
  await writeFile(target, '');
  await symlink(target, join(folder, 'link'));
  await mkdir(join(folder, 'folder'));
  for (const name of ['link', 'folder', 'none/audit.log']) {
    const opened = await openAuditFile(join(folder, name), () => undefined);
    assert.ok(!opened.ok, name);
    assert.equal(opened.problem.code, 'WHARF_AUDIT_LOG');
  }
  assert.equal(await readFile(target, 'utf8'), '');
  await chmod(target, 0o666);
  const opened = await openAuditFile(target, () => undefined);
  assert.ok(opened.ok);
  await opened.value.close();
  assert.equal((await stat(target)).mode & 0o777, 0o600, 'others could read it, or write lines of their own');
});

async function openAudit(
  t: TestContext,
  limits: Partial<AuditFileLimits> = {},
  before?: string,
): Promise<{ readonly folder: string; readonly path: string; readonly audit: Audit }> {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-audit-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'audit.log');
  if (before !== undefined) {
    await writeFile(path, before);
  }
  const opened = await openAuditFile(path, (line) => assert.fail(line), limits);
  assert.ok(opened.ok);
  return { folder, path, audit: new Audit(opened.value) };
}

async function linesOf(path: string): Promise<readonly Line[]> {
  const text = await readFile(path, 'utf8');
  assert.ok(text === '' || text.endsWith('\n'));
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}
