import { createHash } from 'node:crypto';

import { usesWorkspace } from '../../core/container/places.ts';
import type { ProfileOrigin, ServedProfile } from '../../core/profile/grants.ts';
import type { ProfileServer } from '../../core/profile/profile.ts';
import type { GatewaySettings } from '../../shared/gatewaySettings.ts';

/** What the client lets a server ask of it, and where it works: a server may list or do other things for another client. */
export interface ClientTraits {
  /** `roots`, `sampling` and `elicitation` of the client's capabilities. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** The client's roots as it lists them; null when it has none. */
  readonly roots: string | null;
}

const passedOn = ['elicitation', 'roots', 'sampling'] as const;

/** What of a client's capabilities a server may use through the gateway. */
export function capabilitiesFor(client: unknown): Readonly<Record<string, unknown>> {
  const said = (typeof client === 'object' && client !== null ? client : {}) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(passedOn.flatMap((name) => (said[name] === undefined ? [] : [[name, said[name]]])));
}

/** Codex's, for whoever asks before a client is there (reference: codex, "initialize"). */
export const codexTraits: ClientTraits = { capabilities: { elicitation: { form: {}, url: {} } }, roots: null };

/**
 * Names what a server's lists depend on, but for the image: the same key is used for the next image of the same entry. What one
 * project's server says of its tools is told to no client of another project.
 */
export function listKey(server: ProfileServer, settings: GatewaySettings, traits: ClientTraits, place: readonly string[]): string {
  return hash([programOf(server), settings.blockNetwork === true, traits, place]);
}

/** Names one running copy, but for its image: what it runs, with what, for whom. */
export function instanceKey(
  server: ProfileServer,
  settings: GatewaySettings,
  traits: ClientTraits,
  scope: string,
  place: readonly string[],
): string {
  const { idleTimeoutMs, onIdle, maxInstances } = server;
  return hash([programOf(server), settings, traits, scope, place, idleTimeoutMs, onIdle, maxInstances]);
}

/** Names what `maxInstances` counts: the copies of one entry of a file, whichever client and project each of them is for. */
export function entryKey(server: ProfileServer, { scope, path }: ProfileOrigin): string {
  return hash([programOf(server), isOfOneFile(server, { scope, path }) ? path : null]);
}

/** What a server keeps it keeps for its profile alone. */
function isOfOneFile(server: ProfileServer, { scope }: ProfileOrigin): boolean {
  return scope === 'project' || ((server.kind === 'image' || server.kind === 'poci') && server.isolation.volumes.length > 0);
}

/**
 * Where what a server gets is granted, and which project it sees. What a project's profile runs is shared with no other file's:
 * the copy of another profile may hold what the user granted to that one alone.
 */
export function placeOf(
  { origin, requireDigest, verify, output }: ServedProfile,
  server: ProfileServer,
  workspace: string,
): readonly string[] {
  const seesWorkspace = (server.kind === 'image' || server.kind === 'poci') && usesWorkspace(server);
  const strictness = JSON.stringify([requireDigest, verify, output]);
  return [strictness, ...(isOfOneFile(server, origin) ? [origin.path] : []), ...(seesWorkspace ? [workspace] : [])];
}

/** For one running copy: what may run for one profile is not shared with one whose users accepted another image. */
export function lockedPlace({ lock }: ServedProfile, { name }: ProfileServer): readonly string[] {
  const content = lock?.current?.servers.get(name)?.image?.content;
  return content === undefined ? [] : [content.sha256];
}

/** The program with its arguments, variables, limits and network, and nothing of how it is shown or shared. */
function programOf(server: ProfileServer): unknown {
  const { name, tools: _tools, promisedTools: _promised, line: _line, share: _share, ...rest } = server;
  const { startTimeoutMs: _start, callTimeoutMs: _call, idleTimeoutMs: _idle, onIdle: _onIdle, maxInstances: _max, ...program } = rest;
  return [name, program];
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
}
