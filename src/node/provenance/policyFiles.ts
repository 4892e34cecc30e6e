import { readFile } from 'node:fs/promises';

import * as problems from '../../core/problems.ts';
import type { Policy } from '../../core/provenance/policy.ts';
import { readPolicy } from '../../core/provenance/policyReader.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { readTextFile } from '../textFile.ts';
import type { PolicyFile } from './policyPlaces.ts';

const limit = 1024 * 1024;

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
