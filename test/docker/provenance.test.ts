import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test, type TestContext } from 'node:test';

import { tar } from '../../scripts/tar.ts';
import { DockerEngine } from '../../src/docker/engine.ts';
import { ImageGate } from '../../src/node/provenance/imageGate.ts';
import { endpoint } from '../support/dockerEngine.ts';
import { docker } from '../support/dockerLane.ts';
import { startRegistry } from '../support/registry.ts';
import { keyPair, pemOf, pushSimple, simpleSignature } from '../support/signing.ts';

const engine = new DockerEngine(endpoint, 'test', () => true);
const path = 'wharf/signed';

async function follow(stream: NodeJS.ReadableStream): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error, lines: { readonly error?: string }[]) => {
      const failure = error?.message ?? lines.find((line) => line.error !== undefined)?.error;
      return failure === undefined ? resolve() : reject(new Error(failure));
    });
  });
}

/** Builds an image here under this name. */
async function build(t: TestContext, reference: string, content: string): Promise<void> {
  const files = { Dockerfile: 'FROM scratch\nCOPY file /file\nCMD ["/file"]\n', file: content };
  const entries = Object.entries(files).map(([name, text]) => ({ path: name, mode: 0o644, data: Buffer.from(text) }));
  await follow(await docker.buildImage(Readable.from(tar(entries)), { t: reference, forcerm: true }));
  t.after(() =>
    docker
      .getImage(reference)
      .remove({ force: true })
      .catch(() => undefined),
  );
}

async function push(reference: string): Promise<void> {
  await follow(await docker.getImage(reference).push({ authconfig: { username: 'nobody', password: 'x', serveraddress: '' } }));
}

test('the engine names the digest of what it has, and nothing for what was built or tagged here', async (t) => {
  const registry = await startRegistry(t);
  if (registry === undefined) {
    return;
  }
  const reference = `${registry.host}/${path}:1`;
  await build(t, reference, `from ${registry.host}`);
  assert.deepEqual(await engine.imageDigests(reference), { ok: true, value: [] });
  await push(reference);
  const digests = await engine.imageDigests(reference);
  assert.match(digests.ok ? digests.value.join() : '', /^sha256:[0-9a-f]{64}$/);
  // Tagged with the name of another repository, an image is not from there.
  const other = `${registry.host}/wharf/other`;
  await docker.getImage(reference).tag({ repo: other, tag: '1' });
  t.after(() =>
    docker
      .getImage(`${other}:1`)
      .remove({ force: true })
      .catch(() => undefined),
  );
  assert.deepEqual(await engine.imageDigests(`${other}:1`), { ok: true, value: [] });
  const absent = await engine.imageDigests(`${other}:absent`);
  assert.equal(absent.ok ? '' : absent.problem.code, 'WHARF_IMAGE_MISSING');
});

test('a tag is judged by what the engine has: signed it passes and is pinned, and another image under its name is refused', async (t) => {
  const registry = await startRegistry(t);
  if (registry === undefined) {
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'wharf-signed-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const key = keyPair();
  const policy = join(folder, 'policy.yaml');
  writeFileSync(policy, `version: 1\nimages:\n  - match: ${registry.host}/wharf/*\n    keys: ${JSON.stringify([pemOf(key)])}\n`);
  const gate = new ImageGate({
    locations: { configFolder: folder, dataFolder: join(folder, 'data'), environment: {} },
    log: () => undefined,
    digestsOf: (name) => engine.imageDigests(name),
    policyFiles: [{ owner: 'machine', path: policy }],
  });
  const reference = `${registry.host}/${path}:1`;
  const check = () => gate.check(reference, { requireDigest: false, verify: false });
  await build(t, reference, `signed, from ${registry.host}`);
  const local = await check();
  assert.equal(local.ok ? '' : local.problem.code, 'WHARF_IMAGE_LOCAL');
  await push(reference);
  const digests = await engine.imageDigests(reference);
  const [digest = ''] = digests.ok ? digests.value : [];
  await pushSimple(registry, path, digest, [simpleSignature(key, `${registry.host}/${path}`, digest)]);
  const checked = await check();
  assert.ok(checked.ok, checked.ok ? '' : checked.problem.message);
  const { pinned } = checked.value;
  t.after(() =>
    docker
      .getImage(pinned ?? '')
      .remove({ force: true })
      .catch(() => undefined),
  );
  const [byPin, byTag] = [await engine.imageId(pinned ?? ''), await engine.imageId(reference)];
  assert.ok(byPin.ok && byTag.ok);
  assert.equal(byPin.value, byTag.value);
  await build(t, reference, 'what somebody put under the same tag');
  const moved = await check();
  assert.equal(moved.ok ? '' : moved.problem.code, 'WHARF_IMAGE_LOCAL');
  await push(reference);
  const pushed = await check();
  assert.equal(pushed.ok ? '' : pushed.problem.code, 'WHARF_IMAGE_UNSIGNED');
  assert.equal((await engine.imageId(pinned ?? '')).ok && byPin.value, byPin.value);
});
