import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { ContainerSpec } from '../../../src/core/container/spec.ts';
import type { ContainerEngine, ServerExit, ServerProcess } from '../../../src/core/ports.ts';
import * as problems from '../../../src/core/problems.ts';
import { fail, ok, type Result } from '../../../src/shared/result.ts';
import { until } from '../../support/until.ts';
import { call, failure, given, makeHost, never, textResult } from './host.ts';

/** A container that the test plays. */
class PlayedContainer implements ServerProcess {
  readonly id = 'played';
  readonly exited: Promise<ServerExit>;
  readonly input: Buffer[] = [];
  isStopped = false;
  inputEnded = false;
  exit: (exit: ServerExit) => void = () => undefined;
  stdout: (bytes: Uint8Array) => void = () => undefined;

  constructor() {
    this.exited = new Promise((resolve) => (this.exit = resolve));
  }

  write(bytes: Uint8Array): Promise<void> {
    this.input.push(Buffer.from(bytes));
    return Promise.resolve();
  }

  endInput(): void {
    this.inputEnded = true;
  }

  onStdout(listener: (bytes: Uint8Array) => void): void {
    this.stdout = listener;
  }

  onStderr(): void {
    // It never writes there.
  }

  pauseOutput(): void {
    throw new Error('Nobody pauses it.');
  }

  resumeOutput(): void {
    throw new Error('Nobody pauses it.');
  }

  stop(): Promise<void> {
    this.isStopped = true;
    this.exit({ code: 137 });
    return Promise.resolve();
  }
}

function engineThatStarts(start: (spec: ContainerSpec) => Promise<Result<ServerProcess>>): ContainerEngine {
  const engine: Pick<ContainerEngine, 'start'> = { start };
  return engine as ContainerEngine;
}

test('a container may work on after the end of its input, for as long as the time-out lasts', async (t) => {
  const container = new PlayedContainer();
  const specs: ContainerSpec[] = [];
  const engine = engineThatStarts((spec) => {
    specs.push(spec);
    return Promise.resolve(ok(container));
  });
  const host = await makeHost(t, { engine, labels: { 'wharf.managed': 'true' } });
  const running = host.interceptors("after:docker:team/filter:1 --level 'very high'").after(textResult('x'), never);
  await until(() => container.inputEnded, { what: 'the end of the input' });
  assert.equal(container.isStopped, false);
  assert.equal(host.held.size, 1);
  assert.equal(Buffer.concat(container.input).toString(), `${JSON.stringify(textResult('x'))}\n`);
  container.stdout(Buffer.from(JSON.stringify(textResult('filtered'))));
  container.exit({ code: 0 });
  assert.deepEqual(given(await running), textResult('filtered'));
  await until(() => host.held.size === 0, { what: 'the container to be let go' });
  const [spec] = specs;
  assert.equal(spec?.image, 'team/filter:1');
  assert.deepEqual(spec.command, ['--level', 'very high']);
  assert.deepEqual(spec.labels, { 'wharf.managed': 'true' });
  assert.deepEqual(spec.network, { kind: 'none' });
});

test('a container that starts after its call was cancelled is stopped all the same', async (t) => {
  const container = new PlayedContainer();
  let start: (started: Result<ServerProcess>) => void = () => undefined;
  const engine = engineThatStarts(() => new Promise((resolve) => (start = resolve)));
  const host = await makeHost(t, { engine });
  const cancellation = new AbortController();
  const running = host.interceptors('before:docker:image').before(call, cancellation.signal);
  cancellation.abort();
  assert.match(failure(await running).message, /the call was cancelled/);
  start(ok(container));
  await until(() => container.isStopped && host.held.size === 0, { what: 'the late container to be stopped' });
  assert.deepEqual(container.input, []);
});

test('an engine that does not answer fails the call', async (t) => {
  const engine = engineThatStarts(() => Promise.resolve(fail(problems.dockerUnreachable('unix:///x.sock', 'ENOENT'))));
  const host = await makeHost(t, { engine });
  const problem = failure(await host.interceptors('before:docker:image').before(call, never));
  assert.match(problem.message, /Docker does not answer at unix:\/\/\/x\.sock/);
  assert.equal(problem.detail, 'ENOENT');
});

test('an output above 16 MB fails the call and ends the container', async (t) => {
  const container = new PlayedContainer();
  const host = await makeHost(t, { engine: engineThatStarts(() => Promise.resolve(ok(container))) });
  const running = host.interceptors('before:docker:image').before(call, never);
  await until(() => container.inputEnded, { what: 'the end of the input' });
  const megabyte = Buffer.alloc(1024 ** 2);
  for (let sent = 0; sent < 17; sent++) {
    container.stdout(megabyte);
  }
  assert.match(failure(await running).message, /it wrote more than 16 MB/);
  assert.equal(container.isStopped, true);
});
