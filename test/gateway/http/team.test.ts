import assert from 'node:assert/strict';
import { chmod, copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { insecureProblem } from '../../../src/gateway/http/protection.ts';
import { makeCertificate } from '../../support/certificate.ts';
import type { McpClient } from '../../support/mcpClient.ts';
import { until } from '../../support/until.ts';
import { demoProfile, makeHome, type WharfHome } from '../../support/wharfHome.ts';

interface Team {
  readonly home: WharfHome;
  readonly gateway: McpClient;
  readonly origin: string;
  readonly tokens: string;
  readonly audit: string;
  /** Makes a token on the command line, and gives what it prints. */
  token(...args: readonly string[]): Promise<string>;
}

/** A gateway that serves two profiles with the demo server, to whoever has a token of its file. */
async function startTeam(t: TestContext, more: readonly string[] = []): Promise<Team> {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  await home.addProfile('ops', demoProfile);
  const [tokens, audit] = [join(home.home, 'tokens.yaml'), join(home.home, 'audit.log')];
  const token = async (...args: readonly string[]): Promise<string> => {
    const made = await home.wharf(['http', 'token', 'create', ...args, '--file', tokens]);
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stdout, /^wharf_[\w-]{43}\n$/);
    return made.stdout.trim();
  };
  await token('first', '--profile', 'dev');
  const args = [
    '--transport',
    'streaming',
    '--port',
    '0',
    '--profile',
    'dev',
    '--profile',
    'ops',
    '--tokens',
    tokens,
    '--audit-log',
    audit,
  ];
  const gateway = await home.gateway([...args, ...more]);
  t.after(async () => {
    gateway.kill('SIGTERM');
    await gateway.exited;
  });
  const origin = await until(
    () => {
      assert.ok(gateway.isRunning, gateway.stderr);
      return / are in .*tokens\.yaml/.test(gateway.stderr) && / at (https?:\/\/[^/]+)/.exec(gateway.stderr)?.[1];
    },
    { what: 'the gateway to say where it serves' },
  );
  return { home, gateway, origin, tokens, audit, token };
}

async function connect(t: TestContext, { origin }: Pick<Team, 'origin'>, profile: string, secret: string): Promise<Client> {
  const client = new Client({ name: 'sdk', version: '1' });
  const requestInit = { headers: { authorization: `Bearer ${secret}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${origin}/p/${profile}/mcp`), { requestInit }));
  t.after(() => client.close());
  return client;
}

async function auditOf({ audit }: Team): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const text = await readFile(audit, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

test('each member of a team reaches the profiles and tools of their own token, and the audit log says what they did', async (t) => {
  const team = await startTeam(t);
  assert.doesNotMatch(team.gateway.stderr, /bearer token is/, 'nobody has a token for everything');
  const [reader, operator] = [
    await team.token('reader', '--profile', 'dev', '--tools', 'demo:add', '--expires', '1h'),
    await team.token('operator', '--profile', 'dev', '--profile', 'ops'),
  ];
  await until(() => team.gateway.stderr.includes('there are 3 now'));
  const dev = await connect(t, team, 'dev', reader);
  assert.deepEqual(
    (await dev.listTools()).tools.map(({ name }) => name),
    ['add'],
  );
  const sum = await dev.callTool({ name: 'add', arguments: { a: 20, b: 22 } });
  assert.deepEqual(sum.content, [{ type: 'text', text: '42' }]);
  await assert.rejects(dev.callTool({ name: 'count_words', arguments: { text: 'whispered words' } }), /WHARF_TOOL_UNKNOWN/);
  await assert.rejects(connect(t, team, 'ops', reader), /No profile is served here/);
  const ops = await connect(t, team, 'ops', operator);
  assert.deepEqual((await ops.callTool({ name: 'count_words', arguments: { text: 'whispered words' } })).content, [
    { type: 'text', text: '2' },
  ]);

  const calls = await until(async () => {
    const found = (await auditOf(team)).filter(({ event }) => event === 'tool-call');
    return found.length >= 3 && found;
  });
  assert.deepEqual(
    calls.map(({ token, profile, server, tool, status }) => [token, profile, server, tool, status]),
    [
      ['reader', 'dev', 'demo', 'add', 'ok'],
      ['reader', 'dev', '', 'count_words', 'error'],
      ['operator', 'ops', 'demo', 'count_words', 'ok'],
    ],
  );
  assert.ok(calls.every(({ ms, requestBytes, resultBytes }) => [ms, requestBytes, resultBytes].every((value) => Number(value) > 0)));
  const text = await readFile(team.audit, 'utf8');
  assert.doesNotMatch(text, /whispered/, 'neither arguments nor results');
  assert.doesNotMatch(text, new RegExp(`${reader}|${operator}`));
});

test('a revoked token ends its session while the gateway runs, and a broken file changes nothing', async (t) => {
  const team = await startTeam(t);
  const [leaver, stayer] = [await team.token('leaver', '--profile', 'dev'), await team.token('stayer', '--profile', 'dev')];
  await until(() => team.gateway.stderr.includes('there are 3 now'));
  const [one, other] = [await connect(t, team, 'dev', leaver), await connect(t, team, 'dev', stayer)];
  const good = await readFile(team.tokens, 'utf8');
  await writeFile(team.tokens, `${good}  - name: x\n    profile: [dev]\n`);
  await until(() => /The tokens stay as they were:.*"profile" is not known here/.test(team.gateway.stderr));
  await one.listTools();
  await writeFile(team.tokens, good);
  const revoked = await team.home.wharf(['http', 'token', 'revoke', 'leaver', '--file', team.tokens]);
  assert.equal(revoked.code, 0, revoked.stderr);
  await until(async () =>
    one.listTools().then(
      () => false,
      (error: unknown) => /does not carry the bearer token/.test(String(error)),
    ),
  );
  await other.listTools();
  assert.ok(
    (await auditOf(team)).some(
      ({ event, token, reason }) => event === 'session-closed' && token === 'leaver' && /revoked/.test(String(reason)),
    ),
  );
  await rm(team.tokens);
  await until(async () =>
    other.listTools().then(
      () => false,
      (error: unknown) => /does not carry the bearer token/.test(String(error)),
    ),
  );
});

test('a certificate that is renewed on disk is served without a restart', async (t) => {
  const [before, after] = [await makeCertificate(t, 'before'), await makeCertificate(t, 'after')];
  const { origin, gateway } = await startTeam(t, ['--tls-cert', before.cert, '--tls-key', before.key]);
  const { connect: connectTls } = await import('node:tls');
  const shown = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const socket = connectTls({ port: Number(new URL(origin).port), host: '127.0.0.1', rejectUnauthorized: false });
      socket.on('error', reject).on('secureConnect', () => {
        resolve(socket.getPeerCertificate().subject.CN);
        socket.destroy();
      });
    });
  assert.match(origin, /^https:/);
  assert.equal(await shown(), 'before');
  await copyFile(after.cert, before.cert);
  await until(() => /The certificate stays as it was/.test(gateway.stderr), { what: 'a certificate without its key to be refused' });
  assert.equal(await shown(), 'before');
  await copyFile(after.key, before.key);
  await until(async () => (await shown()) === 'after', { what: 'the new certificate' });
});

test('a gateway whose files are not private, or that others could listen to, does not start', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const tokens = join(home.home, 'tokens.yaml');
  await writeFile(tokens, 'version: 1\ntokens: []\n', { mode: 0o600 });
  const { cert, key } = await makeCertificate(t);
  const start = async (...args: readonly string[]): Promise<string> => {
    const gateway = await home.gateway(['--transport', 'streaming', '--port', '0', '--profile', 'dev', ...args]);
    const { code } = await gateway.exited;
    assert.equal(code, 2, gateway.stderr);
    return gateway.stderr;
  };
  await chmod(tokens, 0o640);
  assert.match(await start('--tokens', tokens), /WHARF_FILE_NOT_PRIVATE.*chmod 600/);
  const dry = await home.gateway(['--transport', 'streaming', '--profile', 'dev', '--tokens', tokens, '--dry-run']);
  assert.deepEqual([(await dry.exited).code, /WHARF_FILE_NOT_PRIVATE/.test(dry.stderr)], [1, true]);
  assert.match(await start('--tokens', `${tokens}.none`), /WHARF_FILE_UNREADABLE/);
  await chmod(key, 0o644);
  assert.match(await start('--tls-cert', cert, '--tls-key', key), /WHARF_FILE_NOT_PRIVATE/);
  assert.match(await start('--audit-log', home.home), /WHARF_AUDIT_LOG/);
  for (const host of ['0.0.0.0', '192.0.2.1', '::', 'gateway.example']) {
    assert.equal(insecureProblem({ host }, false)?.isFatal, true, host);
    assert.equal(insecureProblem({ host }, true)?.isFatal, false, 'in a container the address is its own');
    assert.equal(insecureProblem({ host, insecure: true }, false)?.isFatal, false);
    assert.equal(insecureProblem({ host, tls: { cert, key } }, false), undefined);
  }
  assert.equal(insecureProblem({ host: '127.0.0.1' }, false), undefined);
});
