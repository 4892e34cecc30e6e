import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import type { ContainerEngine, ServerProcess } from '../../../src/core/ports.ts';
import { makeInterceptors, type CallInterceptors, type InterceptorHost } from '../../../src/gateway/interceptors/interceptors.ts';
import type { Problem } from '../../../src/shared/problem.ts';
import type { Result } from '../../../src/shared/result.ts';

/** What a gateway gives to interceptors, with a folder of the test's own to run in. */
export class TestHost implements InterceptorHost {
  readonly cwd: string;
  readonly lines: string[] = [];
  readonly labels: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Containers that run for interceptors. */
  readonly held = new Set<ServerProcess>();
  private readonly containers: ContainerEngine | undefined;

  constructor(
    cwd: string,
    more: { readonly engine?: ContainerEngine; readonly labels?: Readonly<Record<string, string>>; readonly timeoutMs?: number },
  ) {
    this.cwd = cwd;
    this.containers = more.engine;
    this.labels = more.labels ?? {};
    this.timeoutMs = more.timeoutMs ?? 30_000;
  }

  engine(): Promise<ContainerEngine> {
    return this.containers === undefined ? Promise.reject(new Error('This test has no engine.')) : Promise.resolve(this.containers);
  }

  hold(container: ServerProcess): () => void {
    this.held.add(container);
    return () => this.held.delete(container);
  }

  log(line: string): void {
    this.lines.push(line);
  }

  interceptors(...texts: readonly string[]): CallInterceptors {
    const made = makeInterceptors(texts, this);
    assert.ok(made.ok, made.ok ? '' : made.problem.message);
    return made.value;
  }
}

export async function makeHost(
  t: TestContext,
  more: { readonly engine?: ContainerEngine; readonly labels?: Readonly<Record<string, string>>; readonly timeoutMs?: number } = {},
): Promise<TestHost> {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-interceptors-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return new TestHost(folder, more);
}

export const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'search', arguments: { query: 'tide' } } };
export const never = new AbortController().signal;

export function textResult(text: string): { readonly content: readonly { readonly type: string; readonly text: string }[] } {
  return { content: [{ type: 'text', text }] };
}

/** What an interceptor gave. */
export function given(outcome: Result<unknown>): unknown {
  assert.ok(outcome.ok, outcome.ok ? '' : `${outcome.problem.message} ${outcome.problem.detail ?? ''}`);
  return outcome.value;
}

/** Why an interceptor failed. */
export function failure(outcome: Result<unknown>): Problem {
  assert.ok(!outcome.ok, 'it should have failed');
  assert.equal(outcome.problem.code, 'WHARF_INTERCEPTOR_FAILED');
  return outcome.problem;
}
