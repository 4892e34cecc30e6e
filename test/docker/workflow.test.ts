import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test, type TestContext } from 'node:test';

import { tar } from '../../scripts/tar.ts';
import { shellOf, type Shell } from '../support/dockerCli.ts';
import { docker, probeImage } from '../support/dockerLane.ts';
import { sampleTags } from '../support/images.ts';
import { startRegistry } from '../support/registry.ts';
import { makeHome } from '../support/wharfHome.ts';

const labelled = 'wharf-sample/labelled:1';

async function done(shell: Shell, line: string, words: RegExp | string): Promise<string> {
  const { code, stdout, stderr } = await shell.run(line);
  assert.equal(code, 0, `${line}\n${stdout}${stderr}`);
  if (typeof words === 'string') {
    assert.ok(stdout.split('\n').includes(words), `${line}\n${stdout}${stderr}`);
  } else {
    assert.match(stdout, words, `${line}\n${stderr}`);
  }
  return stdout;
}

/** A catalogue as Docker's own is: three servers, one of which can be configured. */
function legacyCatalogue(image: string): string {
  const server = (name: string, more = ''): string =>
    `  ${name}:\n    title: ${name}\n    description: Looks around.\n    type: server\n    image: ${image}\n    disableNetwork: true\n    tools: [{ name: echo }, { name: environment }]\n${more}`;
  const config =
    '    env: [{ name: GREETING, value: "{{probe.greeting}}" }]\n    config:\n      - name: probe\n        description: How it greets.\n        type: object\n        properties: { greeting: { type: string } }\n';
  return `version: 3\nname: base\ndisplayName: Base\nregistry:\n${server('probe', config)}${server('second')}${server('third')}`;
}

async function greetingOf(shell: Shell, t: TestContext, line: string): Promise<readonly [string | undefined, number]> {
  const client = shell.gateway(t, line);
  const { error } = await client.initialize();
  assert.equal(error, undefined, `${line}\n${error?.message ?? ''}`);
  const names = await client.toolNames();
  const { env } = JSON.parse(await client.callText('environment')) as { readonly env: Readonly<Record<string, string>> };
  await client.close();
  return [env['GREETING'], names.filter((name) => name.endsWith('echo')).length];
}

test('the documented workflow runs through the Docker CLI, from a profile in one home to a catalogue in another', async (t) => {
  const registry = await startRegistry(t);
  if (registry === undefined) {
    return;
  }
  const { host } = registry;
  const home = await makeHome(t);
  const secondHome = await mkdtemp(join(tmpdir(), 'wharf-second-'));
  const [here, there] = [shellOf(home), shellOf(home, { WHARF_HOME: secondHome })];
  assert.equal((await home.wharf(['plugin', 'install'])).code, 0);
  await probeImage();
  await buildLabelled(t);
  await writeFile(join(home.project, 'base.yaml'), legacyCatalogue(sampleTags.probe));
  try {
    const [base, all] = [`${host}/team/base:1`, `${host}/team/all:1`];
    await done(here, `docker mcp catalog create ${base} --title Base --from-legacy-catalog ./base.yaml`, `Catalog ${base} created`);
    await done(here, 'docker mcp profile create --name "Dev Tools"', 'Created profile dev_tools with 0 servers');
    const three = ['probe', 'second', 'third'].map((name) => `--server catalog://${base}/${name}`).join(' ');
    await done(here, `docker mcp profile server add dev_tools ${three}`, 'Added 3 server(s) to profile dev_tools');
    await done(here, 'docker mcp profile config dev_tools --set probe.greeting=hello', 'probe.greeting=hello');
    assert.deepEqual(await greetingOf(here, t, 'docker mcp gateway run --profile dev_tools'), ['hello', 3]);
    await done(here, 'docker mcp profile export dev_tools ./dev.yaml', 'Exported profile dev_tools to ./dev.yaml');
    assert.match(await readFile(join(home.project, 'dev.yaml'), 'utf8'), /type: image[^]*snapshot:/);
    await done(here, `docker mcp profile push dev_tools ${host}/team/dev:1`, /^Pushed profile to \S+\/team\/dev:1@sha256:[0-9a-f]{64}$/m);

    await done(there, `docker mcp profile pull ${host}/team/dev:1`, 'Profile Dev Tools imported as dev_tools');
    await done(there, 'docker mcp profile allow dev_tools --yes --no-discover', /wharf-sample\/probe/);
    assert.deepEqual(await greetingOf(there, t, 'docker mcp gateway run --profile dev_tools'), ['hello', 3]);

    assert.deepEqual(await greetingOf(here, t, `docker mcp gateway run --catalog ${base} --servers probe --servers second`), [
      undefined,
      2,
    ]);
    const servers = `--server catalog://${base}/probe --server docker://${labelled}`;
    await done(here, `docker mcp catalog create ${all} --title All ${servers}`, `Catalog ${all} created`);
    await done(here, `docker mcp catalog push ${all}`, /team\/all:1/);
    await done(there, `docker mcp profile create --name Use --server catalog://${all}/*`, 'Created profile use with 2 servers');
    assert.deepEqual(await greetingOf(there, t, 'docker mcp gateway run --profile use'), [undefined, 2]);
    const shown = await done(there, `docker mcp catalog server ls ${all} --format json`, /labelled/);
    assert.equal((JSON.parse(shown) as { readonly servers: readonly unknown[] }).servers.length, 2);
  } finally {
    await there.run('docker mcp daemon stop');
    await rm(secondHome, { recursive: true, force: true });
  }
});

/** An image that says of itself what it is. */
async function buildLabelled(t: TestContext): Promise<void> {
  const metadata = 'name: labelled\ntype: server\ntitle: Labelled\ndescription: Says what it is.\ntools: [{ name: echo }]\n';
  const files = [{ path: 'Dockerfile', mode: 0o644, data: Buffer.from(`FROM ${sampleTags.probe}\n`) }];
  const labels = { 'io.docker.server.metadata': metadata };
  t.after(() =>
    docker
      .getImage(labelled)
      .remove({ force: true })
      .catch(() => undefined),
  );
  await builtFrom(await docker.buildImage(Readable.from(tar(files)), { t: labelled, forcerm: true, labels }));
}

/** The engine answers at once, and reports a failed step inside the stream. */
async function builtFrom(stream: NodeJS.ReadableStream): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error, steps: readonly { readonly error?: string }[]) => {
      const failure = error?.message ?? steps.find((step) => step.error !== undefined)?.error;
      return failure === undefined ? resolve() : reject(new Error(failure));
    });
  });
}
