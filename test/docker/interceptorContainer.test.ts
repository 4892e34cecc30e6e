import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, suite, test, type TestContext } from 'node:test';

import { containerLabels, type ContainerOwner } from '../../src/core/container/labels.ts';
import type { ContainerEngine } from '../../src/core/ports.ts';
import { findEndpoint } from '../../src/docker/endpoint.ts';
import { DockerEngine } from '../../src/docker/engine.ts';
import { call, failure, given, makeHost, never, textResult, type TestHost } from '../gateway/interceptors/host.ts';
import { docker } from '../support/dockerLane.ts';
import { buildInterceptorImage, sampleTags } from '../support/images.ts';
import { until } from '../support/until.ts';

const image = sampleTags.interceptor;
const megabytes = 3 * 1024 ** 2;

before(async () => {
  await buildInterceptorImage(docker);
});

async function containers(owner: ContainerOwner): Promise<readonly string[]> {
  const listed = await docker.listContainers({ all: true, filters: { label: [`wharf.machine=${owner.machine}`] } });
  return listed.map(({ Id }) => Id);
}

/** A real engine, and an owner of the test's own whose containers are gone when the test ends. */
async function dockerHost(t: TestContext, timeoutMs?: number): Promise<{ readonly host: TestHost; readonly owner: ContainerOwner }> {
  const owner: ContainerOwner = { machine: `test-${randomUUID()}`, boot: 'boot', pid: process.pid, startedAt: '1' };
  const engine: ContainerEngine = new DockerEngine(findEndpoint(process.env, process.env['HOME'] ?? '/'), owner.machine, () => true);
  const labels = containerLabels(owner, { profile: 'dev', server: 'interceptor' });
  const host = await makeHost(t, { engine, labels, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  t.after(async () => {
    for (const id of await containers(owner)) {
      await docker
        .getContainer(id)
        .remove({ force: true })
        .catch(() => undefined);
    }
  });
  return { host, owner };
}

function textOf(result: unknown): string {
  return (result as ReturnType<typeof textResult>).content[0]?.text ?? '';
}

suite('interceptors in containers', { concurrency: true }, () => {
  test('a container gets the request on its stdin and its words behind the image, and its output is the answer', async (t) => {
    const { host, owner } = await dockerHost(t);
    const answer = given(await host.interceptors(`before:docker:${image} repeat 'two words' x`).before(call, never));
    assert.deepEqual(JSON.parse(textOf(answer)), {
      words: ['two words', 'x'],
      input: { method: 'tools/call', params: call.params, Params: call.params, Session: {}, Extra: null },
    });
    await until(async () => host.held.size === 0 && (await containers(owner)).length === 0, { what: 'the container to be gone' });
  });

  test('a container that writes nothing leaves the result alone, and a large result reaches it whole', async (t) => {
    const { host } = await dockerHost(t);
    const result = textResult('x'.repeat(megabytes));
    assert.equal(given(await host.interceptors(`after:docker:${image} nothing`).after(result, never)), undefined);
    const size = given(await host.interceptors(`after:docker:${image} size`).after(result, never));
    assert.equal(Number(textOf(size)), JSON.stringify(result).length + 1);
  });

  test('a container may think for a while after the end of its input', async (t) => {
    const { host } = await dockerHost(t);
    // Longer than a server gets that is stopped.
    const answer = given(await host.interceptors(`before:docker:${image} slow 3000`).before(call, never));
    assert.equal(textOf(answer), 'at last');
  });

  test('a container of an interceptor has what a server has, and no network', async (t) => {
    const { host } = await dockerHost(t);
    process.env['WHARF_TEST_SECRET'] = 'hidden';
    t.after(() => delete process.env['WHARF_TEST_SECRET']);
    const answer = given(await host.interceptors(`before:docker:${image} surroundings`).before(call, never));
    const { env, ...rest } = JSON.parse(textOf(answer)) as { readonly env: Readonly<Record<string, string>> };
    assert.deepEqual(rest, { interfaces: ['lo'], rootIsWritable: false, tmpIsWritable: true, hasSocket: false });
    assert.deepEqual(Object.keys(env).sort(), ['HOME', 'HOSTNAME', 'PATH']);
  });

  test('a container that fails fails the call with its exit code and its last words', async (t) => {
    const { host } = await dockerHost(t);
    const problem = failure(await host.interceptors(`before:docker:${image} fail`).before(call, never));
    assert.match(problem.message, /it ended with exit code 4/);
    assert.equal(problem.detail, 'interceptor: I will not');
    assert.match(host.lines[0] ?? '', /wrote: interceptor: I will not/);
  });

  test('an image that is not there is named', async (t) => {
    const { host } = await dockerHost(t);
    const problem = failure(await host.interceptors('before:docker:wharf-test/nowhere:1').before(call, never));
    assert.match(problem.message, /its container could not be started: The image wharf-test\/nowhere:1/);
  });

  test('a container that hangs is removed after the time-out, and when its call is cancelled', async (t) => {
    const hasty = await dockerHost(t, 1_000);
    const problem = failure(await hasty.host.interceptors(`before:docker:${image} hang`).before(call, never));
    assert.match(problem.message, /it was not done within 1 s/);
    const { host, owner } = await dockerHost(t);
    const cancellation = new AbortController();
    const running = host.interceptors(`before:docker:${image} hang`).before(call, cancellation.signal);
    await until(() => host.held.size === 1, { what: 'the container to start' });
    cancellation.abort();
    assert.match(failure(await running).message, /the call was cancelled/);
    for (const each of [hasty, { host, owner }]) {
      await until(async () => each.host.held.size === 0 && (await containers(each.owner)).length === 0, {
        timeoutMs: 20_000,
        what: 'the containers to be gone',
      });
    }
  });
});
