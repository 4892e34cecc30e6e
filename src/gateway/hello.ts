import * as problems from '../core/problems.ts';
import { protocolVersion, type Hello, type ProfileSelection, type SessionSelection } from '../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../shared/result.ts';

/** Reads the first line of a connection. */
export function parseHello(line: Buffer): Result<Hello> {
  let hello: Partial<Hello> | null;
  try {
    hello = JSON.parse(line.toString()) as Partial<Hello> | null;
  } catch {
    hello = null;
  }
  const ours = String(protocolVersion);
  if (typeof hello !== 'object' || hello === null || hello.wharf !== protocolVersion) {
    return fail(problems.daemonProtocol(JSON.stringify(hello?.wharf) ?? 'unknown', ours));
  }
  const isSession = hello.role === 'session' && typeof hello.cwd === 'string' && isSessionSelection(hello.profile);
  return hello.role === 'control' || isSession ? ok(hello as Hello) : fail(problems.daemonProtocol(ours, ours));
}

/** Whether something that came over a socket names a profile. */
export function isProfileSelection(value: unknown): value is ProfileSelection {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const { by, id, path } = value as { readonly by?: unknown; readonly id?: unknown; readonly path?: unknown };
  return (by === 'id' && typeof id === 'string') || (by === 'file' && typeof path === 'string');
}

function isSessionSelection(value: unknown): value is SessionSelection {
  const { by, catalogs, servers } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return isProfileSelection(value) || (by === 'servers' && areNames(catalogs) && areNames(servers));
}

function areNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}
