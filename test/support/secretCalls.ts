import assert from 'node:assert/strict';

import type { ImageServer, ServerOutput } from '../../src/core/profile/profile.ts';
import { allRules } from '../../src/core/scan/rules/all.ts';
import type { CallSummary } from '../../src/shared/calls.ts';
import { seeded } from './patternSamples.ts';
import { soundServer, type ScriptedServer } from './scriptedServer.ts';
import { secretOf } from './secretSamples.ts';
import type { TestSession } from './testSession.ts';

export const shared = { share: 'user' } as const;
export const random = seeded(4);

/** A token that GitHub never gave out. */
export function token(): string {
  const rule = allRules.find(({ id }) => id === 'github-pat');
  assert.ok(rule !== undefined);
  return secretOf(rule, random).text;
}

export function saying(result: unknown): ScriptedServer {
  return soundServer(['a', 'b'], ({ id, method }, server) => {
    if (method === 'tools/call') {
      server.send({ id, result: typeof result === 'string' ? { content: [{ type: 'text', text: result }] } : result });
    }
  });
}

export function output(more: Partial<ServerOutput>): Partial<ImageServer> {
  return { ...shared, output: { policy: null, tools: {}, allow: [], ...more } };
}

export async function call(
  client: TestSession,
  name = 'a',
  args: unknown = {},
): Promise<{ readonly text: string; readonly summary: CallSummary | undefined }> {
  const reply = await client.request('tools/call', { name, arguments: args });
  return { text: JSON.stringify(reply), summary: client.calls.list(1)[0] };
}
