import { allowedHostText, type AllowedHost } from '../core/network/allowedHost.ts';
import { pinnableHosts } from '../core/network/pinnable.ts';
import { pinHosts } from '../core/profile/pin.ts';
import type { ImageServer } from '../core/profile/profile.ts';
import * as problems from '../core/problems.ts';
import { writeEditedProfile } from '../node/editedProfile.ts';
import type { Locations } from '../node/locations.ts';
import { findProfile, type ProfileFile } from '../node/profileFiles.ts';
import type { LearnedHostSummary, ProfileSelection } from '../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { ask } from './ask.ts';
import { openControl } from './context.ts';
import { complain, exitCodes, print } from './output.ts';

export interface PinRequest {
  /** As the person named it. */
  readonly given: string;
  readonly profile: ProfileSelection;
  /** Null is every server that learns its hosts. */
  readonly server: string | null;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

interface Learned {
  readonly server: ImageServer;
  readonly hosts: readonly LearnedHostSummary[];
  readonly pinned: readonly AllowedHost[];
}

/** Shows which hosts servers reached while they learned them, and on consent closes the network to all others. */
export async function pin(locations: Locations, request: PinRequest): Promise<number> {
  const found = await findProfile(locations, request.profile, process.cwd());
  if (!found.ok || !found.value.profile.ok) {
    return complain(found.ok ? problemOf(found.value, request) : found.problem);
  }
  const file = found.value;
  const learned = await learnedBy(locations, file, request);
  if (!learned.ok) {
    return complain(learned.problem);
  }
  const lines = learned.value.flatMap(linesOf);
  if (!request.yes && !request.dryRun && !process.stdin.isTTY) {
    return complain(problems.pinConsent(request.given, lines.join('\n')));
  }
  lines.forEach(print);
  if (request.dryRun || !(request.yes || (await ask(`Write this to ${file.path}?`)))) {
    print('Nothing was written.');
    return request.dryRun ? exitCodes.ok : exitCodes.problems;
  }
  const text = learned.value.reduce<Result<string>>(
    (now, { server, pinned }) => (now.ok ? pinHosts(now.value, server, pinned, file.path) : now),
    ok(file.text),
  );
  const written = text.ok ? await writeEditedProfile(locations, file, text.value) : text;
  if (!written.ok) {
    return complain(written.problem);
  }
  print(`Wrote ${file.path}. Servers that run are held to it after their next start.`);
  return exitCodes.ok;
}

function problemOf(file: ProfileFile, { given }: PinRequest): ReturnType<typeof problems.profileNotAllowed> {
  return file.profile.ok ? problems.profileNotAllowed(file.path, given, file.isPulled, file.scope === 'user') : file.profile.problem;
}

async function learnedBy(locations: Locations, file: ProfileFile, request: PinRequest): Promise<Result<readonly Learned[]>> {
  if (!file.profile.ok || !file.allowed) {
    return fail(problemOf(file, request));
  }
  const { servers } = file.profile.value;
  const names = servers.map(({ name }) => name);
  if (request.server !== null && !names.includes(request.server)) {
    return fail(problems.serverNotInProfile(request.server, names, file.path));
  }
  const learners = servers.flatMap((server) => (server.kind === 'image' && server.network.kind === 'learn' ? [server] : []));
  const wanted = learners.filter(({ name }) => request.server === null || name === request.server);
  const control = wanted.length === 0 ? fail(problems.nothingLearned(request.server, request.given, false)) : await openControl(locations);
  if (!control.ok) {
    return control;
  }
  const all: Learned[] = [];
  try {
    for (const server of wanted) {
      const params = { profile: request.profile, cwd: process.cwd(), server: server.name };
      const answer = await control.value.request('network/learned', params);
      if (!answer.ok) {
        return answer;
      }
      const { hosts } = answer.value;
      all.push({ server, hosts, pinned: pinnableHosts(hosts) });
    }
  } finally {
    control.value.close();
  }
  const some = all.filter(({ pinned }) => pinned.length > 0);
  return some.length === 0 ? fail(problems.nothingLearned(request.server, request.given, true)) : ok(some);
}

function linesOf({ server, hosts, pinned }: Learned): readonly string[] {
  const { network } = server;
  const kept = 'hosts' in network ? network.hosts : [];
  const isPinned = (host: string): boolean => pinned.some((one) => one.host === host) || kept.some((one) => one.host === host);
  const counts = new Map(hosts.map(({ host, port, count }) => [`${host}:${port ?? ''}`, count]));
  const left = [...new Set(hosts.map(({ host }) => host).filter((host) => !isPinned(host)))].toSorted();
  return [
    `  ${server.name} may then reach, and no other host:`,
    ...kept.map((host) => `    ${allowedHostText(host)} (as before)`),
    ...pinned
      .filter(({ host, port }) => !kept.some((one) => one.host === host && one.port === port))
      .map((host) => `    ${allowedHostText(host)} (${times(counts.get(`${host.host}:${host.port}`) ?? 0)}; only at a public address)`),
    ...(left.length === 0 ? [] : [`    not pinned, as it only asked for the name, or it is none: ${left.join(', ')}`]),
  ];
}

function times(count: number): string {
  return count === 1 ? 'reached once' : `reached ${count} times`;
}
