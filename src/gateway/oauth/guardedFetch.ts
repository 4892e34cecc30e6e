import { lookup as resolveName } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';

import { guardedLookup } from '../../node/guardedLookup.ts';
import { isAllowedRemoteUrl, shownUrl } from '../upstreams/remoteUrl.ts';
import { mayLead, zoneOf, type Zone } from '../../core/network/zone.ts';

/** Milliseconds for a whole request, and bytes of its answer: metadata and tokens are small. */
const patienceMs = 15_000;
const longestBody = 256 * 1024;
const redirectLimit = 3;

/** Why a request of a login was not made, or has no answer. Its text holds nothing secret. */
export class FetchRefused extends Error {}

export interface GuardedRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/**
 * A `fetch` for what a remote server names: any address may come from an attacker. It asks https, or http on this computer,
 * nothing nearer than `zone`, follows no redirect to another origin and none at all with a body, sends no cookie, and stops
 * at a size and a time.
 */
export async function guardedFetch(zone: Zone, address: string, request: GuardedRequest = {}): Promise<Response> {
  let url = readUrl(address);
  for (let redirects = 0; ; redirects++) {
    const response = await send(url, request, (host) => mayLead(zone, host));
    const location = response.headers.location;
    const status = response.statusCode ?? 0;
    if (status < 300 || status >= 400 || location === undefined) {
      return toResponse(response, url);
    }
    response.destroy();
    const target = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (target?.origin !== url.origin || (request.method ?? 'GET') !== 'GET' || redirects >= redirectLimit) {
      throw new FetchRefused(`${shownUrl(url)} answers with a redirect that is not followed (HTTP ${status})`);
    }
    url = target;
  }
}

export interface Probe {
  readonly status: number;
  readonly challenge: string | undefined;
  /** Of the address that answered: nobody but the holder of the host's certificate can have been there. */
  readonly zone: Zone;
}

/** Asks the remote server itself, which may be anywhere, and reads no more than the head of its answer. */
export async function probe(url: URL, request: GuardedRequest): Promise<Probe> {
  const response = await send(readUrl(url.href), request, (address) => zoneOf(address) !== undefined);
  const zone = zoneOf(response.socket.remoteAddress ?? '');
  response.destroy();
  if (zone === undefined) {
    throw new FetchRefused(`${shownUrl(url)} is at an address that is never asked`);
  }
  return { status: response.statusCode ?? 0, challenge: response.headers['www-authenticate'], zone };
}

/** Whether a person's browser may be sent there: a page of the internet must not reach into this network through it. */
export async function mayVisit(zone: Zone, address: string): Promise<boolean> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !isAllowedRemoteUrl(address) || url.username !== '' || url.password !== '') {
    return false;
  }
  const host = bareHost(url);
  const found = isIP(host) === 0 ? await resolveName(host, { all: true }).catch(() => []) : [{ address: host }];
  return found.length > 0 && found.every((one) => mayLead(zone, one.address));
}

function readUrl(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !isAllowedRemoteUrl(address)) {
    throw new FetchRefused(`${url === undefined ? 'an address that cannot be read' : shownUrl(url)} is neither https nor on this computer`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new FetchRefused(`${shownUrl(url)} comes with a user name or a password`);
  }
  return url;
}

function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function send(url: URL, request: GuardedRequest, admits: (address: string) => boolean): Promise<IncomingMessage> {
  const host = bareHost(url);
  const refusal = (): FetchRefused => new FetchRefused(`${url.host} leads to an address that this server must not name`);
  return new Promise((resolve, reject) => {
    if (isIP(host) !== 0 && !admits(host)) {
      reject(refusal());
      return;
    }
    const deadline = AbortSignal.timeout(patienceMs);
    const options: RequestOptions = {
      hostname: host,
      port: url.port,
      path: `${url.pathname}${url.search}`,
      method: request.method ?? 'GET',
      headers: { ...withoutCookies(request.headers ?? {}), 'accept-encoding': 'identity' },
      // One connection, and none that another request left open.
      agent: false,
      lookup: guardedLookup(admits, refusal),
      signal: request.signal === undefined ? deadline : AbortSignal.any([request.signal, deadline]),
    };
    const opened = (url.protocol === 'https:' ? httpsRequest : httpRequest)(options, resolve);
    opened.on('error', (error) => reject(error instanceof FetchRefused ? error : new FetchRefused(describe(url, error))));
    opened.end(request.body);
  });
}

async function toResponse(message: IncomingMessage, url: URL): Promise<Response> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > longestBody) {
        throw new FetchRefused(`${shownUrl(url)} gives more than ${longestBody / 1024} KB`);
      }
      chunks.push(chunk);
    }
  } catch (error) {
    message.destroy();
    throw error instanceof FetchRefused ? error : new FetchRefused(describe(url, error));
  }
  const headers = new Headers();
  for (const name of ['content-type', 'www-authenticate'] as const) {
    const value = message.headers[name];
    if (value !== undefined) {
      headers.set(name, value);
    }
  }
  const status = message.statusCode ?? 0;
  const isBare = status === 204 || status === 205 || status === 304;
  return new Response(isBare ? null : Buffer.concat(chunks), { status: status < 200 || status > 599 ? 502 : status, headers });
}

function withoutCookies(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'cookie'));
}

function describe(url: URL, error: unknown): string {
  const { code, name, message } = error as NodeJS.ErrnoException;
  const reason = name === 'TimeoutError' || name === 'AbortError' ? `gave no answer within ${patienceMs / 1000} s` : (code ?? message);
  return `${shownUrl(url)}: ${reason}`;
}
