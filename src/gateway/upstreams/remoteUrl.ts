import { isLoopbackHost } from '../../core/profile/remoteAddress.ts';

/** Whether a remote server may be reached at this URL: `https:` anywhere, `http:` on this machine alone. */
export function isAllowedRemoteUrl(url: string): boolean {
  const parsed = parseUrl(url);
  return parsed !== undefined && (parsed.protocol === 'https:' || (parsed.protocol === 'http:' && isLoopbackHost(parsed.hostname)));
}

export function parseUrl(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}

/** A URL as logs and people may see it: user, password, query and fragment can be secrets. */
export function shownUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
