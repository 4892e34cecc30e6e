/** Whether `path` is `parent` or below it, by whole parts. */
export function isWithin(parent: string, path: string): boolean {
  const base = parent.replace(/\/$/, '');
  return path === base || path.startsWith(`${base}/`);
}

/** A server's address without what may be secret or says nothing: the name under which its login is kept. */
export function canonical(server: URL): string {
  return `${server.origin}${server.pathname === '/' ? '' : server.pathname}`;
}
