import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { admitFile } from '../../../src/gateway/admission.ts';
import { allowProfile, allowedContent, isImageGranted, revokeAllowance } from '../../../src/node/allowances.ts';
import { rememberWritten, writeEditedProfile } from '../../../src/node/editedProfile.ts';
import { findProfile, type ProfileFile } from '../../../src/node/profileFiles.ts';
import { userProfilesFolder } from '../../../src/node/profileFolders.ts';
import { summarizeProfiles } from '../../../src/node/profileSummaries.ts';
import { ok } from '../../../src/shared/result.ts';
import { codeOf, places, pull } from './places.ts';

const server = {
  type: 'server',
  image: 'mcp/web:1',
  command: ['serve'],
  secrets: [{ name: 'web.key', env: 'KEY' }],
  allowHosts: ['a.example:443', 'b.example:443'],
};

interface Lean {
  readonly path: string;
  /** The catalogue now says this of the server. */
  readonly says: (more: object) => Promise<void>;
  readonly load: () => Promise<ProfileFile>;
  /** A client comes. Undefined where it is served. */
  readonly refusal: () => Promise<string | undefined>;
  readonly locations: ReturnType<typeof places>;
}

async function lean(t: TestContext): Promise<Lean> {
  const locations = places(t);
  const source = join(locations.dataFolder, 'c.json');
  mkdirSync(locations.dataFolder, { recursive: true });
  mkdirSync(userProfilesFolder(locations), { recursive: true });
  const path = join(userProfilesFolder(locations), 'dev.yaml');
  writeFileSync(path, `version: 1\nservers:\n  - catalog_ref: ${source}\n    name: web\n`);
  const says = async (more: object): Promise<void> => {
    writeFileSync(
      source,
      JSON.stringify({ registry: { web: { ...server, ...more }, other: { type: 'server', image: 'mcp/other:1', ...more } } }),
    );
    assert.equal(codeOf(await pull(locations, source)), 'ok');
  };
  const load = async (): Promise<ProfileFile> => {
    const found = await findProfile(locations, { by: 'id', id: 'dev' }, '/');
    assert.ok(found.ok && found.value.profile.ok, codeOf(found.ok ? found.value.profile : found));
    return found.value;
  };
  const refusal = async (): Promise<string | undefined> => {
    const wish = { profile: { by: 'id', id: 'dev' }, cwd: '/', settings: {} } as const;
    const choice = await admitFile(await load(), wish, { locations, locks: undefined, interceptors: () => ok([] as never) });
    return choice.kind === 'refused' ? choice.problem.code : undefined;
  };
  await says({});
  return { path, says, load, refusal, locations };
}

test("a user's own lean profile is withdrawn when its catalogue gives a server more, until the user allows that", async (t) => {
  const { path, says, load, refusal, locations } = await lean(t);
  assert.equal(await refusal(), undefined, 'seen for the first time it is allowed');
  for (const more of [
    { secrets: [...server.secrets, { name: 'github.personal_access_token', env: 'MORE' }] },
    { volumes: ['/home/user:/h:rw'] },
    { user: 'root' },
    { command: ['serve', '--all'] },
    { env: [{ name: 'HOST', value: 'evil.example' }] },
    { allowHosts: [...server.allowHosts, 'evil.example:443'] },
    { allowHosts: [] },
    { type: 'remote', image: undefined, remote: { url: 'https://evil.example/mcp' } },
  ]) {
    await says(more);
    const words = JSON.stringify(more);
    assert.equal((await load()).allowed, false, words);
    assert.equal(await refusal(), 'WHARF_PROFILE_NOT_ALLOWED', words);
    assert.equal(await refusal(), 'WHARF_PROFILE_NOT_ALLOWED', `${words}: whoever comes again is not served either`);
    const [summary] = await summarizeProfiles(locations, '/');
    assert.equal(summary?.allowed, false, words);
    await says({});
    assert.equal(await refusal(), undefined, `${words}: taken back`);
  }
  await says({ user: 'root' });
  const file = await load();
  assert.match((await allowedContent(locations, path)) ?? '', /web\.key/, 'what was known before can be shown');
  assert.ok((await allowProfile(locations, path, file.content, {}, { isOwn: true })).ok);
  assert.equal(await refusal(), undefined);
  await says({ user: 'root', volumes: ['/:/h'] });
  assert.equal(await refusal(), 'WHARF_PROFILE_NOT_ALLOWED');
  assert.ok((await revokeAllowance(locations, path)).ok);
  assert.equal(await refusal(), undefined, 'a profile that was removed and made again is a new one');
});

test('what narrows, words for people and another image reach a lean profile, and then what was narrowed is gone', async (t) => {
  const { says, refusal } = await lean(t);
  assert.equal(await refusal(), undefined);
  await says({ image: 'mcp/web:2', title: 'New', secrets: [], allowHosts: ['a.example:443'], disableNetwork: true });
  assert.equal(await refusal(), undefined);
  await says({ image: 'mcp/web:2' });
  assert.equal(await refusal(), 'WHARF_PROFILE_NOT_ALLOWED');
});

test("what the user writes into a profile is the user's word, but allows nothing that a catalogue changed meanwhile", async (t) => {
  const { path, says, refusal, load, locations } = await lean(t);
  assert.equal(await refusal(), undefined);
  const before = readFileSync(path, 'utf8');
  const source = /catalog_ref: (.*)/.exec(before)?.[1];
  writeFileSync(path, `${before}  - catalog_ref: ${source}\n    name: other\n`);
  assert.equal(await refusal(), undefined, 'an entry that was not there is new');
  await says({ user: 'root' });
  assert.equal(await refusal(), 'WHARF_PROFILE_NOT_ALLOWED');
  writeFileSync(path, `# mine\n${before}`);
  assert.equal(await refusal(), 'WHARF_PROFILE_NOT_ALLOWED', 'an edit of other lines allows nothing');
  assert.ok((await writeEditedProfile(locations, await load(), `# edited\n${before}`)).ok);
  assert.equal(await refusal(), 'WHARF_PROFILE_NOT_ALLOWED', 'nor does one through Wharf');
  await says({});
  assert.ok((await writeEditedProfile(locations, await load(), before)).ok);
  assert.equal(await refusal(), undefined);
});

test('another image that a catalogue names is no first start', async (t) => {
  const { path, locations } = await lean(t);
  const [first, other] = ['1', '2'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];
  const granted = async (image: string, id: string, isLean: boolean): Promise<unknown> => {
    const answer = await isImageGranted(locations, path, 'web', { image, id, isLean });
    return answer.ok && answer.value;
  };
  assert.equal(await granted('mcp/web:1', first, true), true);
  assert.equal(await granted('mcp/web:2', other, true), false);
  assert.equal(await granted('evil/web:1', other, true), false);
  assert.equal(await granted('mcp/web:1', first, true), true);
  assert.equal(await granted('mcp/web:2', other, false), true, 'where the user names it, it is');
});

test('what Wharf itself wrote is remembered as it was then, so that the first client is no first sight', async (t) => {
  const { path, says, refusal, locations } = await lean(t);
  const written = await rememberWritten(locations, path, readFileSync(path, 'utf8'));
  assert.ok(written.ok);
  await says({ secrets: [...server.secrets, { name: 'github.personal_access_token', env: 'MORE' }] });
  assert.equal(await refusal(), 'WHARF_PROFILE_NOT_ALLOWED');
});
