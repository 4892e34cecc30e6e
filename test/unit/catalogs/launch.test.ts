import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { admitFile } from '../../../src/gateway/admission.ts';
import { launch, type LaunchHost } from '../../../src/gateway/instances/launch.ts';
import { findProfile } from '../../../src/node/profileFiles.ts';
import { userProfilesFolder } from '../../../src/node/profileFolders.ts';
import { ok } from '../../../src/shared/result.ts';
import { codeOf, places } from './places.ts';

test('a policy that closes or opens while a profile is served counts at the next start of a server', async (t) => {
  const locations = places(t);
  mkdirSync(userProfilesFolder(locations), { recursive: true });
  writeFileSync(
    join(userProfilesFolder(locations), 'dev.yaml'),
    'version: 1\nservers: [{ name: far, endpoint: "http://127.0.0.1:1/mcp" }]\n',
  );
  const file = await findProfile(locations, { by: 'id', id: 'dev' }, '/');
  assert.ok(file.ok);
  const wish = { profile: { by: 'id', id: 'dev' }, cwd: '/', settings: {} } as const;
  const choice = await admitFile(file.value, wish, { locations, locks: undefined, interceptors: () => ok([] as never) });
  assert.ok(choice.kind === 'usable');
  const { profile } = choice.facts;
  const [server] = profile.servers;
  assert.ok(server !== undefined);
  const host: Partial<LaunchHost> = {
    secretSource: () => ({ resolve: () => assert.fail('It has no secrets.'), versionOf: () => assert.fail('It has no secrets.') }),
    injected: () => undefined,
    redact: (text) => text,
  };
  const start = async (): Promise<string> => {
    const what = {
      server,
      profile: 'dev',
      surroundings: { profile, workspace: '/' },
      settings: {},
      onStep: () => undefined,
      gotSecrets: () => undefined,
      knownTool: () => undefined,
      whenClosed: new Promise<void>(() => undefined),
    };
    const channel = await launch(what, host as LaunchHost);
    if (channel.ok) {
      await channel.value.stop();
    }
    return codeOf(channel);
  };
  const policy = join(locations.configFolder, 'policy.yaml');
  assert.equal(await start(), 'ok');
  writeFileSync(policy, 'version: 1\ncatalogs:\n  only: []\n');
  assert.equal(await start(), 'WHARF_SERVER_NOT_APPROVED');
  writeFileSync(policy, 'version: 1\ncatalogs: [\n');
  assert.equal(await start(), 'WHARF_POLICY_BROKEN', 'a policy that nobody understands approves nothing');
  rmSync(policy);
  assert.equal(await start(), 'ok');
});
