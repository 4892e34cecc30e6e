import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as problems from '../../core/problems.ts';
import type { Policy, PolicyOwner } from '../../core/provenance/policy.ts';
import { readPolicy } from '../../core/provenance/policyReader.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { readTextFile } from '../textFile.ts';

export interface PolicyFile {
  readonly owner: PolicyOwner;
  readonly path: string;
}

const limit = 1024 * 1024;

/** Where the policy of this machine and that of its user are, in the order in which they are asked. */
export function policyFilesOf(
  configFolder: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): readonly PolicyFile[] {
  return [
    { owner: 'machine', path: join(machineFolder(process.platform, env), 'policy.yaml') },
    { owner: 'user', path: join(configFolder, 'policy.yaml') },
  ];
}

function machineFolder(platform: NodeJS.Platform, env: Readonly<Record<string, string | undefined>>): string {
  switch (platform) {
    case 'win32':
      return join(env['ProgramData'] || 'C:\\ProgramData', 'wharf');
    case 'darwin':
      return '/Library/Application Support/wharf';
    default:
      return '/etc/wharf';
  }
}

/** Reads policy files each time anew, and understands again only what changed. A file that is not there forbids nothing. */
export class PolicyReading {
  private readonly files: readonly PolicyFile[];
  private readonly known = new Map<string, { readonly text: string; readonly policy: Result<Policy> }>();

  constructor(files: readonly PolicyFile[]) {
    this.files = files;
  }

  async read(): Promise<Result<readonly Policy[]>> {
    const policies: Policy[] = [];
    for (const file of this.files) {
      const found = await readTextFile(file.path, limit);
      if (!found.ok) {
        return fail(problems.policyUnreadable(file.path, found.problem.message));
      }
      if (found.value.hash === null) {
        continue;
      }
      const policy = this.understood(file, found.value.text);
      if (!policy.ok) {
        return policy;
      }
      policies.push(policy.value);
    }
    return ok(policies);
  }

  private understood(file: PolicyFile, text: string): Result<Policy> {
    const known = this.known.get(file.path);
    if (known?.text === text) {
      return known.policy;
    }
    const policy = readPolicy(text, file.path, file.owner);
    this.known.set(file.path, { text, policy });
    return policy;
  }
}

/** The bytes of a file that a policy names. */
export async function policyFileBytes(path: string): Promise<Buffer> {
  const bytes = await readFile(path);
  if (bytes.length > limit) {
    throw new Error('it has more than 1 MB');
  }
  return bytes;
}
