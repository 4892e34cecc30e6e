import * as problems from '../../core/problems.ts';
import { findMembers, skipSpace } from '../../node/jsonSpans.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Outcome } from './outcome.ts';
import { parseInterceptor, type Interceptor } from './parseInterceptor.ts';
import { runDocker, type DockerHost } from './runDocker.ts';
import { runExec, type ExecHost } from './runExec.ts';
import { runHttp } from './runHttp.ts';

/** The interceptors of one session. They see tool calls alone, in the order of their options. */
export interface CallInterceptors {
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
  /**
   * `request` is the client's `tools/call`, as a JSON text or as the object. Gives the CallToolResult to answer with instead
   * of making the call, or undefined to go on. A failure is the call's own: `signal` and time-outs too.
   */
  before(request: Buffer | object, signal: AbortSignal): Promise<Result<unknown>>;
  /** `result` is the CallToolResult, as a JSON text or as the object. Gives the one that replaces it, or undefined. */
  after(result: unknown, signal: AbortSignal): Promise<Result<unknown>>;
}

/** What interceptors need of the gateway. */
export interface InterceptorHost extends Omit<DockerHost, 'heard'>, Omit<ExecHost, 'heard'> {
  /** Gets what interceptors write to stderr. */
  log(line: string): void;
  /** Milliseconds for each run; default 30 000. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 30_000;

/** Reads the texts of `--interceptor`; fails with the first that is not understood. Nothing is started. */
export function makeInterceptors(texts: readonly string[], host: InterceptorHost): Result<CallInterceptors> {
  const list: Interceptor[] = [];
  for (const text of texts) {
    const interceptor = parseInterceptor(text);
    if (!interceptor.ok) {
      return interceptor;
    }
    list.push(interceptor.value);
  }
  return ok({
    hasBefore: list.some(({ when }) => when === 'before'),
    hasAfter: list.some(({ when }) => when === 'after'),
    before: (request, signal) => runInterceptors(list, 'before', () => requestPayload(request), host, signal),
    after: (result, signal) =>
      runInterceptors(list, 'after', () => (Buffer.isBuffer(result) ? result : Buffer.from(JSON.stringify(result))), host, signal),
  });
}

/**
 * Runs those of one side in their order. Before a call the first that gives a result ends the row; after it each gets what
 * the one before it made. Gives the last result, or undefined where none gave any.
 */
export async function runInterceptors(
  list: readonly Interceptor[],
  when: Interceptor['when'],
  payload: () => Buffer,
  host: InterceptorHost,
  signal: AbortSignal,
): Promise<Result<unknown>> {
  const chosen = list.filter((interceptor) => interceptor.when === when);
  let replaced: Readonly<Record<string, unknown>> | undefined;
  for (const interceptor of chosen) {
    const input = replaced === undefined ? payload() : Buffer.from(JSON.stringify(replaced));
    const given = resultOf(interceptor, await run(interceptor, input, host, signal));
    if (!given.ok || (when === 'before' && given.value !== undefined)) {
      return given;
    }
    replaced = given.value ?? replaced;
  }
  return ok(replaced);
}

/** One run, which ends with the call's cancellation or with its own time. */
async function run(interceptor: Interceptor, payload: Buffer, host: InterceptorHost, signal: AbortSignal): Promise<Outcome> {
  const timeoutMs = host.timeoutMs ?? defaultTimeoutMs;
  const controller = new AbortController();
  const cancel = (): void => controller.abort('the call was cancelled');
  const timer = setTimeout(() => controller.abort(`it was not done within ${timeoutMs / 1000} s`), timeoutMs);
  if (signal.aborted) {
    cancel();
  }
  signal.addEventListener('abort', cancel, { once: true });
  const heard = (words: string): void => host.log(`The interceptor ${interceptor.text} wrote: ${words}`);
  try {
    switch (interceptor.kind) {
      case 'exec':
        return await runExec(interceptor.script, payload, { cwd: host.cwd, heard }, controller.signal);
      case 'docker':
        return await runDocker(interceptor.image, interceptor.args, payload, { ...dockerHost(host), heard }, controller.signal);
      case 'http':
        return await runHttp(interceptor.url, payload, controller.signal);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
  }
}

function dockerHost(host: InterceptorHost): Omit<DockerHost, 'heard'> {
  return { engine: () => host.engine(), labels: host.labels, hold: (container) => host.hold(container) };
}

/** Reads what an interceptor wrote: nothing, or a CallToolResult. */
function resultOf(interceptor: Interceptor, outcome: Outcome): Result<Readonly<Record<string, unknown>> | undefined> {
  const bad = (reason: string, detail: string): Result<never> => fail(problems.interceptorFailed(interceptor.text, reason, detail));
  if (outcome.kind === 'failed') {
    return bad(outcome.reason, outcome.lastWords);
  }
  const text = outcome.bytes.toString('utf8').trim();
  if (text === '') {
    return ok(undefined);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad('it wrote something that is not JSON', text.slice(0, shownOutput));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return bad('it wrote no result of a tool call, which is an object', text.slice(0, shownOutput));
  }
  const result = { content: [], ...value };
  return Array.isArray(result.content) ? ok(result) : bad('it wrote a result whose "content" is no list', text.slice(0, shownOutput));
}

const shownOutput = 200;

/** What Docker's gateway gives (`params`) and what it gave when its scripts were written (`Params`); the bytes are the client's own. */
function requestPayload(request: Buffer | object): Buffer {
  const params = Buffer.isBuffer(request) ? paramsOf(request) : Buffer.from(JSON.stringify((request as { params?: unknown }).params ?? {}));
  return Buffer.concat([
    Buffer.from('{"method":"tools/call","params":'),
    params,
    Buffer.from(',"Params":'),
    params,
    Buffer.from(',"Session":{},"Extra":null}'),
  ]);
}

function paramsOf(request: Buffer): Buffer {
  const [span] = findMembers(request, skipSpace(request, 0), ['params'])?.spans ?? [];
  return span === undefined ? Buffer.from('{}') : request.subarray(span.start, span.end);
}
