import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';

import { guardedLookup } from '../guardedLookup.ts';
import { mayLead, zoneOf, type Zone } from '../../core/network/zone.ts';
import { RegistryError } from './registryError.ts';

export interface WireRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly content?: Uint8Array | string;
  readonly signal: AbortSignal;
}

export interface WireAnswer {
  readonly response: Response;
  /** Of the address that answered: with TLS nobody but the holder of the host's certificate can have been there. */
  readonly zone: Zone;
}

/**
 * Sends one request and follows nothing. `zone`: of whoever led there, and then nothing nearer to this computer is asked; null where
 * the user named the host.
 */
export function sendOver(url: URL, { method, headers, content, signal }: WireRequest, zone: Zone | null): Promise<WireAnswer> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const admits = (address: string): boolean => zone === null || mayLead(zone, address);
  const refusal = (): RegistryError => new RegistryError(`it leads to ${url.host}, which is nearer to this computer than itself`);
  return new Promise((resolve, reject) => {
    if (isIP(host) !== 0 && !admits(host)) {
      reject(refusal());
      return;
    }
    const options: RequestOptions = {
      hostname: host,
      port: url.port,
      path: `${url.pathname}${url.search}`,
      method,
      headers: { ...headers, ...(content === undefined ? {} : { 'content-length': Buffer.byteLength(content) }) },
      // A connection that another request left open may lead to where this one must not.
      ...(zone === null ? {} : { agent: false, lookup: guardedLookup(admits, refusal) }),
      signal,
    };
    const opened = (url.protocol === 'https:' ? httpsRequest : httpRequest)(options, (message) => {
      const answered = zoneOf(message.socket.remoteAddress ?? '') ?? 'public';
      resolve({ response: responseOf(message, method), zone: answered });
    });
    opened.on('error', reject);
    opened.end(content);
  });
}

function responseOf(message: IncomingMessage, method: string): Response {
  const headers = new Headers();
  for (let at = 0; at + 1 < message.rawHeaders.length; at += 2) {
    headers.append(message.rawHeaders[at] ?? '', message.rawHeaders[at + 1] ?? '');
  }
  const status = message.statusCode ?? 0;
  const isBare = method === 'HEAD' || [204, 205, 304].includes(status);
  if (isBare) {
    message.resume();
  }
  const body = isBare ? null : (Readable.toWeb(message) as unknown as ReadableStream<Uint8Array>);
  return new Response(body, { status: status < 200 || status > 599 ? 502 : status, headers });
}
