import type { Profile } from '../../core/profile/profile.ts';
import { version } from '../../shared/version.ts';
import type { OfferedServer, Show } from './offer.ts';

const protocolVersions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;

/** More would cost a model more than it gains; Codex shows it with every tool in some modes. */
const instructionsLimit = 4_000;

/** The answer to "initialize". A server of which nothing is known yet may offer anything. `show` gives what the client may see of a server's words. */
export function initializeResult(asked: unknown, profile: Profile, servers: readonly OfferedServer[], show: Show): unknown {
  const offers = (capability: string): boolean => servers.some(({ lists }) => lists === null || capability in lists.capabilities);
  const instructions = servers
    .flatMap(({ server: { name }, lists }) =>
      lists?.instructions === undefined ? [] : [`${name}: ${show(name, { text: lists.instructions }).text.trim()}`],
    )
    .join('\n\n');
  return {
    protocolVersion: protocolVersions.find((known) => known === asked) ?? protocolVersions[0],
    capabilities: {
      tools: { listChanged: true },
      logging: {},
      ...(offers('prompts') ? { prompts: { listChanged: true } } : {}),
      ...(offers('resources') ? { resources: { listChanged: true, subscribe: true } } : {}),
      ...(offers('completions') ? { completions: {} } : {}),
    },
    serverInfo: { name: 'wharf', title: `Wharf: ${profile.name}`, version },
    ...(instructions === '' ? {} : { instructions: instructions.slice(0, instructionsLimit) }),
  };
}

export function clientName(info: unknown): string {
  const { name, version: itsVersion } = (info ?? {}) as { name?: unknown; version?: unknown };
  return [name, itsVersion].filter((part) => typeof part === 'string').join(' ') || 'unknown client';
}
