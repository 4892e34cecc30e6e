import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import type { Report } from '../../../src/cli/doctor/report.ts';
import { makeCanary, textsHolding } from '../../support/canary.ts';
import { supportReports } from '../../support/supportReport.ts';
import { until } from '../../support/until.ts';
import { demoProfile, makeHome } from '../../support/wharfHome.ts';

const leaky = join(import.meta.dirname, '..', '..', 'support', 'servers', 'leaky.mjs');
const special = '"/+=é&x';

test('no value of a vault, a profile, a configuration, a result or a log is in the report', async (t) => {
  const home = await makeHome(t);
  const canaries = {
    vault: makeCanary(special),
    unused: makeCanary('/+=x'),
    literal: makeCanary(special),
    header: makeCanary(),
    query: makeCanary(),
    config: makeCanary('/+=x'),
    argument: makeCanary(),
    result: makeCanary(),
  };
  const all = Object.values(canaries);
  assert.equal((await home.wharf(['secret', 'init', '--key-file', join(home.home, 'key')])).code, 0);
  assert.equal((await home.wharf(['secret', 'set', 'customer-zero.token'], {}, canaries.vault.value)).code, 0);
  assert.equal((await home.wharf(['secret', 'set', 'customer-zero.other'], {}, canaries.unused.value)).code, 0);
  const native = (name: string, variable: string, value: string, more = ''): string =>
    `  - name: ${name}\n    wharf: { native: { command: ${process.execPath}, args: [${leaky}${more}], env: { ${variable}: ${JSON.stringify(value)} } } }\n`;
  await home.addProfile(
    'dev',
    `version: 1
wharf: { toolNames: prefix }
servers:
${native('secret', 'TOKEN', 'secret://customer-zero.token')}\
${native('absent', 'TOKEN', 'secret://customer-zero.absent')}\
${native('literal', 'DATABASE_URL', `postgres://app:${encodeURIComponent(canaries.literal.value)}@db.example.test/x`)}\
${native('failing', 'TOKEN', canaries.header.value, ', "--fail=words"')}\
  - endpoint: http://127.0.0.1:9/mcp?key=${canaries.query.value}
    name: far
`,
  );
  writeFileSync(
    join(home.project, '.codex', 'config.toml'),
    `[mcp_servers.bare]\ncommand = "bare"\nargs = ["--token", ${JSON.stringify(canaries.argument.value)}]\nenv = { KEY = ${JSON.stringify(canaries.config.value)} }\n`,
  );
  const client = await home.session('dev');
  for (const [tool, name] of [
    ['secret', 'TOKEN'],
    ['literal', 'DATABASE_URL'],
  ] as const) {
    for (const way of ['raw', 'base64', 'error', 'stderr', 'crash']) {
      await client.callTool(`${tool}_${way}`, { name });
    }
  }
  await client.callTool('secret_raw', { text: canaries.result.value });
  // What a bug, or an older version, wrote into the log before it was redacted.
  const log = join(home.locations.dataFolder, 'daemon.log');
  appendFileSync(
    log,
    `2026 A bug: ${canaries.unused.value} ${Buffer.from(canaries.literal.value).toString('base64')} ${canaries.header.value.slice(0, 20)}…\n2026 the bug is told\n`,
  );
  const said = await supportReports(home);
  assert.deepEqual(textsHolding(said, all), []);
  for (const [name, text] of Object.entries(said)) {
    assert.ok(!text.includes(encodeURIComponent(canaries.literal.value).slice(8, 30)), name);
    if (name.includes('--report') || name === 'the file') {
      assert.ok(!text.includes('customer-zero'), `${name} names a secret`);
    }
  }
  const report = JSON.parse(said['doctor --report - --format json'] ?? '') as Report;
  assert.deepEqual(report.lookedBy, { kind: 'daemon', vault: true });
  assert.match(report.log ?? '', /A bug: \[wharf:secret\].*\n2026 the bug is told$/);
  const servers = report.profiles[0]?.servers;
  assert.deepEqual(
    servers?.map(({ kind }) => kind),
    ['native', 'native', 'native', 'native', 'remote'],
  );
  const found = report.calls.flatMap(({ rules }) => rules);
  assert.ok(found.length > 0 && report.calls.every((call) => !('arguments' in call)));
  assert.match(said['doctor'] ?? '', /customer-zero\.absent/, 'a person who asks for themselves reads the names');
});

test('a locked vault, and a daemon that is not there, are told in the report', async (t) => {
  const home = await makeHome(t);
  assert.equal((await home.wharf(['secret', 'init', '--passphrase'], {}, `${randomBytes(9).toString('hex')}\n`)).code, 0);
  assert.equal((await home.wharf(['secret', 'lock'])).code, 0);
  const locked = await home.wharf(['doctor', '--report', '--format', 'json']);
  const report = JSON.parse(locked.stdout) as Report;
  assert.deepEqual(report.lookedBy, { kind: 'daemon', vault: false });
  assert.equal(report.checks.find(({ id }) => id === 'vault')?.outcome.kind, 'warning');
});

test('where no daemon can start the checks name it first, and the report comes all the same', async (t) => {
  const home = await makeHome(t);
  const { dataFolder } = (await home.wharf(['daemon', 'status'])).code === 0 ? home.locations : assert.fail();
  mkdirSync(dirname(dataFolder), { recursive: true });
  rmSync(dataFolder, { recursive: true, force: true });
  writeFileSync(dataFolder, 'in the way');
  const doctor = await home.wharf(['doctor', '--format', 'json']);
  assert.equal(doctor.code, 1, doctor.stderr);
  const { firstFailed, checks } = JSON.parse(doctor.stdout) as { firstFailed: string; checks: readonly { id: string; status: string }[] };
  assert.equal(firstFailed, 'daemon');
  assert.equal(checks.find(({ id }) => id === 'docker')?.status, 'skipped');
  const report = JSON.parse((await home.wharf(['doctor', '--report', '--format', 'json'])).stdout) as Report;
  assert.deepEqual(report.lookedBy, { kind: 'rules' });
});

test('without a daemon its log is looked through with all profiles that were allowed, wherever they lie', async (t) => {
  const home = await makeHome(t);
  const canary = makeCanary(special);
  const other = join(home.home, 'other', '.codex', 'profiles');
  mkdirSync(other, { recursive: true });
  const file = join(other, 'far.yaml');
  writeFileSync(
    file,
    `version: 1\nservers:\n  - image: x/a:1\n    name: a\n    env: [{ name: MODE, value: ${JSON.stringify(canary.value)} }]\n`,
  );
  assert.equal((await home.wharf(['profile', 'allow', file, '--yes', '--no-discover'])).code, 0);
  assert.equal((await home.wharf(['secret', 'status'])).code, 0);
  appendFileSync(
    join(home.locations.dataFolder, 'daemon.log'),
    `2026 it is ${canary.value} and ${canary.value.slice(0, 18)}…\n2026 the end\n`,
  );
  await home.stop();
  const { runtimeFolder } = home.locations;
  rmSync(runtimeFolder, { recursive: true });
  writeFileSync(runtimeFolder, 'in the way');
  const said = await home.wharf(['doctor', '--report', '--format', 'json']);
  const report = JSON.parse(said.stdout) as Report;
  assert.deepEqual(report.lookedBy, { kind: 'rules' });
  assert.match(report.log ?? '', /it is \[wharf:secret\] and \[wharf:secret\]…\n2026 the end/);
  assert.deepEqual(textsHolding({ report: said.stdout }, [canary]), []);
  const bare = JSON.parse((await home.wharf(['doctor', '--report', '--no-project', '--format', 'json'])).stdout) as Report;
  assert.equal(bare.log, null);
  rmSync(runtimeFolder);
});

test('the report tells nothing of the home, the user and the computer', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  await home.session('dev');
  const said = await home.wharf(['doctor', '--report'], { USER: 'some-body', LOGNAME: 'some-body' });
  assert.ok(!said.stdout.includes(home.home), said.stdout);
  assert.ok(!said.stdout.includes('some-body') && (hostname().length < 3 || !said.stdout.includes(hostname())));
  assert.match(said.stdout, /serves at ~\//);
});

test('a report goes to no place that a link leads to', async (t) => {
  const home = await makeHome(t);
  const target = join(home.home, 'precious');
  writeFileSync(target, 'mine');
  symlinkSync(target, join(home.project, 'report.md'));
  await home.wharf(['doctor', '--report', 'report.md']);
  assert.equal(readFileSync(target, 'utf8'), 'mine');
  assert.match(readFileSync(join(home.project, 'report.md'), 'utf8'), /^# Wharf support report/);
  const refused = await home.wharf(['doctor', '--report', join(home.home, 'no', 'such', 'folder.md')]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /WHARF_FILE_UNWRITABLE/);
});

test('with a gateway in Codex and everything set nothing is wrong, and the exit code is 0', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const connected = await home.wharf(['client', 'connect', 'codex', '--profile', 'dev', '--approve', 'all', '--no-discover']);
  assert.equal(connected.code, 0, connected.stderr);
  assert.match(connected.stderr, /Codex does not trust this project yet/);
  const ignored = await home.wharf(['doctor']);
  assert.deepEqual([ignored.code, ignored.stdout.includes('WHARF_ENTRY_IGNORED')], [1, true], ignored.stdout);
  mkdirSync(join(home.home, '.codex'));
  writeFileSync(join(home.home, '.codex', 'config.toml'), `[projects."${home.project}"]\ntrust_level = "trusted"\n`);
  const fine = await home.wharf(['doctor', '--format', 'json']);
  const checks = (JSON.parse(fine.stdout) as { checks: readonly { id: string; status: string }[] }).checks;
  assert.deepEqual(
    checks.filter(({ id, status }) => status === 'failed' && id !== 'docker'),
    [],
    fine.stdout,
  );
  rmSync(join(home.locations.dataFolder, 'bin'), { recursive: true });
  await until(async () => {
    const broken = await home.wharf(['doctor']);
    return broken.code === 1 && broken.stdout.includes('WHARF_LAUNCHER_MISSING');
  });
});
