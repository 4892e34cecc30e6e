import assert from 'node:assert/strict';
import { test } from 'node:test';

import { firstFailed, fails, fine, warns, type Outcome } from '../../../src/cli/doctor/check.ts';
import { codexOutcome, configOutcome, entryCheck, folderOutcome, type ConfigWorld } from '../../../src/cli/doctor/codexChecks.ts';
import { daemonOutcome, dockerOutcome, programsOutcome, shownEndpoint, vaultOutcome } from '../../../src/cli/doctor/engineChecks.ts';
import { checkLines, markdownOf } from '../../../src/cli/doctor/markdown.ts';
import {
  imagesOutcome,
  lockOutcome,
  profileChecks,
  profileOutcome,
  hiddenChecks,
  secretsOutcome,
  type Known,
} from '../../../src/cli/doctor/profileChecks.ts';
import type { Report } from '../../../src/cli/doctor/report.ts';
import type { LockedServer } from '../../../src/core/lock/lock.ts';
import * as problems from '../../../src/core/problems.ts';
import type { Profile } from '../../../src/core/profile/profile.ts';
import { readProfile } from '../../../src/core/profile/read.ts';
import type { ProfileFile } from '../../../src/node/profileFiles.ts';
import { fail, ok } from '../../../src/shared/result.ts';

/** `ok`, or the code of what is wrong behind what kind of outcome it is. */
function short(outcome: Outcome): string {
  return outcome.kind === 'failed' || outcome.kind === 'warning' ? `${outcome.kind} ${outcome.problem.code}` : outcome.kind;
}

const facts = { version: '1.0.0', runtime: 'Node 24', folder: '/x', missing: [], unfit: undefined };

test('programs: files that are missing come before a runtime that does not fit', () => {
  assert.equal(short(programsOutcome(facts)), 'ok');
  assert.equal(short(programsOutcome({ ...facts, unfit: problems.sqliteMissing('no') })), 'failed WHARF_NODE_SQLITE');
  const missing = programsOutcome({ ...facts, missing: ['shim.cjs'], unfit: problems.sqliteMissing('no') });
  assert.equal(short(missing), 'failed WHARF_PROGRAM_MISSING');
});

const status = { version: '1.0.0', pid: 7, dockerEndpoint: 'unix:///x', socket: '/s', dataFolder: '/d', sessions: [], instances: [] };

test('the daemon: it runs or starts, and another version is told', () => {
  const words = (outcome: Outcome): string => (outcome.kind === 'ok' ? outcome.evidence : short(outcome));
  assert.match(words(daemonOutcome(ok(status), true, '1.0.0')), /^it runs: version 1\.0\.0, process 7, 0 clients, 0 servers$/);
  assert.match(words(daemonOutcome(ok(status), false, '1.0.0')), /^it starts/);
  assert.match(words(daemonOutcome(ok({ ...status, version: '2.0.0' }), true, '1.0.0')), /2\.0\.0, which is not this one's 1\.0\.0/);
  assert.equal(words(daemonOutcome(fail(problems.daemonUnreachable('/s', 'no')), false, '1.0.0')), 'failed WHARF_DAEMON_UNREACHABLE');
});

test('Docker: asked by the daemon alone, and the address of another computer is not told', () => {
  assert.equal(short(dockerOutcome(null, null)), 'skipped');
  assert.equal(short(dockerOutcome(fail(problems.dockerUnreachable('unix:///x', 'no')), null)), 'failed WHARF_DOCKER_UNREACHABLE');
  const from = dockerOutcome(fail(problems.dockerUnreachable('unix:///x', 'no')), 'It is remembered.');
  assert.match(from.kind === 'failed' ? from.problem.next : '', /It is remembered\.$/);
  const far = dockerOutcome(ok({ endpoint: 'tcp://me:word@build.test:2375', version: '20.10', apiVersion: '1.41' }), null);
  assert.deepEqual(far, fine('version 20.10, API 1.41, at tcp://…'));
  assert.equal(shownEndpoint('unix:///var/run/docker.sock'), 'unix:///var/run/docker.sock');
});

test('the vault: only one that somebody must open is a warning', () => {
  const vault = { keeper: 'passphrase', keptBy: 'a passphrase', file: '/v', passedOver: [] } as const;
  assert.equal(short(vaultOutcome(null, ok({}))), 'skipped');
  assert.equal(short(vaultOutcome(ok({ kind: 'none', file: '/v' }), ok({}))), 'ok');
  assert.equal(short(vaultOutcome(ok({ kind: 'open', until: null, ...vault }), ok({}))), 'ok');
  assert.equal(short(vaultOutcome(ok({ kind: 'locked', opensItself: true, needsPassphrase: false, ...vault }), ok({}))), 'ok');
  assert.equal(
    short(vaultOutcome(ok({ kind: 'locked', opensItself: false, needsPassphrase: true, ...vault }), ok({}))),
    'warning WHARF_VAULT_LOCKED',
  );
  assert.equal(short(vaultOutcome(fail(problems.vaultMissing()), ok({}))), 'failed WHARF_VAULT_MISSING');
});

const yaml = `version: 1
servers:
  - { catalog_ref: builtin, name: demo }
  - { image: "x/a:1", name: a, secrets: [{ name: a.token, env: TOKEN }, { name: "env://OTHER", env: OTHER }] }
`;

test('what a policy does not let run fails, and a configuration that is missing is told', () => {
  const file = fileOf(yaml);
  const refusal = problems.serverNotApproved('a', 'no approved catalogue has a server of that name', '/etc/wharf/policy.yaml');
  const outcomes = (more: Partial<Known>) => profileChecks(file, { ...known, ...more }, true).map(({ id, outcome }) => [id, outcome.kind]);
  assert.ok(!outcomes({}).some(([id]) => id === 'profile/dev/policy'));
  const refused = outcomes({ unapproved: new Map([[file.path, ok(new Map([['a', refusal]]))]]) });
  assert.deepEqual(
    refused.find(([id]) => id === 'profile/dev/policy'),
    ['profile/dev/policy', 'failed'],
  );
  const bare = `version: 1\nservers:\n  - ${JSON.stringify({
    image: 'x/files',
    snapshot: { server: { name: 'files', config: [{ type: 'object', properties: { paths: {} }, required: ['paths'] }] } },
  })}\n`;
  const told = profileChecks(fileOf(bare), known, true).find(({ id }) => id === 'profile/dev/config');
  assert.equal(told?.outcome.kind, 'warning');
});

function fileOf(text: string, more: Partial<ProfileFile> = {}): ProfileFile {
  const profile = readProfile(text, '/p/dev.yaml');
  return {
    id: 'dev',
    path: '/p/dev.yaml',
    scope: 'project',
    text,
    content: text,
    profile,
    allowed: true,
    catalogFiles: [],
    changedImages: [],
    isPulled: false,
    ...more,
  };
}

function profileOf(text: string): Profile {
  const read = readProfile(text, '/p/dev.yaml');
  return read.ok ? read.value : assert.fail(read.problem.message);
}

const known: Known = {
  secrets: new Set(['a.token']),
  damaged: [],
  images: new Map([['x/a:1', 'sha256:1']]),
  locks: new Map(),
  unapproved: new Map(),
  lockedBy: null,
  whyNoSecrets: 'no',
  whyNoImages: 'no',
};

test('a profile: understood, allowed, and with the image that was allowed', () => {
  assert.equal(short(profileOutcome(fileOf(yaml), true)), 'ok');
  assert.equal(short(profileOutcome(fileOf(yaml, { allowed: false }), true)), 'failed WHARF_PROFILE_NOT_ALLOWED');
  assert.equal(short(profileOutcome(fileOf(yaml, { changedImages: ['a'] }), true)), 'failed WHARF_IMAGE_CHANGED');
  const unnamed = JSON.stringify(profileOutcome(fileOf(yaml, { changedImages: ['a'] }), false));
  assert.match(unnamed, /WHARF_IMAGE_CHANGED/);
  assert.ok(!unnamed.includes('x/a:1'), 'a report for strangers names no image');
  const pulled = profileOutcome(fileOf(yaml, { scope: 'user', isPulled: true }), true);
  assert.deepEqual(pulled, fine('from a registry, and allowed, 2 servers'), "a stranger's profile is not called the user's own");
  const token = 'abc"def';
  const broken = profileOutcome(fileOf(`version: 1\nservers: [${token}\n`), true);
  assert.match(short(broken), /^failed WHARF_PROFILE_/);
  assert.ok(!JSON.stringify(broken).includes('abc'), 'what stands in the file is not quoted');
  assert.deepEqual(
    profileChecks(fileOf(yaml, { allowed: false }), known, true).map(({ id }) => id),
    ['profile/dev'],
  );
  assert.deepEqual(
    profileChecks(fileOf(yaml), known, true).map(({ id }) => id),
    ['profile/dev', 'profile/dev/lock', 'profile/dev/images', 'profile/dev/secrets'],
  );
});

test('a lock: one that nobody understands, and servers that it keeps from starting, are failures', () => {
  const profile = profileOf(yaml);
  const locked = (image: LockedServer['image']): LockedServer => ({ image, instructions: null, tools: new Map(), rest: new Map() });
  const outcome = (reference: string, kind: 'id' | 'digest', content: string, tellsNames = true): Outcome => {
    const servers = new Map([
      ['demo', locked(null)],
      ['a', locked({ reference, content: { kind, sha256: content } })],
    ]);
    return lockOutcome('dev', profile, ok({ servers, rest: new Map() }), known, tellsNames);
  };
  assert.equal(short(lockOutcome('dev', profile, ok(null), known, true)), 'ok');
  assert.equal(short(outcome('x/a:1', 'id', 'sha256:1')), 'ok');
  assert.equal(short(outcome('x/a:1', 'digest', 'sha256:2')), 'ok', 'whether it has this digest is not known here');
  assert.equal(short(outcome('x/a:1', 'id', 'sha256:2')), 'failed WHARF_LOCK_HOLDS');
  assert.match(JSON.stringify(outcome('x/a:2', 'digest', 'sha256:2')), /WHARF_LOCK_HOLDS.*not started: a\./);
  assert.doesNotMatch(JSON.stringify(outcome('x/a:2', 'digest', 'sha256:2', false)), /: a\./);
  const none = lockOutcome('dev', profile, ok({ servers: new Map(), rest: new Map() }), known, true);
  assert.match(JSON.stringify(none), /2 servers of .*: demo, a\./);
  const quoted = problems.lockBroken({ file: '/p/dev.lock.yaml', line: 3, column: 1 }, 'quoted word');
  const broken = lockOutcome('dev', profile, fail(quoted), known, true);
  assert.match(JSON.stringify(broken), /WHARF_LOCK_BROKEN.*dev\.lock\.yaml is not understood at line 3.*version control/);
  assert.ok(!JSON.stringify(broken).includes('quoted word'));
});

test('images: those that are not here are a warning, and named only to whoever asks for themselves', () => {
  const profile = profileOf(yaml);
  assert.equal(short(imagesOutcome('dev', profile, known, true)), 'ok');
  assert.equal(short(imagesOutcome('dev', profile, { ...known, images: null }, true)), 'skipped');
  const none = { ...known, images: new Map([['x/a:1', null]]) };
  assert.match(JSON.stringify(imagesOutcome('dev', profile, none, true)), /WHARF_IMAGES_NOT_HERE.*x\/a:1/);
  assert.doesNotMatch(JSON.stringify(imagesOutcome('dev', profile, none, false)), /x\/a:1/);
});

test('an image that no registry has, since it is built from a package, is a failure', () => {
  const image = `wharf.local/npx/secret-name:1@sha256:${'0'.repeat(64)}`;
  const profile = profileOf(`version: 1\nservers:\n  - image: ${image}\n`);
  const none = { ...known, images: new Map([[image, null]]) };
  assert.equal(short(imagesOutcome('dev', profile, none, true)), 'failed WHARF_PACKAGE_NOT_BUILT');
  assert.doesNotMatch(JSON.stringify(imagesOutcome('dev', profile, none, false)), /secret-name/);
});

test('secrets: those that are not set are a failure, and named only to whoever asks for themselves', () => {
  const profile = profileOf(yaml);
  assert.deepEqual(
    secretsOutcome('dev', profile, known, true),
    fine('1 secret of the vault, all set: a.token; 1 from elsewhere, not looked at'),
  );
  assert.doesNotMatch(JSON.stringify(secretsOutcome('dev', profile, known, false)), /a\.token/);
  assert.equal(short(secretsOutcome('dev', profile, { ...known, secrets: null }, true)), 'skipped');
  const locked = { ...known, secrets: new Set(['a.token', 'b.token']), lockedBy: 'a passphrase' };
  assert.equal(short(secretsOutcome('dev', profileOf(yaml), locked, true)), 'failed WHARF_VAULT_LOCKED');
  const none = { ...known, secrets: new Set<string>() };
  assert.match(JSON.stringify(secretsOutcome('dev', profile, none, true)), /WHARF_SECRETS_MISSING.*wharf secret set a\.token/);
  assert.doesNotMatch(JSON.stringify(secretsOutcome('dev', profile, none, false)), /a\.token/);
});

test('Codex: whatever has its name, only a version is passed on', () => {
  const said = (stdout: string, code = 0) => codexOutcome({ kind: 'ended', code, stdout: Buffer.from(stdout), stderr: '' });
  assert.deepEqual(said('codex-cli 0.169.0\n'), fine('version 0.169.0'));
  assert.equal(short(said('welcome')), 'warning WHARF_CODEX_MISSING');
  assert.equal(short(said('codex-cli 0.169.0', 1)), 'warning WHARF_CODEX_MISSING');
  assert.equal(short(codexOutcome({ kind: 'failed', reason: 'it is not there', isMissing: true })), 'warning WHARF_CODEX_MISSING');
});

const entry = '[mcp_servers.MCP_DOCKER]\ncommand = "/l/wharf"\nargs = ["gateway", "run", "--profile", "dev"]\nstartup_timeout_sec = 60\n';
const world: ConfigWorld = {
  canRun: () => Promise.resolve(true),
  missingPlugin: () => Promise.resolve(undefined),
  gateways: new Map(),
  isSet: () => true,
};

test("a configuration: its syntax, its launcher and what the rules say; a server's own program is not looked for", async () => {
  const outcome = async (text: string | null, more: Partial<ConfigWorld> = {}): Promise<string> =>
    short(await configOutcome({ path: '/c.toml', scope: 'user', text }, { ...world, ...more }));
  const nothingRuns = { canRun: () => Promise.resolve(false) };
  assert.equal(await outcome(null), 'ok');
  assert.equal(await outcome(entry), 'ok');
  assert.equal(await outcome('model = "secret'), 'failed WHARF_CONFIG_SYNTAX');
  assert.equal(await outcome(entry, nothingRuns), 'failed WHARF_LAUNCHER_MISSING');
  assert.equal(await outcome('[mcp_servers.own]\ncommand = "own"\n', nothingRuns), 'ok');
  assert.equal(await outcome('[mcp_servers.own]\ncommand = "own"\nstartup_timeout = 3\n'), 'warning WHARF_CONFIG_FINDINGS');
  const viaDocker = '[mcp_servers.MCP_DOCKER]\ncommand = "docker"\nargs = ["mcp", "gateway", "run"]\nstartup_timeout_sec = 60\n';
  const noPlugin = { missingPlugin: ({ DOCKER_CONFIG = '/d' }) => Promise.resolve(DOCKER_CONFIG === '/d' ? '/d/docker-mcp' : undefined) };
  assert.equal(await outcome(viaDocker, noPlugin), 'failed WHARF_PLUGIN_MISSING');
  assert.equal(await outcome(`${viaDocker}env = { DOCKER_CONFIG = "/e" }\n`, noPlugin), 'ok');
  assert.equal(await outcome(entry, noPlugin), 'ok');
  const broken = await configOutcome({ path: '/c.toml', scope: 'user', text: '[a]\nb = "word' }, world);
  assert.ok(!JSON.stringify(broken).includes('word'), 'what stands in the file is not quoted');
});

test("a profile of the user's own that hides one of the project is named", () => {
  const files = [fileOf(yaml), fileOf(yaml, { scope: 'user', path: '/u/dev.yaml', isPulled: true })];
  assert.deepEqual(
    hiddenChecks(files).map(({ id, outcome }) => [id, short(outcome)]),
    [['profile/dev/hides', 'warning WHARF_PROFILE_HIDES']],
  );
  assert.deepEqual(hiddenChecks([fileOf(yaml), fileOf(yaml, { id: 'other', scope: 'user' })]), []);
});

test('one entry of a gateway in any file that Codex reads is enough', () => {
  const files = [null, '[mcp_servers.own]\ncommand = "own"\n'].map((text) => ({ path: '/c.toml', scope: 'user', text }) as const);
  const withEntry = [...files, { path: '/d.toml', scope: 'project', text: entry } as const];
  assert.equal(short(entryCheck(files, true).outcome), 'failed WHARF_ENTRY_MISSING');
  assert.equal(short(entryCheck(withEntry, true).outcome), 'ok');
  assert.equal(short(entryCheck(withEntry, false).outcome), 'failed WHARF_ENTRY_IGNORED');
  assert.equal(short(entryCheck([...withEntry, { path: '/u.toml', scope: 'user', text: entry }], false).outcome), 'ok');
});

test('a folder: trust is needed only where something would be read', () => {
  assert.equal(short(folderOutcome('', null, false)), 'skipped');
  assert.equal(short(folderOutcome('/p', true, true)), 'ok');
  assert.equal(short(folderOutcome('/p', false, false)), 'ok');
  assert.equal(short(folderOutcome('/p', false, true)), 'warning WHARF_FOLDER_NOT_TRUSTED');
});

test('the first that failed is to be mended first, whatever is warned of before', () => {
  const problem = problems.profilesNone();
  const checks = [fine('x'), warns(problem), fails(problem), fails(problem)].map((outcome, index) => ({
    id: String(index),
    title: 'T',
    outcome,
  }));
  assert.equal(firstFailed(checks)?.id, '2');
  assert.equal(firstFailed(checks.slice(0, 2)), undefined);
  assert.match(
    checkLines({ id: 'x', title: 'T', outcome: fails({ ...problem, detail: 'a\nb' }) }).join('\n'),
    /^FAILED {3}T: .*\n +\| a\n +\| b\n +Write /,
  );
});

test('words of others stay inside their block of code', () => {
  const report: Report = {
    madeAt: '2026-01-01T00:00:00.000Z',
    wharf: { version: '1.0.0', runtime: 'Node 24' },
    system: { platform: 'linux', arch: 'x64', release: '6', version: '#1' },
    checks: [],
    engine: null,
    daemon: null,
    profiles: [],
    calls: [],
    log: 'a\n```\n# heading\n[link](https://a.test)\u202e',
    lookedBy: { kind: 'rules' },
  };
  const text = markdownOf(report);
  assert.match(text, /\n````text\na\n```\n# heading\n.*\\u\{202e\}\n````\n/);
  assert.match(markdownOf({ ...report, log: null }), /left out/);
});
