import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { before, test, type TestContext } from 'node:test';

import { filesHolding, makeCanary, processesHolding, stampOf, textsHolding, type Canary } from '../support/canary.ts';
import { docker, untilNoneLeft } from '../support/dockerLane.ts';
import { startFarLeak } from '../support/farLeak.ts';
import { gatewayImage } from '../support/gatewayContainer.ts';
import { HttpClient, startHttpGateway } from '../support/httpGateway.ts';
import { buildLeakyImage, sampleTags } from '../support/images.ts';
import type { McpClient } from '../support/mcpClient.ts';
import { supportReports } from '../support/supportReport.ts';
import { journalRows, journalText } from '../support/storedJournal.ts';
import { until } from '../support/until.ts';
import { containersOf, makeHome, type Ended, type WharfHome } from '../support/wharfHome.ts';

const isRoot = process.getuid?.() === 0;
const source = join(import.meta.dirname, '..', 'support', 'servers', 'leaky.mjs');
let ownImage = '';

before(async () => {
  await buildLeakyImage(docker);
  ownImage = (await gatewayImage()).tag;
});

const ways = ['raw', 'base64', 'hex', 'url', 'json', 'blocks', 'structured', 'resource', 'failed', 'error', 'escaped', 'stderr', 'crash'];

function profile(far: string): string {
  const image = (name: string, lines: readonly string[], wharf = 'network: none'): string =>
    [`  - image: ${sampleTags.leaky}`, `    name: ${name}`, ...lines.map((line) => `    ${line}`), `    wharf: { ${wharf} }`, ''].join(
      '\n',
    );
  const failing = (how: string): string =>
    image(
      `fail-${how}`,
      ['secrets: [{ name: token, env: TOKEN }]', `snapshot: { server: { command: ["--fail=${how}"] } }`],
      'startTimeout: 3s',
    );
  return `version: 1
wharf: { toolNames: prefix }
servers:
${image('as-env', ['secrets: [{ name: token, env: TOKEN }]'])}\
${image('as-file', ['secrets: [{ name: imported, env: TOKEN }]'], 'network: none, secretsAs: file')}\
${image('as-part', ['secrets: [{ name: password, env: PASSWORD }]', 'env: [{ name: DATABASE_URL, value: "postgres://app:${PASSWORD}@db.example.test/x" }]'])}\
${['words', 'error', 'junk'].map(failing).join('')}\
  - endpoint: ${far}
    name: far
    secrets: [{ name: header, env: KEY }]
    headers: { Authorization: "Bearer \${KEY}" }
  - name: native
    wharf: { native: { command: ${process.execPath}, args: [${source}], env: { TOKEN: "secret://native" } } }
`;
}

/** Everything that clients and people got to see, by where it came from. */
class Heard {
  readonly texts: Record<string, string> = {};

  add(name: string, text: string): void {
    this.texts[name] = (this.texts[name] ?? '') + text;
  }

  client(name: string, client: McpClient): McpClient {
    client.onLine = (line) => this.add(name, `${line}\n`);
    return client;
  }

  ended(name: string, { stdout, stderr }: Ended): void {
    this.add(name, stdout + stderr);
  }
}

interface Run {
  readonly home: WharfHome;
  readonly heard: Heard;
  readonly canaries: Readonly<Record<'token' | 'imported' | 'password' | 'header' | 'native' | 'passphrase', Canary>>;
  readonly stamp: string;
}

async function begin(t: TestContext): Promise<Run> {
  const home = await makeHome(t);
  const special = '"/+=é&x';
  const canaries = {
    token: makeCanary(special),
    imported: makeCanary('/+=x'),
    password: makeCanary(),
    header: makeCanary('/+=x'),
    native: makeCanary(special),
    passphrase: makeCanary(),
  };
  const run = { home, heard: new Heard(), canaries, stamp: await stampOf(dirname(home.home)) };
  const command = async (args: readonly string[], input?: string): Promise<void> => {
    const ended = await home.wharf(args, { WHARF_IMAGE: ownImage }, input);
    run.heard.ended(args.join(' '), ended);
    assert.equal(ended.code, 0, ended.stderr);
  };
  await command(['secret', 'init', '--passphrase'], `${canaries.passphrase.value}\n`);
  const file = join(dirname(home.home), 'team.env');
  writeFileSync(file, `imported=${canaries.imported.value}\n`, { mode: 0o600 });
  await command(['secret', 'import', file]);
  rmSync(file);
  for (const name of ['token', 'password', 'header', 'native'] as const) {
    await command(['secret', 'set', name], canaries[name].value);
  }
  return run;
}

/** Makes servers say the secrets in each way that they have. */
async function leak(client: McpClient, ways: readonly string[]): Promise<void> {
  for (const [server, name] of [
    ['as-env', 'TOKEN'],
    ['as-file', 'TOKEN'],
    ['as-part', 'DATABASE_URL'],
    ['as-part', 'PASSWORD'],
    ['native', 'TOKEN'],
  ] as const) {
    for (const way of ways) {
      await client.callTool(`${server}_${way}`, { name });
    }
    await client.request('prompts/get', { name: 'login' });
    await client.request('resources/read', { uri: 'leak://all' });
  }
  await client.callTool('far_show');
  await client.callTool('far_refuse');
}

/** Ids of the containers of servers by their names. */
async function containersByServer(pid: number): Promise<ReadonlyMap<string, string>> {
  const infos = await Promise.all((await containersOf(pid)).map((id) => docker.getContainer(id).inspect()));
  return new Map(infos.map(({ Id, Config }) => [Config.Labels['wharf.server'] ?? '', Id]));
}

/** Where the engine keeps what it was asked to run: all of it is readable for root alone. */
const engineFolders = ['/var/lib/docker', '/run/docker', '/run/containerd', '/var/lib/containerd'];

/**
 * Files of the engine in which a variable of a container stands. The first two go with the container. Its database of containers
 * frees what it kept there without overwriting it, so that a variable may be found in it until the place is used again.
 */
function isEngines(path: string, containers: readonly string[]): boolean {
  return (
    containers.some((id) => path.endsWith(`/containers/${id}/config.v2.json`) || path.endsWith(`/moby/${id}/config.json`)) ||
    /\/containerd\/.*\/meta\.db$/.test(path)
  );
}

/** `holders` are the containers that run with secrets as variables. */
async function assertClean({ home, heard, canaries, stamp }: Run, holders: readonly string[], when: string): Promise<void> {
  const { token, password, ...others } = canaries;
  const folders = [dirname(home.home), tmpdir(), '/var/crash', '/var/lib/systemd/coredump', ...(isRoot ? engineFolders : [])];
  assert.deepEqual(await filesHolding(folders, stamp, Object.values(others)), [], when);
  const ofVariables = await filesHolding(folders, stamp, [token, password]);
  assert.deepEqual(
    ofVariables.filter((path) => !isEngines(path, holders)),
    [],
    when,
  );
  assert.deepEqual(
    processesHolding([token, password]).filter(({ container }) => container === null || !holders.includes(container)),
    [],
    when,
  );
  assert.deepEqual(processesHolding(Object.values(others)), [], when);
  assert.deepEqual(textsHolding(heard.texts, Object.values(canaries)), [], when);
}

test('a secret is found where it belongs, and nowhere else, through the whole line', async (t) => {
  if (!isRoot) {
    t.diagnostic("Docker's data folder is not searched: only root may read it");
  }
  const run = await begin(t);
  const { home, heard, canaries } = run;
  const far = await startFarLeak(t);
  await home.writeProfile('dev', profile(far.url));
  heard.ended('profile allow', await home.wharf(['profile', 'allow', 'dev', '--yes']));
  const exported = await home.wharf(['profile', 'export', 'dev', join(dirname(home.home), 'exported.yaml')]);
  heard.ended('profile export', exported);
  assert.equal(exported.code, 0, exported.stderr);
  const client = heard.client('shim', await home.gateway(['--profile', 'dev']));
  await client.initialize();
  const tools = await client.listTools();
  for (const server of ['as-env', 'as-file', 'as-part', 'far', 'native']) {
    assert.ok(
      tools.some(({ name }) => name.startsWith(`${server}_`)),
      `${server}: ${await home.log()}`,
    );
  }
  const { pid } = await home.status();

  await t.test('the servers have what they were given', async () => {
    const length = async (tool: string, name: string): Promise<string> => client.callText(tool, { name });
    assert.equal(await length('as-env_length', 'TOKEN'), `${canaries.token.value.length} characters`);
    assert.equal(await length('as-file_length', 'TOKEN'), `${canaries.imported.value.length} characters`);
    const url = `postgres://app:${canaries.password.value}@db.example.test/x`;
    assert.equal(await length('as-part_length', 'DATABASE_URL'), `${url.length} characters`);
    assert.equal(await length('native_length', 'TOKEN'), `${canaries.native.value.length} characters`);
    assert.ok(far.heard.includes(`Bearer ${canaries.header.value}`));
  });

  await t.test('what a server says has marks in place of them', async () => {
    assert.equal(await client.callText('as-env_raw', { name: 'TOKEN' }), 'it is [wharf:secret token].');
    assert.equal(await client.callText('as-file_raw', { name: 'TOKEN' }), 'it is [wharf:secret imported].');
    assert.match(await client.callText('far_show'), /^Bearer \[wharf:secret header\]/);
    await leak(client, ways.slice(0, -1));
    await client.request('prompts/list', {});
    await client.request('resources/list', {});
  });

  const servers = await containersByServer(pid);
  const holders = ['as-env', 'as-part'].map((name) => servers.get(name) ?? assert.fail(name));

  await t.test('while they run, only a container that gets it as a variable, and what the engine keeps of it, hold it', async () => {
    const native = processesHolding([canaries.native]);
    assert.equal(native.length, 1, 'the native server alone');
    assert.notEqual(native[0]?.pid, String(pid));
    const told = JSON.stringify(await docker.getContainer(servers.get('as-file') ?? '').inspect());
    assert.deepEqual(textsHolding({ told }, Object.values(canaries)), []);
    const clean = { ...run, canaries: { ...canaries, native: canaries.header } };
    await assertClean(clean, holders, 'while the servers run');
  });

  await t.test('through crashes, the command line and the HTTP endpoint it comes nowhere either', async () => {
    await leak(client, ['crash']);
    for (const args of [
      ['tools', 'ls', '--profile', 'dev', '--format', 'json'],
      ['tools', 'call', 'as-env_raw', 'name=TOKEN', '--profile', 'dev'],
      ['calls', 'ls', '--format', 'json'],
      ['daemon', 'status', '--format', 'json'],
      ['daemon', 'status'],
      ['secret', 'ls'],
    ]) {
      heard.ended(args.join(' '), await home.wharf(args));
    }
    const control = await home.control();
    const calls = await control?.request('calls/list', { limit: 1_000 });
    assert.ok(calls?.ok === true && calls.value.calls.length > 50);
    for (const { id } of calls.value.calls) {
      heard.add('calls/show', JSON.stringify(await control?.request('calls/show', { id })));
    }
    heard.ended('calls show', await home.wharf(['calls', 'show', calls.value.calls[0]?.id ?? '']));
    const tools = await control?.request('profile/tools', { profile: { by: 'id', id: 'dev' }, cwd: home.project, discover: true });
    heard.add('profile/tools', JSON.stringify(tools));
    control?.close();
    heard.add('stderr of the shim', client.stderr);
    for (const [name, text] of Object.entries(await supportReports(home))) {
      heard.add(name, text);
    }
  });

  await t.test('after kill -9 of the daemon it is gone with the containers', async () => {
    process.kill(pid, 'SIGKILL');
    await untilNoneLeft(pid);
    await until(() => processesHolding([canaries.native]).length === 0, { what: 'the native server to end', timeoutMs: 20_000 });
    await assertClean(run, [], 'after the daemon was killed');
  });

  await t.test('the journal that it left has the calls with what was found in them, and none of the secrets', () => {
    const secrets = journalRows(home, "SELECT DISTINCT secret FROM findings WHERE action = 'redacted'").map(({ secret }) => secret);
    assert.deepEqual(
      ['token', 'imported', 'password', 'header', 'native'].filter((name) => !secrets.includes(name)),
      [],
    );
    const text = journalText(home);
    assert.match(text, /it is \[wharf:secret token\]\./);
    assert.match(text, /ready/);
    assert.deepEqual(textsHolding({ journal: text }, Object.values(canaries)), []);
  });

  await client.close();
  assert.match(heard.texts['shim'] ?? '', /\[wharf:secret token\]/);
});

test('neither do a vault with a key file, the HTTP endpoint, its audit log and what it writes for people hold one', async (t) => {
  const home = await makeHome(t);
  const stamp = await stampOf(dirname(home.home));
  const token = makeCanary('"/+=é&x');
  const canaries = [token];
  const keyFile = join(home.home, 'vault-key');
  assert.equal((await home.wharf(['secret', 'init', '--key-file', keyFile], { WHARF_IMAGE: ownImage })).code, 0);
  assert.equal((await home.wharf(['secret', 'set', 'token'], {}, token.value)).code, 0);
  const image = (name: string, wharf: string): string =>
    `  - image: ${sampleTags.leaky}\n    name: ${name}\n    secrets: [{ name: token, env: TOKEN }]\n    wharf: { ${wharf} }\n`;
  const servers = ['redacting', 'blocking'].map((name) =>
    image(name, `network: none, secretsAs: file${name === 'blocking' ? ', output: block' : ''}`),
  );
  await home.addProfile('dev', `version: 1\nwharf: { toolNames: prefix }\nservers:\n${servers.join('')}`);
  const audit = join(home.home, 'audit.log');
  const gateway = await startHttpGateway(t, home, ['dev'], ['--log-calls', '--verbose', '--audit-log', audit]);
  const client = new HttpClient(gateway);
  await client.initialize();
  await client.request('tools/list');
  assert.match(await client.request('tools/call', { name: 'redacting_raw', arguments: { name: 'TOKEN' } }), /it is \[wharf:secret token\]/);
  assert.match(await client.request('tools/call', { name: 'blocking_raw', arguments: { name: 'TOKEN' } }), /WHARF_SECRET_BLOCKED/);
  for (const way of ways) {
    await client.request('tools/call', { name: `redacting_${way}`, arguments: { name: 'TOKEN' } });
    await client.request('tools/call', { name: `blocking_${way}`, arguments: { name: 'TOKEN', note: token.value } });
  }
  await until(() => /redacting\/crash took/.test(gateway.stderr()), { what: 'the calls to be told' });
  assert.match(readFileSync(audit, 'utf8'), /"tool-call"/);
  assert.match(gateway.stderr(), /ended with 7/);
  assert.deepEqual(textsHolding({ stderr: gateway.stderr(), answers: client.answers.join('\n') }, canaries), []);
  assert.deepEqual(await filesHolding([dirname(home.home), tmpdir(), ...(isRoot ? engineFolders : [])], stamp, canaries), []);
  assert.deepEqual(processesHolding(canaries), []);
  await until(() => journalRows(home, "SELECT * FROM findings WHERE action = 'blocked'").length > 0, { what: 'the journal to be written' });
  const journal = journalText(home);
  assert.match(journal, /it is \[wharf:secret token\]\./);
  assert.deepEqual(textsHolding({ journal }, canaries), []);
});
