import assert from 'node:assert/strict';

import type { ProfileServer } from '../../../src/core/profile/profile.ts';
import { readProfile } from '../../../src/core/profile/read.ts';
import type { Result } from '../../../src/shared/result.ts';

/** Reads a profile whose only server is `entry`. In YAML every JSON is YAML, so an object stands for what a person writes. */
export function readEntry(entry: object): Result<ProfileServer> {
  const read = readProfile(`version: 1\nservers:\n- ${JSON.stringify(entry)}\n`, 'dev.yaml');
  if (!read.ok) {
    return read;
  }
  const [server] = read.value.servers;
  assert.ok(server);
  return { ok: true, value: server };
}

export function serverOf(entry: object): ProfileServer {
  const server = readEntry(entry);
  assert.ok(server.ok, server.ok ? '' : server.problem.message);
  return server.value;
}

/** The sentence of the refusal. The place is that of `at`, the text where it stands in the line. */
export function refusalOf(entry: object, at?: string): string {
  const server = readEntry(entry);
  assert.ok(!server.ok, `it was read: ${JSON.stringify(entry)}`);
  assert.equal(server.problem.code, 'WHARF_PROFILE_SHAPE');
  if (at !== undefined) {
    assert.deepEqual(server.problem.place, { file: 'dev.yaml', line: 3, column: `- ${JSON.stringify(entry)}`.lastIndexOf(at) + 1 });
  }
  return server.problem.message;
}
