import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';

import { whyNoDistribution } from '../support/distribution.ts';
import { buildEgressImage, egressImage } from '../support/egress.ts';
import { buildPackageBase, packageBase } from '../support/packageBase.ts';
import { newVersion, removeImageAfter, tinyServer } from '../support/packageLane.ts';
import { startRegistry } from '../support/packageRegistry.ts';
import { makeHome } from '../support/wharfHome.ts';

/** Elsewhere than in CI a machine without the means may leave this out. */
const why = process.env['CI'] === undefined ? whyNoDistribution() : undefined;

before(async () => {
  if (why === undefined) {
    await buildPackageBase();
    await buildEgressImage();
  }
});

test(
  'an npx server of another client is imported as a container of its package, and its tool runs there',
  { skip: why ?? false },
  async (t) => {
    const registry = await startRegistry(t);
    await registry.add(tinyServer(newVersion()));
    const home = await makeHome(t);
    await mkdir(home.project, { recursive: true });
    const server = { command: 'npx', args: ['-y', 'tiny-server', '--mode', 'fast'], env: { LEVEL: 'debug' } };
    await writeFile(join(home.project, '.mcp.json'), JSON.stringify({ mcpServers: { tiny: server } }));
    const env = { WHARF_IMAGE: egressImage, WHARF_NPX_BASE: packageBase, npm_config_registry: registry.url };
    const ended = await home.wharf(['client', 'import', '--profile', 'dev', '--build', '--yes'], env);
    assert.equal(ended.code, 0, ended.stderr);
    const profile = await readFile(join(home.locations.configFolder, 'profiles', 'dev.yaml'), 'utf8');
    const [, tree = ''] = /image: wharf\.local\/\S+@(sha256:[0-9a-f]{64})/.exec(profile) ?? assert.fail(profile);
    removeImageAfter(t, tree);
    assert.match(profile, /command:\n +- --mode\n +- fast\n/);
    assert.match(profile, /name: LEVEL\n +value: debug\n/);
    const client = await home.session('dev');
    assert.deepEqual(await client.toolNames(), ['echo']);
    assert.match(await client.callText('echo'), / 65534$/);
  },
);
