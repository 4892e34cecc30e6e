import { secretsFolder } from '../../core/container/spec.ts';
import type { SecretSource } from '../../core/ports.ts';
import * as problems from '../../core/problems.ts';
import type { SecretUse } from '../../core/profile/profile.ts';
import { parseSecretReference } from '../../core/secrets/reference.ts';
import { fail, ok, type Result } from '../../shared/result.ts';

/** The secrets of one server, looked up for one start. */
export interface SecretValues {
  /** By the variable of each, whatever form it is given in. */
  readonly values: Readonly<Record<string, string>>;
  /** Variables for the server itself. */
  readonly env: Readonly<Record<string, string>>;
  /** Files for the server, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** What the scan looks for in what servers say. */
  readonly injected: readonly InjectedSecret[];
  /** Changes when one of the values does, and tells nothing of them. */
  readonly version: string;
}

export interface InjectedSecret {
  /** Its reference without the scheme, for people. */
  readonly name: string;
  readonly value: string;
}

/** Looks up what a server gets. Fails with the first secret that is not there: a server without it would fail in a way that tells less. */
export async function secretValues(server: string, uses: readonly SecretUse[], source: SecretSource): Promise<Result<SecretValues>> {
  const values: [string, string][] = [];
  const env: [string, string][] = [];
  const files: [string, string][] = [];
  const injected: InjectedSecret[] = [];
  const versions: string[] = [];
  for (const use of uses) {
    const found = await source.resolve(use.reference, use.env);
    if (!found.ok) {
      return fail(problems.secretForServer(server, use.env, found.problem.message, found.problem.next));
    }
    const { value, version } = found.value;
    versions.push(version);
    values.push([use.env, value]);
    injected.push({ name: use.reference.replace(/^\w+:\/\//, ''), value });
    if (use.as === 'file') {
      const path = `${secretsFolder}/${use.env}`;
      files.push([path, value]);
      env.push([`${use.env}_FILE`, path]);
    } else {
      env.push([use.env, value]);
    }
  }
  return ok({
    values: Object.fromEntries(values),
    env: Object.fromEntries(env),
    files: Object.fromEntries(files),
    injected,
    version: versionOfAll(versions),
  });
}

/** What `secretValues` would give as the version, without the values. Fails with the first secret that is not there. */
export async function secretsVersion(uses: readonly SecretUse[], source: SecretSource): Promise<Result<string>> {
  const versions: string[] = [];
  for (const { reference, env } of uses) {
    const version = await source.versionOf(reference, env);
    if (!version.ok) {
      return version;
    }
    versions.push(version.value);
  }
  return ok(versionOfAll(versions));
}

/** Whether one of them has another value than in a version of before. op is not asked. */
export async function haveChanged(uses: readonly SecretUse[], source: SecretSource, before: string): Promise<boolean> {
  const last = before.split(' ');
  for (const [index, { reference, env }] of uses.entries()) {
    const now = parseSecretReference(reference)?.kind === 'op' ? undefined : await source.versionOf(reference, env);
    if (now?.ok === true && now.value !== last[index]) {
      return true;
    }
  }
  return false;
}

/** Paths of the files that are secrets themselves. */
export function filesOf(uses: readonly SecretUse[]): readonly string[] {
  return uses.flatMap(({ reference }) => {
    const parsed = parseSecretReference(reference);
    return parsed?.kind === 'file' ? [parsed.path] : [];
  });
}

function versionOfAll(versions: readonly string[]): string {
  return versions.join(' ');
}
