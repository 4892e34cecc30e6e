import { validateHeaderName, validateHeaderValue, type OutgoingHttpHeaders } from 'node:http';

import type { HttpTimeouts } from './httpClient.ts';
import { decoded, secretsOf } from './remoteReplies.ts';
import { isAllowedRemoteUrl, parseUrl, shownUrl } from './remoteUrl.ts';

/** A call may take as long as its owner waits; these are for a channel of which the owner says nothing. */
export const defaultTimeouts: HttpTimeouts = { connectMs: 30_000, callMs: 30 * 60_000, otherMs: 60_000 };

/** Headers that belong to a connection or to the protocol, and are none of a profile's. */
const ownHeaders =
  /^(?:connection|content-length|content-encoding|expect|keep-alive|te|trailer|transfer-encoding|upgrade|mcp-session-id|mcp-protocol-version|last-event-id)$/;

/** Where a remote server is and what goes with every request to it. */
export interface RemoteTarget {
  readonly url: URL;
  /** Without anything secret. */
  readonly shown: string;
  readonly headers: OutgoingHttpHeaders;
  readonly secrets: readonly string[];
  /** Why nothing may be sent there; undefined where all is well. */
  readonly refusal: string | undefined;
}

export function openRemote(options: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly name: string;
}): RemoteTarget {
  const url = parseUrl(options.url);
  const headers: OutgoingHttpHeaders = {};
  const problem = readHeaders(options.headers, headers);
  if (url === undefined || !isAllowedRemoteUrl(options.url)) {
    const shown = url === undefined ? 'a URL that cannot be read' : shownUrl(url);
    const refusal = `The server "${options.name}" is not asked: ${shown} is neither https nor http on this machine.`;
    return { url: url ?? new URL('https://invalid.invalid/'), shown, headers: {}, secrets: [], refusal };
  }
  if (url.username !== '' || url.password !== '') {
    const pair = `${decoded(url.username)}:${decoded(url.password)}`;
    headers['authorization'] ??= `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
  }
  return {
    url,
    shown: shownUrl(url),
    headers: {
      ...headers,
      accept: 'application/json, text/event-stream',
      'accept-encoding': 'identity',
      'content-type': 'application/json',
    },
    secrets: secretsOf(url, options.headers),
    refusal: problem === undefined ? undefined : `The server "${options.name}" is not asked: ${problem}.`,
  };
}

function readHeaders(given: Readonly<Record<string, string>>, into: OutgoingHttpHeaders): string | undefined {
  for (const [name, value] of Object.entries(given)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      return `the header "${name.replace(/[^\x21-\x7e]/g, '?').slice(0, 60)}" has characters that HTTP does not carry`;
    }
    if (!ownHeaders.test(name.toLowerCase())) {
      into[name.toLowerCase()] = value;
    }
  }
  return undefined;
}
