import type { CheckContext } from '../core/codexConfig/findings.ts';

/**
 * Whether a document is a project's `<folder>/.codex/config.toml`, which Codex trusts with fewer keys, or one of the user's own.
 * `codexHome` is the user's Codex folder as a path of the machine that has the documents.
 */
export function fileScope(uri: string, codexHome: string | undefined): CheckContext['scope'] {
  const path = pathOfUri(uri);
  if (path === undefined || !path.endsWith('/.codex/config.toml')) {
    return 'user';
  }
  return codexHome !== undefined && path === `${plainPath(codexHome)}/config.toml` ? 'user' : 'project';
}

/** The path in the form of `plainPath`, or undefined where the URI names no file. */
function pathOfUri(uri: string): string | undefined {
  const match = /^file:\/\/([^/]*)(\/[^?#]*)/i.exec(uri);
  if (match === null) {
    return undefined;
  }
  const [, authority = '', escaped = ''] = match;
  try {
    const path = decodeURIComponent(escaped);
    return plainPath(authority === '' || authority === 'localhost' ? path.replace(/^\/(?=[A-Za-z]:)/, '') : `//${authority}${path}`);
  } catch {
    return undefined; // A stray % is no file that anybody can open.
  }
}

/** Forward slashes, no `.` and `..`, no slash at the end; Windows paths in lower case, since one file has many spellings there. */
function plainPath(path: string): string {
  const share = /^[\\/]{2}[^\\/]/.test(path);
  const windows = share || /^[A-Za-z]:/.test(path);
  const slashed = windows ? path.replaceAll('\\', '/').toLowerCase() : path;
  const parts: string[] = [];
  for (const part of slashed.split('/')) {
    if (part === '..') {
      parts.pop();
    } else if (part !== '' && part !== '.') {
      parts.push(part);
    }
  }
  const root = share ? '//' : slashed.startsWith('/') ? '/' : '';
  return root + parts.join('/');
}
