import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import type { ServerProcess } from '../../../src/core/ports.ts';
import { startChildServer } from '../../../src/node/childServer.ts';
import { identityOf, isAlive, ownIdentity } from '../../../src/node/machine.ts';
import { OwnedGroups } from '../../../src/node/ownedGroups.ts';
import { isGroupAlive } from '../../../src/node/processGroup.ts';
import { until } from '../../support/until.ts';

const onPosix = process.platform === 'win32' ? { skip: 'process groups' } : {};

/** Starts a helper that outlives it, and tells its process id. Nothing of both ends by itself. */
const stubborn = `
  process.on('SIGTERM', () => undefined);
  const helper = require('node:child_process').spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => 0); setInterval(() => 0, 1e6); console.log(1)'], { stdio: ['ignore', 'pipe', 'ignore'] });
  helper.stdout.once('data', () => process.stdout.write(String(helper.pid) + '\\n'));
  setInterval(() => undefined, 1e6);
`;

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'wharf-child-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function start(t: TestContext, script: string, groups?: OwnedGroups): Promise<ServerProcess> {
  const started = await startChildServer({ server: 's', command: process.execPath, args: ['-e', script], env: {}, cwd: tmpdir() }, groups);
  assert.ok(started.ok);
  t.after(() => started.value.stop());
  return started.value;
}

/** The process id that a server prints. */
async function printedId(server: ServerProcess): Promise<number> {
  let text = '';
  server.onStdout((bytes) => (text += Buffer.from(bytes).toString()));
  return Number(await until(() => (text.endsWith('\n') ? text : undefined)));
}

function isRunning(pid: number): boolean {
  return isAlive({ ...ownIdentity(), pid, startedAt: '' });
}

function fileOf(runtime: string, leader: number): string {
  return join(runtime, `group-${ownIdentity().machine}-${leader}.json`);
}

test('a server that is stopped takes along what it started, also when neither wants to end', onPosix, async (t) => {
  const server = await start(t, stubborn);
  const helper = await printedId(server);
  assert.ok(isRunning(helper));
  await server.stop();
  assert.ok(!isRunning(helper));
  assert.deepEqual(await server.exited, { code: null });
});

test('a server that ends by itself leaves nothing of what it started', onPosix, async (t) => {
  const server = await start(t, `${stubborn} helper.stdout.once('data', () => setTimeout(() => process.exit(3), 50));`);
  const helper = await printedId(server);
  assert.deepEqual(await server.exited, { code: 3 });
  await until(() => !isRunning(helper));
});

test('a command that is not there, may not be run, or has no folder says so', onPosix, async (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, 'plain'), '');
  chmodSync(join(cwd, 'plain'), 0o600);
  const attempt = async (command: string, where: string): Promise<string> => {
    const started = await startChildServer({ server: 'notes', command, args: [], env: {}, cwd: where });
    return started.ok ? 'started' : `${started.problem.code} ${started.problem.message} ${started.problem.detail ?? ''}`;
  };
  assert.match(await attempt('wharf-no-such-command', cwd), /WHARF_COMMAND_FAILED .*"wharf-no-such-command" of the server "notes".*ENOENT/);
  assert.match(await attempt(join(cwd, 'plain'), cwd), /WHARF_COMMAND_FAILED .*EACCES/);
  assert.match(await attempt(process.execPath, join(cwd, 'gone')), /The folder .*gone of the server "notes" does not exist/);
});

test('what a dead gateway started is ended, and nothing of a living one', onPosix, async (t) => {
  const runtime = folder(t);
  const mine = new OwnedGroups(runtime);
  const living = await start(t, stubborn, mine);
  await printedId(living);
  const left = await start(t, stubborn);
  const helper = await printedId(left);
  const dead = { ...ownIdentity(), startedAt: '1' };
  const entry = (leader: number, owner = dead, startedAt = identityOf(leader).startedAt): void => {
    const content = { version: 1, owner, leader: { ...identityOf(leader), startedAt } };
    writeFileSync(fileOf(runtime, leader), JSON.stringify(content));
  };
  entry(Number(left.id));
  const elsewhere = { ...dead, machine: 'a-container' };
  const kept = { version: 1, owner: elsewhere, leader: identityOf(Number(living.id)) };
  const harmless = [
    [1, JSON.stringify({ version: 1, owner: dead, leader: { ...dead, pid: 1 } })],
    [2, '{"version":'],
    [3, JSON.stringify(kept)],
  ] as const;
  harmless.forEach(([leader, text]) => writeFileSync(fileOf(runtime, leader), text));
  assert.equal(await mine.endOrphans(), 1);
  assert.ok(!isRunning(helper));
  assert.ok(isGroupAlive(Number(living.id)));
  assert.ok(existsSync(fileOf(runtime, Number(living.id))));
  assert.ok(!existsSync(fileOf(runtime, Number(left.id))));
  await living.stop();
  assert.equal(readdirSync(runtime).length, harmless.length);
});

test('a process that has the id of an ended server today is left alone', onPosix, async (t) => {
  const runtime = folder(t);
  const groups = new OwnedGroups(runtime);
  const other = await start(t, stubborn);
  await printedId(other);
  const forget = groups.add(Number(other.id));
  t.after(forget);
  const file = fileOf(runtime, Number(other.id));
  for (const change of [{ startedAt: '1' }, { boot: 'another' }, { boot: 'unknown' }]) {
    const leader = { ...identityOf(Number(other.id)), ...change };
    const owner = { ...ownIdentity(), startedAt: '1', ...change };
    writeFileSync(file, JSON.stringify({ version: 1, owner, leader }));
    assert.equal(await groups.endOrphans(), 0);
    assert.ok(isGroupAlive(Number(other.id)));
    assert.ok(!existsSync(file));
  }
});
