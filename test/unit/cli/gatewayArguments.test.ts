import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

import { parseGatewayArguments, type GatewayArguments } from '../../../src/cli/gatewayArguments.ts';
import { gatewayOptions, idleOptions } from '../../../src/shared/gatewayOptions.ts';
import { root } from '../../support/sharedData.ts';

function parse(...args: readonly string[]): GatewayArguments {
  const parsed = parseGatewayArguments(args);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.problem.message);
  return parsed.value;
}

const dev = ['--profile', 'dev'] as const;

test('a profile alone is served by the daemon, over stdio, with nothing changed', () => {
  assert.deepEqual(parse(...dev), {
    daemon: true,
    notes: [],
    run: {
      profiles: [{ by: 'id', id: 'dev' }],
      settings: {},
      transport: { kind: 'stdio' },
      dryRun: false,
      logCalls: false,
      verbose: false,
    },
  });
  assert.deepEqual(parse('--profile-file', './team.yaml').run.profiles, [{ by: 'file', path: './team.yaml' }]);
});

test('every setting is read with its unit', () => {
  const { settings } = parse(
    ...dev,
    ...'--cpus 0.5 --memory 1Gb --max-instances=4 --idle-timeout 90s --block-network --tools a,files:read'.split(' '),
    '--tools',
    'web:*, x',
    '--interceptor',
    'before:exec:./check.sh a:b',
    '--interceptor=after:http:https://x.example',
  ).run;
  assert.deepEqual(settings, {
    cpus: 0.5,
    memory: 1024 ** 3,
    maxInstances: 4,
    idleTimeoutMs: 90_000,
    blockNetwork: true,
    tools: ['a', 'files:read', 'web:*', 'x'],
    interceptors: ['before:exec:./check.sh a:b', 'after:http:https://x.example'],
  });
  assert.deepEqual(parse(...dev, '--cpus', '1', '--cpus', '2').run.settings, { cpus: 2 });
});

test('what tightens a session is read: secrets withheld, signatures verified, a file of secrets, a profile by its content', () => {
  const hash = 'AB'.repeat(32);
  const { settings } = parse(
    ...dev,
    '--block-secrets',
    '--verify-signatures',
    '--frozen',
    '--secrets',
    'ci/secrets.env',
    '--trust-profile',
    hash,
  ).run;
  assert.deepEqual(settings, {
    blockSecrets: true,
    verifySignatures: true,
    frozen: true,
    // The daemon runs elsewhere.
    secretsFile: resolve('ci/secrets.env'),
    trustProfile: hash.toLowerCase(),
  });
  assert.deepEqual(parse(...dev, '--verify-signatures=false', '--block-secrets=false').run.settings, {});
});

test('streaming listens on the loopback interface unless told otherwise, and serves several profiles in their order', () => {
  for (const word of ['streaming', 'http', 'streamable', 'streamable-http']) {
    const { daemon, run } = parse(...dev, '--transport', word);
    assert.deepEqual([daemon, run.transport], [false, { kind: 'streaming', host: '127.0.0.1', port: 8811, allowedHosts: [] }], word);
  }
  const { transport, profiles } = parse(
    ...'--transport streaming --host 0.0.0.0 --allowed-host gateway --port 0 --profile-file b.yaml --profile a --profile c'.split(' '),
  ).run;
  assert.deepEqual(transport, { kind: 'streaming', host: '0.0.0.0', port: 0, allowedHosts: ['gateway'] });
  assert.deepEqual(profiles, [
    { by: 'file', path: 'b.yaml' },
    { by: 'id', id: 'a' },
    { by: 'id', id: 'c' },
  ]);
});

test('what protects streaming is read, and nothing of it is there unasked', () => {
  const args =
    '--transport http --tokens t.yaml --tls-cert c.pem --tls-key k.pem --insecure-http --rate-limit 50 --max-body 512k --audit-log a.log';
  const origins = '--cors-origin https://app.example --cors-origin http://localhost:6274';
  assert.deepEqual(parse(...dev, ...args.split(' '), ...origins.split(' ')).run.transport, {
    kind: 'streaming',
    host: '127.0.0.1',
    port: 8811,
    allowedHosts: [],
    tokensFile: 't.yaml',
    tls: { cert: 'c.pem', key: 'k.pem' },
    insecure: true,
    corsOrigins: ['https://app.example', 'http://localhost:6274'],
    rateLimit: 50,
    maxBody: 512 * 1024,
    auditLog: 'a.log',
  });
});

test('without the daemon, on a dry run and over HTTP this process serves by itself', () => {
  assert.deepEqual([parse(...dev, '--no-daemon').daemon, parse(...dev, '--dry-run').daemon], [false, false]);
  const { dryRun, logCalls, verbose } = parse(...dev, '--dry-run', '--log-calls', '--verbose').run;
  assert.deepEqual([dryRun, logCalls, verbose], [true, true, true]);
});

test('switches may carry true or false, as in the commands that Docker documents', () => {
  const { run, daemon } = parse(...dev, '--log-calls=false', '--block-network=true', '--no-daemon=false', '--verbose=true');
  assert.deepEqual([run.logCalls, run.settings.blockNetwork, run.verbose, daemon], [false, true, true, true]);
});

test('what is not understood is named', () => {
  for (const [args, words] of [
    [[], /needs --profile, --profile-file, or --servers\.$/],
    [['--profile', ''], /needs --profile, --profile-file, or --servers\.$/],
    [['--profile', 'a', '--profile', 'b'], /only --transport streaming serves several/],
    [['--profile', 'a', '--profile-file', 'b'], /needs --profile or --profile-file once/],
    [['--profile', 'a', '--profile', 'a', '--transport', 'http'], /profile "a" is there twice/],
    [[...dev, 'serve'], /'serve'/],
    [[...dev, '--frob'], /--frob/],
    [[...dev, '--cpus'], /--cpus/],
    [[...dev, '--cpus', 'many'], /--cpus takes a number above 0, not "many"/],
    [[...dev, '--cpus=-1'], /not "-1"/],
    [[...dev, '--cpus', '0'], /not "0"/],
    [[...dev, '--memory', '2 apples'], /--memory takes a size of at least 6m, such as 512m or 2Gb, not "2 apples"/],
    [[...dev, '--memory', '10'], /at least 6m.*not "10"/],
    [[...dev, '--block-network=maybe'], /--block-network is a switch.*not "maybe"/],
    [[...dev, '--max-instances', '1.5'], /--max-instances .* not "1\.5"/],
    [[...dev, '--idle-timeout', '25h'], /--idle-timeout .*at most 24h, not "25h"/],
    [[...dev, '--secrets', ''], /--secrets takes the path of a file, not ""/],
    [[...dev, '--trust-profile', 'abc'], /--trust-profile takes the 64 digits of a SHA-256.*not "abc"/],
    [[...dev, '--verify-signatures=maybe'], /--verify-signatures is a switch.*not "maybe"/],
    [[...dev, '--tools', 'a,,b'], /--tools .*not "a,,b"/],
    [[...dev, '--tools', 'files:'], /--tools .*not "files:"/],
    [[...dev, '--tools', ''], /--tools .*not ""/],
    [[...dev, '--interceptor', 'during:exec:x'], /--interceptor .*not "during:exec:x"/],
    [[...dev, '--interceptor', 'before:exec:'], /--interceptor .*not "before:exec:"/],
    [[...dev, '--transport', 'sse'], /"sse" is not offered.*use --transport streaming/],
    [[...dev, '--transport', 'carrier-pigeon'], /"carrier-pigeon" is not known/],
    [[...dev, '--port', '8811'], /--port "8811" needs --transport streaming/],
    [[...dev, '--host', 'localhost'], /--host "localhost" needs --transport streaming/],
    [[...dev, '--tokens', 't.yaml'], /--tokens "t\.yaml" needs --transport streaming/],
    [[...dev, '--audit-log', 'a'], /--audit-log "a" needs --transport streaming/],
    [[...dev, '--insecure-http'], /--insecure-http needs --transport streaming/],
    [[...dev, '--transport', 'http', '--tokens', ''], /--tokens takes the path of a file, not ""/],
    [[...dev, '--transport', 'http', '--tls-cert', 'c.pem'], /--tls-key is missing/],
    [[...dev, '--transport', 'http', '--tls-key', 'k.pem'], /--tls-cert is missing/],
    [[...dev, '--transport', 'http', '--cors-origin', '*'], /not "\*": pages of everybody are never let in/],
    [
      [...dev, '--transport', 'http', '--cors-origin', 'https://app.example/'],
      /--cors-origin takes an origin .*not "https:\/\/app\.example\/"/,
    ],
    [[...dev, '--transport', 'http', '--rate-limit', '0'], /--rate-limit .*not "0"/],
    [[...dev, '--transport', 'http', '--max-body', '2g'], /--max-body takes a size from 1k to 1g.*not "2g"/],
    [[...dev, '--transport', 'http', '--port', '65536'], /--port takes a number from 0 to 65535, not "65536"/],
    [[...dev, '--transport', 'http', '--host', 'a b'], /--host .*not "a b"/],
    [[...dev, '--transport', 'http', '--host', ''], /--host .*not ""/],
    [[...dev, '--log-calls=maybe'], /log-calls/],
  ] as const) {
    const parsed = parseGatewayArguments(args);
    assert.ok(!parsed.ok, args.join(' '));
    assert.equal(parsed.problem.code, 'WHARF_USAGE');
    assert.match(parsed.problem.message, words);
  }
});

test('docs/commands.md has a row for every option, and names no other', () => {
  const page = readFileSync(join(root, 'docs', 'commands.md'), 'utf8');
  const [, section = ''] = /^## Options of `wharf gateway run`$(.*?)^## /ms.exec(page) ?? [];
  const rows = [...section.matchAll(/^\| `--([a-z-]+)(?: ([^`|]+))?` \|/gm)].map(([, name, value]) => [name, value]);
  assert.deepEqual(
    rows.map(([name]) => name),
    gatewayOptions.map(({ name }) => name),
  );
  for (const { name, value } of gatewayOptions) {
    assert.equal(rows.find(([row]) => row === name)?.[1] !== undefined, value !== undefined, name);
  }
});

function refusal(...args: readonly string[]): string {
  const parsed = parseGatewayArguments(args);
  return parsed.ok ? '' : parsed.problem.message;
}

test('servers of catalogues are named with commas or one by one, and never together with a profile', () => {
  assert.deepEqual(parse('--catalog', 'team/tools', '--servers', 'a, b', '--servers=c', '--servers', 'a').run.profiles, [
    { by: 'servers', catalogs: ['team/tools'], servers: ['a', 'b', 'c'] },
  ]);
  assert.deepEqual(parse('--servers', 'demo').run.profiles, [{ by: 'servers', catalogs: [], servers: ['demo'] }]);
  assert.match(refusal(...dev, '--servers', 'a'), /--profile and --profile-file cannot be used with --servers/);
  assert.match(refusal('--catalog', 'x'), /--catalog needs --servers/);
  assert.match(refusal('--servers', 'a,,b'), /names with commas/);
  assert.match(refusal('--servers', 'a', '--frozen'), /--frozen needs a profile/);
});

test("every option of Docker's gateway works, is said to change nothing, or is refused with what to do instead", () => {
  const known = gatewayOptions.map(({ name }) => name);
  // Reference: docker-gateway, §1.8.
  const ofDocker =
    'profile servers enable-all-servers catalog additional-catalog registry additional-registry config additional-config tools-config additional-tools-config secrets tools interceptor oci-ref mcp-registry port host transport allow-unauthenticated log-calls block-secrets block-network verify-signatures dry-run verbose long-lived debug-dns watch cpus memory static log';
  for (const name of ofDocker.split(' ').filter((one) => !known.includes(one))) {
    if (Object.hasOwn(idleOptions, name)) {
      assert.match(parse(...dev, `--${name}=true`).notes.join(), new RegExp(`^--${name} changes nothing here: .*\\.$`));
    } else {
      const words = refusal(...dev, `--${name}=x`);
      assert.ok(words.startsWith(`--${name} `) && words.endsWith('.'), `${name}: ${words}`);
    }
  }
  assert.match(refusal(...dev, '--secrets', 'docker-desktop:/run/secrets/mcp_secret:/.env'), /Docker Desktop/);
});
