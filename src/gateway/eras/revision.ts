/** The words of revision 2026-07-28 ("modern") and where they differ from the revisions with a handshake ("legacy"). */

export const modernVersion = '2026-07-28';
/** The newest revision with a handshake: what the gateway's core speaks. */
export const legacyVersion = '2025-11-25';

/** Keys that the specification reserves in `_meta` (2026-07-28, basic, "General fields"). */
export const metaKeys = {
  version: 'io.modelcontextprotocol/protocolVersion',
  clientInfo: 'io.modelcontextprotocol/clientInfo',
  capabilities: 'io.modelcontextprotocol/clientCapabilities',
  logLevel: 'io.modelcontextprotocol/logLevel',
  serverInfo: 'io.modelcontextprotocol/serverInfo',
  subscription: 'io.modelcontextprotocol/subscriptionId',
} as const;

export const eraCodes = {
  missingCapability: -32021,
  unsupportedVersion: -32022,
  /** Until 2025-11-25; nobody may say it in 2026-07-28. */
  resourceNotFound: -32002,
  /** 2025-11-25 only. */
  urlElicitationRequired: -32042,
} as const;

/** What a server may ask of a client, and the capability that the client declares for it. */
export const inputMethods: ReadonlyMap<string, string> = new Map([
  ['elicitation/create', 'elicitation'],
  ['sampling/createMessage', 'sampling'],
  ['roots/list', 'roots'],
]);

/** The requests during which a server may ask something, and the member that says what they are about. */
export const roundMethods: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
]);

export const cacheableMethods: ReadonlySet<string> = new Set([
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
]);

/** Notifications that a client gets only where it listens for them, and the word with which it asks for them. */
export const listChanges: ReadonlyMap<string, 'toolsListChanged' | 'promptsListChanged' | 'resourcesListChanged'> = new Map([
  ['notifications/tools/list_changed', 'toolsListChanged'],
  ['notifications/prompts/list_changed', 'promptsListChanged'],
  ['notifications/resources/list_changed', 'resourcesListChanged'],
]);

/** What a `subscriptions/listen` asks for. */
export interface ListenFilter {
  readonly toolsListChanged?: true;
  readonly promptsListChanged?: true;
  readonly resourcesListChanged?: true;
  readonly resourceSubscriptions?: readonly string[];
}

export type Json = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** The kinds of list changes that a server with these capabilities tells. */
export function toldChanges(capabilities: Json): Omit<ListenFilter, 'resourceSubscriptions'> {
  const tells = (kind: string): boolean => asObject(capabilities[kind])?.['listChanged'] === true;
  return {
    ...(tells('tools') ? { toolsListChanged: true as const } : {}),
    ...(tells('prompts') ? { promptsListChanged: true as const } : {}),
    ...(tells('resources') ? { resourcesListChanged: true as const } : {}),
  };
}
