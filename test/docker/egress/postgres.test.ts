import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { globSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { before, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { beginEgress, buildEgressImage, makeInternet, openWay } from '../../support/egress.ts';
import { until } from '../../support/until.ts';

const run = promisify(execFile);
const [initdb] = globSync('/usr/lib/postgresql/*/bin/initdb');

before(buildEgressImage);

/** PostgreSQL refuses to run as root. */
function asUser(program: string): readonly string[] {
  return process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--', program] : [program];
}

/** A real PostgreSQL of Debian, on this address alone. False when the test was skipped by name. */
async function startPostgres(t: TestContext, address: string): Promise<boolean> {
  if (initdb === undefined) {
    if (process.env['CI'] !== undefined) {
      throw new Error('PostgreSQL is missing: install the Debian package postgresql.');
    }
    t.skip('needs the Debian package postgresql');
    return false;
  }
  const folder = await mkdtemp(join(tmpdir(), 'wharf-postgres-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o777);
  const data = join(folder, 'data');
  const [command = '', ...before] = asUser(initdb);
  await run(command, [...before, '--pgdata', data, '--username', 'tester', '--auth', 'trust', '--no-sync', '--no-locale'], { cwd: folder });
  const server = join(dirname(initdb), 'postgres');
  const hba = join(folder, 'hba.conf');
  await run('sh', ['-c', `echo 'host all all 0.0.0.0/0 trust' > "${hba}"; chmod 644 "${hba}"`]);
  const settings = { listen_addresses: address, port: '5432', unix_socket_directories: '', hba_file: hba, fsync: 'off' };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [program = '', ...more] = asUser(server);
  const child = spawn(program, [...more, '-D', data, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    await ended;
  });
  const lines: string[] = [];
  createInterface(child.stderr).on('line', (line) => lines.push(line));
  await until(() => lines.some((line) => line.includes('ready to accept connections')), {
    timeoutMs: 60_000,
    what: 'PostgreSQL to be ready',
  });
  return true;
}

/** The simple query protocol (PostgreSQL documentation, "Message Flow"), by hand: the image has no client. */
const query = `
  const message = (type, body) => { const length = Buffer.alloc(4); length.writeUInt32BE(body.length + 4); return Buffer.concat([Buffer.from(type), length, body]); };
  const start = Buffer.concat([Buffer.from([0, 3, 0, 0]), Buffer.from('user\\0tester\\0database\\0postgres\\0\\0')]);
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: 'db.example.test', port: 5432 }, () => socket.write(message('', start)));
    let waiting = Buffer.alloc(0), asked = false;
    socket.on('error', reject).on('close', () => reject(new Error('closed')));
    socket.on('data', (chunk) => {
      waiting = Buffer.concat([waiting, chunk]);
      while (waiting.length >= 5 && waiting.length >= 1 + waiting.readUInt32BE(1)) {
        const type = String.fromCharCode(waiting[0]);
        const body = waiting.subarray(5, 1 + waiting.readUInt32BE(1));
        waiting = waiting.subarray(1 + waiting.readUInt32BE(1));
        if (type === 'E') { reject(new Error(body.toString())); return; }
        if (type === 'D') { resolve(body.subarray(6).toString()); socket.destroy(); return; }
        if (type === 'Z' && !asked) { asked = true; socket.write(message('Q', Buffer.from('SELECT 40 + 2\\0'))); }
      }
    });
  });`;

test('a server reaches its PostgreSQL, whose protocol knows of no proxy, and only because it was granted', async (t) => {
  beginEgress(t);
  const internet = await makeInternet(t);
  // Brings the network's address of this computer up.
  await internet.host(['api.example.test'], `console.log('ready'); setInterval(() => {}, 1000)`);
  if (!(await startPostgres(t, internet.here))) {
    return;
  }
  internet.name('db.example.test', internet.here);
  const hosts = ['db.example.test:5432'];
  const { server, contacts } = await openWay(t, { internet, hosts, allowPrivate: hosts });
  assert.equal(await server.run(query), '42');
  const closed = await until(() => contacts.find(({ outcome }) => outcome === 'closed'));
  assert.ok(closed.sent > 0 && closed.received > 0);

  const denied = await openWay(t, { internet, hosts });
  await assert.rejects(denied.server.run(query), /closed|ECONNRESET/);
  assert.equal(await until(() => denied.contacts.find(({ port }) => port === 5432)?.outcome), 'privateAddress');
});
