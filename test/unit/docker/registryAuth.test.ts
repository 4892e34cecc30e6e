import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loginName } from '../../../src/core/registry/logins.ts';
import { registryAuth, type RegistryAuth } from '../../../src/docker/registryAuth.ts';

const hub = 'https://index.docker.io/v1/';

async function authFor(t: TestContext, reference: string, config: string): Promise<RegistryAuth | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-docker-config-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'config.json'), config);
  return registryAuth(reference, folder, new AbortController().signal);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

for (const [reference, registry] of [
  ['alpine', hub],
  ['mcp/github:1', hub],
  ['docker.io/mcp/github', hub],
  ['index.docker.io/mcp/github', hub],
  ['ghcr.io/team/server:1.2@sha256:00', 'ghcr.io'],
  ['localhost/server', 'localhost'],
  ['localhost:5000/server', 'localhost:5000'],
  ['server:5000', hub],
] as const) {
  test(`the registry of ${reference} is ${registry}`, () => {
    assert.equal(loginName(reference), registry);
  });
}

test('a password with colons and one that docker padded with zero bytes come out whole', async (t) => {
  const config = JSON.stringify({ auths: { 'ghcr.io': { auth: base64('ada:a:b:c') }, [hub]: { auth: base64('bob:secret\0\0') } } });
  assert.deepEqual(await authFor(t, 'ghcr.io/x', config), { serveraddress: 'ghcr.io', username: 'ada', password: 'a:b:c' });
  assert.deepEqual(await authFor(t, 'x', config), { serveraddress: hub, username: 'bob', password: 'secret' });
});

test('an identity token goes before a password, and an old form of the name of a registry is found', async (t) => {
  const token = JSON.stringify({ auths: { 'https://reg.example/v2/': { auth: base64('ada:x'), identitytoken: 'T' } } });
  assert.deepEqual(await authFor(t, 'reg.example/x', token), { serveraddress: 'reg.example', identitytoken: 'T' });
});

for (const [what, config] of [
  ['no JSON', '{"auths":'],
  ['JSON of another shape', '[1]'],
  ['null', 'null'],
  ['nothing for this registry', '{"auths":{"ghcr.io":{"auth":"YTpi"}}}'],
  ['an entry that a helper left empty', '{"auths":{"reg.example":{}}}'],
  ['an entry that is null', '{"auths":{"reg.example":null}}'],
  ['an entry without a user', '{"auths":{"reg.example":{"auth":"OmI="}}}'],
  ['a helper that is not there', '{"credsStore":"wharf-absent"}'],
  ['a helper that leads elsewhere', '{"credsStore":"../../../bin/true"}'],
] as const) {
  test(`a configuration with ${what} gives no credentials and no failure`, async (t) => {
    assert.equal(await authFor(t, 'reg.example/x', config), undefined);
  });
}
