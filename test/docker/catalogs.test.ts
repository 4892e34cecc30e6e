import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { docker } from '../support/dockerLane.ts';
import { buildImage } from '../support/images.ts';
import { startRegistry } from '../support/registry.ts';
import { makeHome, type Ended } from '../support/wharfHome.ts';

const user = { name: 'ada', bcrypt: '$2b$04$8M..J.Adr2Z5hg9YZtrwvu8rqo/vCkyaJT.qtbxUiJEEQOzg.1sW2' };
const password = ['open', 'sesame'].join('');

const label = '{ name: weather, title: Weather, description: Tells the weather, type: server, tools: [{ name: forecast }] }';

/** An image of nothing but a label. */
async function labelledImage(tag: string): Promise<void> {
  const lines = ['FROM scratch', 'COPY file /file', `LABEL io.docker.server.metadata=${JSON.stringify(label)}`];
  await buildImage({ tag, lines, files: [{ path: 'file', mode: 0o644, data: Buffer.from(tag) }] }, docker);
}

test('a catalogue of an image that describes itself goes through a registry, and its server into a profile elsewhere', async (t) => {
  const registry = await startRegistry(t, user);
  if (registry === undefined) {
    return;
  }
  const tag = `wharf-test/weather:${randomBytes(4).toString('hex')}`;
  await labelledImage(tag);
  t.after(() => docker.getImage(tag).remove({ force: true }));
  const [ada, bob] = [await makeHome(t), await makeHome(t)];
  const auth = Buffer.from(`${user.name}:${password}`).toString('base64');
  const run = async (home: typeof ada, ...args: readonly string[]): Promise<Ended> => {
    await mkdir(join(home.home, '.docker'), { recursive: true });
    await writeFile(join(home.home, '.docker', 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
    const ended = await home.wharf(args, { DOCKER_CONFIG: join(home.home, '.docker') });
    assert.equal(ended.code, 0, ended.stderr);
    return ended;
  };
  const ref = `${registry.host}/team/catalog:1`;
  const created = await run(
    ada,
    'catalog',
    'create',
    ref,
    '--title',
    'Team',
    '--server',
    `docker://${tag}`,
    '--server',
    'catalog://builtin/deepwiki',
  );
  assert.equal(created.stdout, `Catalog ${ref} created\n`);
  const pushed = await run(ada, 'catalog', 'push', ref);
  const [, digest = ''] = /@sha256:([0-9a-f]{64})\n$/.exec(pushed.stdout) ?? [];

  const shown = await run(bob, 'catalog', 'show', ref, '--pull', 'missing', '--format', 'json');
  const catalogue = JSON.parse(shown.stdout) as { readonly digest: string; readonly source: string; readonly servers: readonly unknown[] };
  assert.deepEqual([catalogue.digest, catalogue.source, catalogue.servers.length], [digest, `oci:${ref}`, 2]);
  const found = await run(bob, 'catalog', 'search', 'forecast', '--format', 'json');
  const { servers } = JSON.parse(found.stdout) as { readonly servers: readonly { readonly name: string; readonly reference: string }[] };
  assert.deepEqual([servers[0]?.name, servers[0]?.reference], ['weather', `catalog://${ref}/weather`]);
  const listed = await run(bob, 'catalog', 'ls');
  assert.ok(listed.stdout.includes(`${ref}\t| ${digest}\t| Team\t| oci:${ref}\t| now\t| 2`), listed.stdout);
});
