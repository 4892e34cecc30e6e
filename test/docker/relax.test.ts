import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import { buildNotesImage, distributionTags, whyNoDistribution } from '../support/distribution.ts';
import { makeHome } from '../support/wharfHome.ts';

const why = process.env['CI'] === undefined ? whyNoDistribution() : undefined;
const skip = why ?? false;

before(async () => {
  if (why === undefined) {
    await buildNotesImage();
  }
});

const profile = `# Ours.
version: 1
servers:
  - image: ${distributionTags.notes} # keeps notes
    name: notes
    wharf:
      network: none   # it needs none

  - catalog_ref: builtin
    name: demo
`;

test('what a server needs is shown, written only on consent, one thing after the other, and then the server works', { skip }, async (t) => {
  const home = await makeHome(t);
  const path = await home.addProfile('dev', profile);

  await t.test('the search for tools names the command', async () => {
    const asked = await home.wharf(['profile', 'relax', 'dev', 'notes']);
    assert.equal(asked.code, 2);
    assert.match(asked.stderr, /WHARF_RELAXATION_CONSENT.*wharf profile relax dev notes --yes/s);
    assert.match(asked.stderr, /cannot create directory '\/var\/lib\/notes'.*tmpfs: \/var\/lib\/notes/s);
    assert.equal(await readFile(path, 'utf8'), profile);
  });

  await t.test('a dry run writes nothing', async () => {
    const shown = await home.wharf(['profile', 'relax', 'dev', 'notes', '--dry-run']);
    assert.equal(shown.code, 1);
    assert.match(shown.stdout, /tmpfs: \/var\/lib\/notes[^]*Nothing was written/);
    assert.equal(await readFile(path, 'utf8'), profile);
  });

  await t.test('with consent the lines are added, and every other byte stays', async () => {
    const relaxed = await home.wharf(['profile', 'relax', 'dev', 'notes', '--yes', '--call', 'add_note', '--args', '{"text":"x"}']);
    assert.equal(relaxed.code, 0, relaxed.stderr);
    assert.match(relaxed.stdout, /! +user: root[^]*The server "notes" works/);
    const before = '      network: none   # it needs none\n';
    const more = ['tmpfs: [/var/lib/notes]', 'user: root', 'capAdd: [CHOWN, SETUID, SETGID]'].map((line) => `      ${line}\n`).join('');
    assert.equal(await readFile(path, 'utf8'), profile.replace(before, before + more));
  });

  await t.test('it answers, as the user to which its entrypoint changed', async () => {
    const client = await home.session('dev');
    const note = JSON.parse(await client.callText('add_note', { text: 'mine' })) as { uid: number };
    assert.equal(note.uid, 1500);
  });

  await t.test('a server that is not there, or needs nothing, is said', async () => {
    const absent = await home.wharf(['profile', 'relax', 'dev', 'nots', '--yes']);
    assert.match(absent.stderr, /WHARF_SERVER_NOT_IN_PROFILE/);
    const again = await home.wharf(['profile', 'relax', 'dev', 'notes']);
    assert.deepEqual([again.code, again.stdout.includes('works')], [0, true]);
  });
});
