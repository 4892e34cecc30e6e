import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { guardedLookup } from '../guardedLookup.ts';
import { mayLead, zoneOf, type Zone } from '../../core/network/zone.ts';
import * as problems from '../../core/problems.ts';
import { parseRemoteAddress } from '../../core/profile/remoteAddress.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Validators } from './storedFile.ts';

export interface DocumentRequest {
  /** Bytes that it may have. */
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Of the version that is here: where it is the newest still, nothing is sent again. */
  readonly validators?: Validators | null;
  readonly accept?: string;
  /** Milliseconds for one attempt, to its last byte. */
  readonly patienceMs?: number;
  /** Milliseconds before the first repetition; the next waits twice as long. */
  readonly firstPauseMs?: number;
}

export interface WebDocument {
  readonly bytes: Buffer;
  readonly validators: Validators;
}

const attempts = 3;
const defaultPatienceMs = 60_000;
const defaultPauseMs = 500;
const longestPauseMs = 10_000;
const mostRedirects = 5;
const redirects = new Set([301, 302, 303, 307, 308]);
const busy = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Why a document could not be had. `again`: it may be there a moment later. */
class Refused extends Error {
  readonly again: { readonly afterMs: number | null } | null;

  constructor(message: string, again: { readonly afterMs: number | null } | null = null) {
    super(message);
    this.again = again;
  }
}

class TooLarge extends Error {}

/**
 * A document over HTTPS, or over plain HTTP on this computer. Whoever named the address may mean any host; where that leads by a
 * redirect is a stranger's choice, so it leads to HTTPS alone and to nothing nearer to this computer. Null: not found.
 */
export async function fetchDocument(address: string, request: DocumentRequest): Promise<Result<WebDocument | 'not modified' | null>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return ok(await fetchOnce(address, request));
    } catch (error) {
      if (error instanceof TooLarge) {
        return fail(problems.catalogTooLarge(address, `${Math.floor(request.limit / 1024 ** 2)} MB`));
      }
      const refused = error instanceof Refused ? error : refusalOf(error, request);
      const pauseMs = refused.again?.afterMs ?? (request.firstPauseMs ?? defaultPauseMs) * 2 ** (attempt - 1);
      if (request.signal.aborted || refused.again === null || attempt === attempts || pauseMs > longestPauseMs) {
        return fail(problems.catalogFetchFailed(address, refused.message));
      }
      await delay(pauseMs, undefined, { signal: request.signal }).catch(() => undefined);
    }
  }
}

async function fetchOnce(address: string, request: DocumentRequest): Promise<WebDocument | 'not modified' | null> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(request.patienceMs ?? defaultPatienceMs)]);
  let url = readAddress(address);
  let zone: Zone | undefined;
  for (let count = 0; count <= mostRedirects; count++) {
    const response = await send(url, request, zone, signal);
    const { statusCode: status = 0, headers } = response;
    if (redirects.has(status) && headers.location !== undefined) {
      zone = zoneOf(response.socket.remoteAddress ?? '');
      response.destroy();
      url = redirectTarget(url, headers.location);
      continue;
    }
    if (status === 200) {
      const validators = { etag: headers.etag ?? null, lastModified: headers['last-modified'] ?? null };
      return { bytes: await bodyOf(response, request.limit), validators };
    }
    response.destroy();
    if (status === 304 && request.validators !== undefined && request.validators !== null) {
      return 'not modified';
    }
    if (status === 404 || status === 410) {
      return null;
    }
    throw new Refused(statusWords(status, url), busy.has(status) ? { afterMs: retryAfterMs(headers['retry-after']) } : null);
  }
  throw new Refused(`it leads on ${mostRedirects} times and further`);
}

function statusWords(status: number, url: URL): string {
  return status === 401 || status === 403
    ? `${url.host} asks for a login (${status}), and catalogues are fetched without one`
    : `${url.host} answered ${status}`;
}

function readAddress(address: string): URL {
  const parsed = parseRemoteAddress(address);
  if (parsed.kind === 'refused') {
    throw new Refused(`the address ${parsed.why}`);
  }
  return new URL(`${parsed.scheme}://${parsed.host}${parsed.path}`);
}

function redirectTarget(from: URL, location: string): URL {
  const target = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (target === undefined || parseRemoteAddress(target.href.replace(/#.*$/, '')).kind === 'refused') {
    throw new Refused(`${from.host} leads to an address that is not followed`);
  }
  if (from.protocol === 'https:' && target.protocol !== 'https:') {
    throw new Refused(`${from.host} leads to ${target.host}, which is not encrypted`);
  }
  return target;
}

/** `zone`: of whoever led here; undefined where the user named the address. */
function send(url: URL, request: DocumentRequest, zone: Zone | undefined, signal: AbortSignal): Promise<IncomingMessage> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const admits = (found: string): boolean => (zone === undefined ? zoneOf(found) !== undefined : mayLead(zone, found));
  const refusal = (): Refused => new Refused(`${url.host} is at an address that may not be asked from there`);
  return new Promise((resolve, reject) => {
    if (isIP(host) !== 0 && !admits(host)) {
      reject(refusal());
      return;
    }
    const { etag = null, lastModified = null } = request.validators ?? {};
    const options: RequestOptions = {
      hostname: host,
      port: url.port,
      path: `${url.pathname}${url.search}`,
      headers: {
        // A compressed answer could be small on its way and endless here.
        'accept-encoding': 'identity',
        'user-agent': 'wharf',
        ...(request.accept === undefined ? {} : { accept: request.accept }),
        ...(etag === null ? {} : { 'if-none-match': etag }),
        ...(lastModified === null ? {} : { 'if-modified-since': lastModified }),
      },
      agent: false,
      lookup: guardedLookup(admits, refusal),
      signal,
    };
    const opened = (url.protocol === 'https:' ? httpsRequest : httpRequest)(options, resolve);
    opened.on('error', reject);
    opened.end();
  });
}

async function bodyOf(response: IncomingMessage, limit: number): Promise<Buffer> {
  if ((response.headers['content-encoding'] ?? 'identity') !== 'identity') {
    response.destroy();
    throw new Refused('it sent a compressed answer that nobody asked for');
  }
  const said = Number(response.headers['content-length'] ?? 0);
  const chunks: Buffer[] = [];
  let length = 0;
  // Leaving the loop early ends the connection.
  for await (const chunk of said > limit ? [] : (response as AsyncIterable<Buffer>)) {
    length += chunk.length;
    if (length > limit) {
      throw new TooLarge();
    }
    chunks.push(chunk);
  }
  if (said > limit) {
    response.destroy();
    throw new TooLarge();
  }
  return Buffer.concat(chunks, length);
}

function refusalOf(error: unknown, request: DocumentRequest): Refused {
  if (request.signal.aborted) {
    const { name } = request.signal.reason as Error;
    return new Refused(name === 'TimeoutError' ? 'it did not answer in time' : 'it was cancelled');
  }
  const { name, code, message } = error as NodeJS.ErrnoException;
  if (name === 'TimeoutError' || name === 'AbortError') {
    return new Refused(`it gave no whole answer within ${(request.patienceMs ?? defaultPatienceMs) / 1000} seconds`);
  }
  // A name that nobody knows, or a certificate that is wrong, is so a moment later too.
  const isPassing = code === 'ECONNRESET' || code === 'EAI_AGAIN' || code === 'ETIMEDOUT' || code === 'EPIPE';
  return new Refused(code ?? message, isPassing ? { afterMs: null } : null);
}

/** `Retry-After` in seconds or as a date; null where it says nothing. */
function retryAfterMs(header: string | undefined): number | null {
  if (header === undefined) {
    return null;
  }
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}
