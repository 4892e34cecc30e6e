import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Readable } from 'node:stream';
import { suite, test, type TestContext } from 'node:test';
import { tar } from '../../scripts/tar.ts';
import type { PullProgress } from '../../src/core/ports.ts';
import { DockerEngine } from '../../src/docker/engine.ts';
import { dockerProxy, endpoint } from '../support/dockerEngine.ts';
import { docker } from '../support/dockerLane.ts';
import { gateTo, startRegistry } from '../support/registry.ts';
import { until } from '../support/until.ts';

const layerBytes = 6 * 1024 * 1024;
const user = { name: 'ada', password: 'opensesame', bcrypt: '$2b$04$8M..J.Adr2Z5hg9YZtrwvu8rqo/vCkyaJT.qtbxUiJEEQOzg.1sW2' };

async function follow(stream: NodeJS.ReadableStream): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error, lines: { readonly error?: string }[]) => {
      const failure = error?.message ?? lines.find((line) => line.error !== undefined)?.error;
      return failure === undefined ? resolve() : reject(new Error(failure));
    });
  });
}

/** Makes an image of two layers that nobody has yet, pushes it, and removes it here. */
async function pushedImage(t: TestContext, host: string, auth?: object): Promise<string> {
  const repo = `${host}/wharf/sample`;
  const reference = `${repo}:1`;
  const files = ['one', 'two'].map((path) => ({ path, mode: 0o644, data: randomBytes(layerBytes) }));
  const dockerfile = Buffer.from('FROM scratch\nCOPY one /one\nCOPY two /two\nCMD ["/one"]\n');
  const context = Readable.from(tar([{ path: 'Dockerfile', mode: 0o644, data: dockerfile }, ...files]));
  await follow(await docker.buildImage(context, { t: reference, forcerm: true }));
  const image = docker.getImage(reference);
  t.after(() => image.remove({ force: true }).catch(() => undefined));
  await follow(await image.push({ authconfig: auth ?? { username: 'nobody', password: 'x', serveraddress: host } }));
  await image.remove({ force: true });
  return reference;
}

const engine = new DockerEngine(endpoint, 'test', () => true);

suite('the download of an image', { concurrency: true }, () => {
  test('a pulled image is there, and its progress rises over all layers to the whole', async (t) => {
    const registry = await startRegistry(t);
    if (registry === undefined) {
      return;
    }
    const reference = await pushedImage(t, registry.host);
    assert.equal((await engine.imageId(reference)).ok, false);
    const seen: PullProgress[] = [];
    const done = await engine.pull(reference, (progress) => seen.push(progress)).done;
    assert.deepEqual(done, { ok: true, value: null });
    assert.equal((await engine.imageId(reference)).ok, true);
    seen.reduce((last, now) => {
      assert.ok(
        now.doneBytes >= last.doneBytes && now.totalBytes >= last.totalBytes && now.doneBytes <= now.totalBytes,
        JSON.stringify([last, now]),
      );
      return now;
    });
    const end = seen.at(-1);
    assert.ok(end !== undefined && end.doneBytes === end.totalBytes && end.totalBytes >= 2 * layerBytes, JSON.stringify(end));
  });

  test('a name without a tag is the one that is "latest", and a digest is itself', async (t) => {
    const registry = await startRegistry(t);
    if (registry === undefined) {
      return;
    }
    const reference = await pushedImage(t, registry.host);
    const repo = reference.replace(/:1$/, '');
    const untagged = await engine.pull(repo, () => undefined).done;
    assert.match(untagged.ok ? '' : (untagged.problem.detail ?? ''), /latest/);
    const headers = { Accept: 'application/vnd.docker.distribution.manifest.v2+json' };
    const manifest = await fetch(`http://${registry.host}/v2/wharf/sample/manifests/1`, { headers });
    const byDigest = `${reference}@${manifest.headers.get('docker-content-digest')}`;
    t.after(() =>
      docker
        .getImage(byDigest)
        .remove({ force: true })
        .catch(() => undefined),
    );
    assert.deepEqual(await engine.pull(byDigest, () => undefined).done, { ok: true, value: null });
    assert.equal((await engine.imageId(byDigest)).ok, true);
  });

  test('a pull that is cancelled ends as a failure at once, and the engine ends its download too', async (t) => {
    const registry = await startRegistry(t);
    if (registry === undefined) {
      return;
    }
    const gate = await gateTo(t, registry);
    const reference = await pushedImage(t, gate.host);
    gate.closeAfter(layerBytes / 2);
    const seen: PullProgress[] = [];
    const pull = engine.pull(reference, (progress) => seen.push(progress));
    await until(() => gate.held > 0 && seen.some(({ doneBytes }) => doneBytes > 0), { what: 'the download to begin' });
    pull.cancel();
    const done = await pull.done;
    assert.equal(done.ok ? '' : done.problem.code, 'WHARF_PULL_FAILED');
    assert.match(done.ok ? '' : (done.problem.detail ?? ''), /cancelled/);
    gate.reopen();
    await until(() => gate.held === 0, { what: 'the engine to leave the registry' });
    assert.equal((await engine.imageId(reference)).ok, false);
    assert.deepEqual(await engine.pull(reference, () => undefined).done, { ok: true, value: null });
  });

  test('a pull whose engine goes away fails', async (t) => {
    const registry = await startRegistry(t);
    if (registry === undefined) {
      return;
    }
    const gate = await gateTo(t, registry);
    const proxy = await dockerProxy(t);
    const reference = await pushedImage(t, gate.host);
    gate.closeAfter(layerBytes / 2);
    const seen: PullProgress[] = [];
    const { done } = new DockerEngine(proxy.endpoint, 'test', () => true).pull(reference, (progress) => seen.push(progress));
    await until(() => seen.length > 0, { what: 'the download to begin' });
    proxy.cut();
    const failed = await done;
    assert.equal(failed.ok ? '' : failed.problem.code, 'WHARF_DOCKER_UNREACHABLE');
  });

  test("what the registry does not have, and what it cannot give whole, fails with the registry's words", async (t) => {
    const registry = await startRegistry(t);
    if (registry === undefined) {
      return;
    }
    const reference = await pushedImage(t, registry.host);
    const absent = await engine.pull(reference.replace(/:1$/, ':2'), () => undefined).done;
    assert.equal(absent.ok ? '' : absent.problem.code, 'WHARF_PULL_FAILED');
    assert.match(absent.ok ? '' : (absent.problem.detail ?? ''), /manifest/);
    // The manifest stays, the layers go: the engine has answered 200 by then.
    const blobs = join(registry.folder, 'docker', 'registry', 'v2', 'blobs', 'sha256');
    for (const entry of await readdir(blobs, { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      if (entry.name === 'data') {
        await writeFile(file, 'x', { flag: 'r+' });
      }
    }
    const broken = await engine.pull(reference, () => undefined).done;
    assert.equal(broken.ok ? '' : broken.problem.code, 'WHARF_PULL_FAILED');
    assert.equal((await engine.imageId(reference)).ok, false);
  });

  test('a private image is pulled with what "docker login" stored, in the file or behind a helper, and the secret is in no problem', async (t) => {
    const registry = await startRegistry(t, user);
    if (registry === undefined) {
      return;
    }
    const { host } = registry;
    const reference = await pushedImage(t, host, { username: user.name, password: user.password, serveraddress: host });
    const configFolder = await mkdtemp(join(tmpdir(), 'wharf-docker-config-'));
    t.after(() => rm(configFolder, { recursive: true, force: true }));
    const helper = join(configFolder, 'docker-credential-wharftest');
    const answer = JSON.stringify({ ServerURL: host, Username: user.name, Secret: user.password });
    await writeFile(helper, `#!/bin/sh\n[ "$1 $(cat)" = 'get ${host}' ] && echo '${answer}'\n`);
    await chmod(helper, 0o755);
    const path = process.env['PATH'];
    process.env['PATH'] = `${configFolder}${delimiter}${path}`;
    t.after(() => (process.env['PATH'] = path));
    const login = (password: string): object => ({
      auths: { [host]: { auth: Buffer.from(`${user.name}:${password}`).toString('base64') } },
    });
    const configs: readonly (readonly [config: object, works: boolean])[] = [
      [{}, false],
      [login('wrong-password'), false],
      [login(user.password), true],
      [{ credHelpers: { [host]: 'wharftest' } }, true],
      [{ credsStore: 'wharftest' }, true],
      [{ credHelpers: { [host]: 'not-there' } }, false],
    ];
    for (const [config, works] of configs) {
      await writeFile(join(configFolder, 'config.json'), JSON.stringify(config));
      const done = await new DockerEngine({ ...endpoint, configFolder }, 'test', () => true).pull(reference, () => undefined).done;
      assert.equal(done.ok, works, JSON.stringify([config, done]));
      assert.doesNotMatch(JSON.stringify(done), /opensesame|wrong-password/);
      if (works) {
        await docker.getImage(reference).remove({ force: true });
      }
    }
  });
});
