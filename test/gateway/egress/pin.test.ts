import assert from 'node:assert/strict';
import { readFile, realpath } from 'node:fs/promises';
import { test, type TestContext } from 'node:test';

import type { ContactOutcome } from '../../../src/core/network/contact.ts';
import { LearnedHosts } from '../../../src/gateway/egress/learnedHosts.ts';
import { connectControl } from '../../../src/node/controlClient.ts';
import { daemonSocket } from '../../../src/node/locations.ts';
import { makeHome, type WharfHome } from '../../support/wharfHome.ts';

const profile = `# Ours.
version: 1
servers:
  - image: x/web:1
    wharf:
      network: learn   # until we know
  - image: x/other:1
`;

/** A home whose server "web" reached hosts while it learned them. */
async function homeThatLearned(t: TestContext): Promise<{ readonly home: WharfHome; readonly path: string }> {
  const home = await makeHome(t);
  const path = await home.addProfile('dev', profile);
  const learned = new LearnedHosts(home.locations.dataFolder);
  const reached: readonly (readonly [string, number | null, ContactOutcome])[] = [
    ['api.test', 443, 'opened'],
    ['api.test', 443, 'opened'],
    ['files.test', 80, 'opened'],
    ['*.wide.test', 443, 'opened'],
    ['db.test', null, 'asked'],
    ['evil.test', 443, 'privateAddress'],
  ];
  for (const [host, port, outcome] of reached) {
    learned.record(await realpath(path), 'web', { host, port, outcome, sent: 0, received: 0 });
  }
  // Another project's profile of the same id.
  learned.record('/elsewhere/.codex/profiles/dev.yaml', 'web', { host: 'else.test', port: 443, outcome: 'opened', sent: 0, received: 0 });
  learned.flush();
  return { home, path };
}

test('what a server learned is shown, pinned only on consent, and the profile stays allowed', async (t) => {
  const { home, path } = await homeThatLearned(t);

  await t.test('where nobody can be asked nothing is written', async () => {
    const asked = await home.wharf(['profile', 'pin', 'dev']);
    assert.equal(asked.code, 2);
    assert.match(asked.stderr, /WHARF_PIN_CONSENT.*wharf profile pin dev --yes/s);
    assert.match(asked.stderr, /api\.test:443 \(reached 2 times; only at a public address\)\n +files\.test:80 \(reached once/);
    assert.doesNotMatch(asked.stderr, /evil\.test|else\.test/);
    assert.equal(await readFile(path, 'utf8'), profile);
  });

  await t.test('a dry run writes nothing', async () => {
    const shown = await home.wharf(['profile', 'pin', 'dev', 'web', '--dry-run']);
    assert.equal(shown.code, 0, shown.stderr);
    assert.match(shown.stdout, /not pinned.*\*\.wide\.test, db\.test\nNothing was written/);
    assert.equal(await readFile(path, 'utf8'), profile);
  });

  await t.test('the gateway tells how much there is to pin', async () => {
    const control = await connectControl(daemonSocket(home.locations));
    assert.ok(control.ok);
    t.after(() => control.value.close());
    const selection = { by: 'id', id: 'dev' } as const;
    const tools = await control.value.request('profile/tools', { profile: selection, cwd: home.project, discover: false });
    assert.ok(tools.ok);
    assert.deepEqual(
      tools.value.servers.map(({ learnedHosts }) => learnedHosts),
      [2, undefined],
    );
    const learned = await control.value.request('network/learned', { profile: selection, cwd: home.project, server: 'web' });
    assert.ok(learned.ok);
    assert.deepEqual(learned.value.hosts[0]?.host, 'db.test');
    const unknown = await control.value.request('network/learned', { profile: selection, cwd: home.project, server: 'wb' });
    assert.equal(!unknown.ok && unknown.problem.code, 'WHARF_SERVER_NOT_IN_PROFILE');
  });

  await t.test('with consent the hosts are written, and every other byte stays', async () => {
    const pinned = await home.wharf(['profile', 'pin', 'dev', '--yes']);
    assert.equal(pinned.code, 0, pinned.stderr);
    const text = await readFile(path, 'utf8');
    const network = '      network: declared   # until we know\n      privateHosts: []\n';
    const expected = profile.replace(
      '      network: learn   # until we know\n',
      `${network}    allowHosts: [api.test:443, files.test:80]\n`,
    );
    assert.equal(text, expected);
    const listed = JSON.parse((await home.wharf(['profile', 'list', '--format', 'json'])).stdout) as readonly { allowed: boolean }[];
    assert.deepEqual(
      listed.map(({ allowed }) => allowed),
      [true],
    );
  });

  await t.test('what is pinned cannot be pinned again, and a wrong name is said', async () => {
    assert.match((await home.wharf(['profile', 'pin', 'dev', '--yes'])).stderr, /WHARF_NOTHING_LEARNED/);
    assert.match((await home.wharf(['profile', 'pin', 'dev', 'wb', '--yes'])).stderr, /WHARF_SERVER_NOT_IN_PROFILE/);
  });
});

test('a profile that is not allowed learns nobody its hosts, and is not allowed by pinning', async (t) => {
  const { home, path } = await homeThatLearned(t);
  await home.writeProfile('dev', `${profile}# pulled\n`);
  const pinned = await home.wharf(['profile', 'pin', 'dev', '--yes']);
  assert.match(pinned.stderr, /WHARF_PROFILE_NOT_ALLOWED/);
  assert.equal(await readFile(path, 'utf8'), `${profile}# pulled\n`);
});

test('a server that learns and reached nothing yet is not told to learn, and one that does not learn is', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', profile);
  for (const server of [['web'], []]) {
    const { stderr } = await home.wharf(['profile', 'pin', 'dev', ...server, '--yes']);
    assert.match(stderr, /has reached (?:no|a) host yet that could be pinned\. \(WHARF_NOTHING_LEARNED\) Let Codex use its tools/);
  }
  assert.match((await home.wharf(['profile', 'pin', 'dev', 'other', '--yes'])).stderr, /Give it "network: learn"/);
});
