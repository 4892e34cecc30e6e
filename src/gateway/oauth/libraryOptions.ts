import { allowInsecureRequests, customFetch } from 'oauth4webapi';

import { guardedFetch, type GuardedRequest } from './guardedFetch.ts';
import type { Zone } from '../../core/network/zone.ts';

/**
 * Options for every request of the library: through the guard, which lets http pass on this computer alone. The library marks
 * that it lets http pass at all as deprecated, so that nobody does it without such a guard.
 */
export function through(zone: Zone) {
  const fetch = (url: string, options: { method: string; headers: Record<string, string>; body?: unknown }): Promise<Response> => {
    const { method, headers, body } = options;
    const text = body instanceof URLSearchParams ? body.toString() : typeof body === 'string' ? body : undefined;
    const request: GuardedRequest = { method, headers, ...(text === undefined ? {} : { body: text }) };
    return guardedFetch(zone, url, request);
  };
  return { [customFetch]: fetch, [allowInsecureRequests]: true } as const;
}
