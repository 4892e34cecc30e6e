import { setTimeout as delay } from 'node:timers/promises';

import type { RegistryLogin } from '../../core/registry/logins.ts';
import type { Zone } from '../../core/network/zone.ts';
import { checkedTarget, fartherOf, nearerOf, registryBase } from './address.ts';
import { boundedBody, dropBody } from './boundedBody.ts';
import { parseChallenges } from './challenge.ts';
import { RegistryError } from './registryError.ts';
import { RegistryTokens, type Scope } from './tokens.ts';
import { sendOver } from './wire.ts';

export interface RegistryHost {
  /** What `docker login` stored for a registry. */
  login(host: string): Promise<RegistryLogin | undefined>;
  /** Registries that are spoken to without TLS, besides those on this computer. */
  isPlainHttp?(host: string): boolean;
  /** How long one attempt may take, to the last byte. */
  readonly patienceMs?: number;
  /** How long to wait before the first repetition; each further one waits twice as long. */
  readonly firstPauseMs?: number;
}

export interface RegistryRequest {
  /** As in a reference, such as `docker.io`. */
  readonly host: string;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  /** Behind `/v2/`; or where the registry told us to send an upload, which has to be the registry itself. */
  readonly path: string | URL;
  readonly accept?: readonly string[];
  /** What is sent, and its type. It goes to the registry alone: no redirect takes it elsewhere. */
  readonly content?: { readonly type: string; readonly bytes: Uint8Array };
  readonly scope: Scope;
  /** Bytes that the answer may have. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

export interface RegistryReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** Who answered, as redirects are followed. */
  readonly from: URL;
}

const attempts = 3;
const defaultPatienceMs = 30_000;
const defaultPauseMs = 300;
/** Whoever waits for a server does not wait longer for a registry that wants to be left alone. */
const longestPauseMs = 15_000;
/** Bytes of an answer that says why not. */
const errorLimit = 64 * 1024;
const mostRedirects = 5;
const redirects = new Set([301, 302, 303, 307, 308]);
/** Of the redirects, those after which a request is sent as it was. */
const keepsMethod = new Set([307, 308]);
const busy = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Requests to registries: logins, redirects, repetitions, time-outs, and no more bytes than were asked for. Throws `RegistryError`. */
export class RegistryRequests {
  private readonly host: RegistryHost;
  private readonly tokens: RegistryTokens;

  constructor(host: RegistryHost) {
    this.host = host;
    this.tokens = new RegistryTokens({ login: (name) => host.login(name) });
  }

  /** An answer of any status but those that say "later". */
  async send(request: RegistryRequest): Promise<RegistryReply> {
    return this.repeated(request.signal, () => this.sendOnce(request));
  }

  /** Does something again, with pauses, as long as it fails with what may be better a moment later. */
  async repeated<T>(signal: AbortSignal, action: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await action();
      } catch (error) {
        const failure = this.failureOf(error, signal);
        const pauseMs = failure.again?.afterMs ?? (this.host.firstPauseMs ?? defaultPauseMs) * 2 ** (attempt - 1);
        if (failure.again === null || attempt === attempts || pauseMs > longestPauseMs) {
          throw failure;
        }
        await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** The same without repetitions, for what is a part of something that is repeated as a whole. */
  async sendOnce(request: RegistryRequest): Promise<RegistryReply> {
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(this.host.patienceMs ?? defaultPatienceMs)]);
    try {
      return await this.sendWithin(request, signal);
    } catch (error) {
      // A connection that was ended for that says only that it ended.
      throw signal.aborted && !(error instanceof RegistryError) ? signal.reason : error;
    }
  }

  private async sendWithin(request: RegistryRequest, signal: AbortSignal): Promise<RegistryReply> {
    const isPlain = this.host.isPlainHttp?.(request.host) ?? false;
    const base = registryBase(request.host, isPlain);
    // Whoever said that a registry needs no TLS said that it is near.
    const nearest = isPlain ? 'private' : 'public';
    const { host, scope } = request;
    let { response, from, zone } = await this.follow(request, { base, nearest }, this.tokens.known(host, scope), signal);
    if (response.status === 401) {
      const challenges = parseChallenges(response.headers.get('www-authenticate') ?? '');
      await dropBody(response);
      this.tokens.forget(host, scope);
      const authorization = await this.tokens.answer(host, { base, zone }, scope, challenges, signal);
      if (authorization === undefined) {
        throw new RegistryError('it asks for a login, and "docker login" has stored none for it');
      }
      ({ response, from, zone } = await this.follow(request, { base, nearest }, authorization, signal));
    }
    if (response.status === 401 || response.status === 403) {
      await dropBody(response);
      const verb = scope.actions === 'pull' ? 'read' : 'write to';
      throw new RegistryError(`it does not let this login ${verb} ${scope.path} (${response.status})`);
    }
    if (busy.has(response.status)) {
      await dropBody(response);
      throw new RegistryError(`it answered ${response.status}`, { afterMs: retryAfterMs(response.headers.get('retry-after')) });
    }
    return {
      status: response.status,
      headers: response.headers,
      body: await boundedBody(response, response.ok ? request.limit : errorLimit),
      from,
    };
  }

  /** `nearest`: how near to this computer it may lead although it is farther away itself. */
  private async follow(
    request: RegistryRequest,
    { base, nearest }: { readonly base: URL; readonly nearest: Zone },
    authorization: string | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly response: Response; readonly from: URL; readonly zone: Zone }> {
    let url = typeof request.path === 'string' ? new URL(`v2/${request.path}`, base) : uploadTarget(base, request.path);
    let proof = authorization;
    let zone: Zone | null = null;
    for (let count = 0; count <= mostRedirects; count++) {
      const wire = {
        method: request.method,
        signal,
        headers: {
          // A compressed answer could be small on its way and endless here.
          'accept-encoding': 'identity',
          ...(request.accept === undefined ? {} : { accept: request.accept.join(', ') }),
          ...(request.content === undefined ? {} : { 'content-type': request.content.type }),
          ...(proof === undefined ? {} : { authorization: proof }),
        },
        ...(request.content === undefined ? {} : { content: request.content.bytes }),
      };
      const { response, zone: answered } = await sendOver(url, wire, url.origin === base.origin ? null : zone);
      zone = zone === null ? nearerOf(answered, nearest) : fartherOf(zone, answered);
      const location = response.headers.get('location');
      if (!redirects.has(response.status) || location === null) {
        return { response, from: url, zone };
      }
      await dropBody(response);
      const target = checkedTarget(url, location);
      if (isWrite(request.method) && (target.origin !== url.origin || !keepsMethod.has(response.status))) {
        throw new RegistryError(`it sends an upload on to ${target.host}, and uploads go to the registry alone`);
      }
      // Another host must not learn the login; the store behind a registry has its own proof in the address.
      proof = target.origin === url.origin ? proof : undefined;
      url = target;
    }
    throw new RegistryError(`it led us on ${mostRedirects} times and further`);
  }

  private failureOf(error: unknown, signal: AbortSignal): RegistryError {
    if (error instanceof RegistryError) {
      return error;
    }
    if (signal.aborted) {
      return new RegistryError((signal.reason as Error).name === 'TimeoutError' ? 'it did not answer in time' : 'it was cancelled');
    }
    const { name, cause, message, code } = error as NodeJS.ErrnoException;
    if (name === 'TimeoutError') {
      return new RegistryError(`it gave no whole answer within ${(this.host.patienceMs ?? defaultPatienceMs) / 1000} seconds`);
    }
    return new RegistryError(code ?? (cause instanceof Error ? cause.message : message), { afterMs: null });
  }
}

function isWrite(method: RegistryRequest['method']): boolean {
  return method === 'POST' || method === 'PUT';
}

/** The login and the content go with an upload, so that nobody else may be named as the one who takes it. */
function uploadTarget(base: URL, target: URL): URL {
  if (target.origin !== base.origin) {
    throw new RegistryError(`it wants an upload at ${target.host}, and uploads go to the registry alone`);
  }
  return target;
}

/** `Retry-After` in seconds or as a date; null where it says nothing. */
function retryAfterMs(header: string | null): number | null {
  if (header === null) {
    return null;
  }
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}
