import type { Envelope } from '../../node/envelope.ts';
import { findMembers, parseSpan, type Span } from '../../node/jsonSpans.ts';

export type ClientRequest = Extract<Envelope, { kind: 'request' }>;

/** The parts of a request that say where it goes. */
export interface Routed {
  readonly params: Span;
  /** The member that names what is wanted. */
  readonly name: Span;
  readonly token: Span | undefined;
  readonly thread: string | null;
  readonly args: Span | undefined;
}

/** The member of the parameters that says where a request of this method goes; undefined when no server ever gets such requests. */
export const addressKeys: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['resources/subscribe', 'uri'],
  ['resources/unsubscribe', 'uri'],
  ['completion/complete', 'ref'],
]);

/** Finds these parts; undefined when the request does not say where it goes. */
export function readRoute({ params }: ClientRequest, message: Buffer, key: string): Routed | undefined {
  const [name, meta, args] =
    (params === undefined ? undefined : findMembers(message, params.start, [key, '_meta', 'arguments']))?.spans ?? [];
  if (params === undefined || name === undefined) {
    return undefined;
  }
  const [token, thread] = (meta === undefined ? undefined : findMembers(message, meta.start, ['progressToken', 'threadId']))?.spans ?? [];
  const threadId = thread === undefined ? null : parseSpan(message, thread);
  return { params, name, token, args, thread: typeof threadId === 'string' ? threadId : null };
}

/** A request with where it goes. */
export interface RoutedRequest {
  readonly request: ClientRequest;
  readonly message: Buffer;
  readonly routed: Routed;
}

/** The same request with other parameters; undefined when these do not say any more where it goes, or for what progress is reported. */
export function withParams({ request, message, routed }: RoutedRequest, params: Buffer): RoutedRequest | undefined {
  const { start, end } = routed.params;
  const changed = Buffer.concat([message.subarray(0, start), params, message.subarray(end)]);
  const moved = { ...request, params: { start, end: start + params.length } };
  const found = readRoute(moved, changed, addressKeys.get(request.method) ?? '');
  return found === undefined || (found.token === undefined) !== (routed.token === undefined)
    ? undefined
    : { request: moved, message: changed, routed: { ...found, thread: routed.thread } };
}

/** What a request is about, other than a tool. */
export interface Address {
  readonly kind: 'prompt' | 'resource';
  readonly name: string;
  /** The value in the message when its server calls it so. */
  rewrite(own: string): unknown;
}

/** Reads the member that `addressKeys` names. */
export function addressOf(method: string, value: unknown): Address | undefined {
  if (method === 'completion/complete') {
    const ref = (value ?? {}) as { readonly type?: unknown; readonly name?: unknown; readonly uri?: unknown };
    if (ref.type === 'ref/prompt' && typeof ref.name === 'string') {
      return { kind: 'prompt', name: ref.name, rewrite: (own) => ({ ...ref, name: own }) };
    }
    return typeof ref.uri === 'string' ? { kind: 'resource', name: ref.uri, rewrite: (own) => ({ ...ref, uri: own }) } : undefined;
  }
  return typeof value === 'string'
    ? { kind: method === 'prompts/get' ? 'prompt' : 'resource', name: value, rewrite: (own) => own }
    : undefined;
}
