import * as problems from '../core/problems.ts';
import { protocolVersion, type Hello, type ProfileSelection } from '../shared/controlProtocol.ts';
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
  const isSession = hello.role === 'session' && typeof hello.cwd === 'string' && isProfileSelection(hello.profile);
  return hello.role === 'control' || isSession ? ok(hello as Hello) : fail(problems.daemonProtocol(ours, ours));
}

/** Whether something that came over a socket names a profile. */
export function isProfileSelection(value: unknown): value is ProfileSelection {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const { by, id, path, catalogs, servers } = value as Readonly<Record<string, unknown>>;
  switch (by) {
    case 'id':
      return typeof id === 'string';
    case 'file':
      return typeof path === 'string';
    case 'servers':
      return areNames(catalogs) && areNames(servers);
    default:
      return false;
  }
}

function areNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}
