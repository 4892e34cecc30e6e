import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { approvedTools } from '../core/codexConfig/approvedTools.ts';
import { connectGateway, type ConfigEdit } from '../core/codexConfig/connect.ts';
import {
  gatewayEntry,
  gatewayEntryName,
  httpGatewayEntry,
  type ApprovalChoice,
  type GatewayEntry,
} from '../core/codexConfig/gatewayEntry.ts';
import { codexHome } from '../node/codexHome.ts';
import { chooseLauncher } from '../node/gatewayLauncher.ts';
import { installLauncher } from '../node/launcher.ts';
import { linkTarget } from '../node/linkTarget.ts';
import type { Locations } from '../node/locations.ts';
import type { ProfileFile } from '../node/profileFiles.ts';
import { profileHandle } from '../node/profileHandle.ts';
import { replaceTextFile, type TextFile } from '../node/textFile.ts';
import { isTrustedByCodex } from '../node/workspaceTrust.ts';
import { describeProblem, type Problem } from '../shared/problem.ts';
import { ok, type Result } from '../shared/result.ts';
import { ownProgram } from './context.ts';
import { hiddenBy } from './hiddenProfiles.ts';
import { gatewayService, leaveService, sayForgotten, served, serviceWords } from './httpGateway.ts';
import { note } from './output.ts';

/** Which profile which configuration of Codex shall get. */
export interface ConnectRequest {
  readonly locations: Locations;
  readonly file: TextFile;
  readonly profile: ProfileFile;
  readonly approval: ApprovalChoice;
  /** What Codex starts; undefined takes what fits the file. */
  readonly launcher: 'wharf' | 'docker' | undefined;
  /** Where the gateway's service shall listen; undefined leaves that to it. */
  readonly port: number | undefined;
  readonly dryRun: boolean;
}

/** What came of it: the file as it would be, or what to tell the user. */
export type Connected =
  | { readonly kind: 'draft'; readonly text: string }
  /** `trouble` came after the configuration was written. */
  | { readonly kind: 'done'; readonly words: readonly string[]; readonly trouble: Problem | undefined };

/** Makes Codex start the gateway by itself. */
export async function connectLauncher(request: ConnectRequest): Promise<Result<Connected>> {
  const { locations, file, profile, approval } = request;
  const isProject = !isOfUser(file.path);
  const chosen = await chooseLauncher(locations, { wanted: request.launcher, isProject, env: process.env, home: homedir() });
  if (!chosen.ok) {
    return chosen;
  }
  const { launcher, isPortable } = chosen.value;
  const entry = gatewayEntry({ launcher, profile: profile.id, approval });
  const edited = await editFor(request, entry);
  if (!edited.ok || request.dryRun) {
    return edited.ok ? ok({ kind: 'draft', text: edited.value.text }) : edited;
  }
  const installed = await installLauncher(locations, ownProgram());
  const written = installed.ok ? await write(locations, file, edited.value) : installed;
  if (!written.ok) {
    return written;
  }
  const left = await leaveService(locations, file.path);
  return ok({
    kind: 'done',
    words: [...written.value, ...(left.ok ? left.value : []), ...(isProject ? [commitWords(isPortable, profile)] : [])],
    trouble: left.ok ? undefined : left.problem,
  });
}

/** Whether a project's file is for others as well. */
function commitWords(isPortable: boolean, { id, scope }: ProfileFile): string {
  if (isPortable && scope === 'user') {
    return `The entry is the same on every computer that has "docker mcp", but the profile "${id}" is your own: where it is committed, everybody needs a profile of that id.`;
  }
  if (isPortable) {
    return 'The entry is the same on every computer that has "docker mcp": it can be committed with the profile.';
  }
  const portable =
    process.platform === 'win32' ? '' : ', or run "wharf plugin install" and connect again for an entry that can be committed';
  return `The entry is for this machine alone: rather do not commit it. Use --global to write your own configuration${portable}.`;
}

/** Makes the gateway a service of the user and Codex reach it. The configuration is written when the service is well. */
export async function connectHttp(request: ConnectRequest): Promise<Result<Connected>> {
  const { locations, file, approval } = request;
  const gateway = gatewayService(locations);
  if (!gateway.ok) {
    return gateway;
  }
  const { service } = gateway.value;
  const [config, profile] = [await linkTarget(file.path), served(request.profile)];
  const port = await service.plannedPort(config, request.port);
  if (!port.ok) {
    return port;
  }
  const entry = httpGatewayEntry({ port: port.value, handle: profileHandle(profile), approval });
  const edited = await editFor(request, entry);
  if (!edited.ok || request.dryRun) {
    return edited.ok ? ok({ kind: 'draft', text: edited.value.text }) : edited;
  }
  const installed = await installLauncher(locations, ownProgram());
  const joined = installed.ok ? await service.join({ config, profile }, port.value) : installed;
  if (!joined.ok) {
    return joined;
  }
  const written = await write(locations, file, edited.value);
  if (!written.ok) {
    await service.putBack(joined.value, config);
    return written;
  }
  sayForgotten(joined.value);
  const words = [...written.value, ...serviceWords(locations, gateway.value, joined.value, entry.url)];
  return ok({ kind: 'done', words, trouble: undefined });
}

async function editFor({ locations, file, profile, approval }: ConnectRequest, entry: GatewayEntry): Promise<Result<ConfigEdit>> {
  const edited = connectGateway(file.text, entry, file.path);
  if (edited.ok) {
    const approved = approval === 'all' ? [] : approvedTools(file.text, entry.name);
    if (approved.length > 0) {
      const lines = `"approval_mode" under [mcp_servers.${entry.name}.tools]`;
      note(`wharf: These tools go on running without asking, by lines of their own (${lines}): ${approved.join(', ')}.`);
    }
    await explain(locations, profile);
    await sayIgnored(file.path);
  }
  return edited;
}

/** Which file the entry will serve, and what keeps it from doing so. */
async function explain(locations: Locations, profile: ProfileFile): Promise<void> {
  note(`wharf: The profile "${profile.id}" is ${profile.path}.`);
  for (const hidden of await hiddenBy(locations, profile, process.cwd())) {
    note(`wharf: Your own profile hides the project's of the same id, ${hidden.path}.`);
  }
  if (!profile.profile.ok) {
    note(`wharf: It cannot be used yet: ${describeProblem(profile.profile.problem)}`);
  } else if (!profile.allowed) {
    note(`wharf: You have not allowed its content yet, so it offers no tools. Run "wharf profile allow ${profile.id}".`);
  }
}

/** Codex passes over the configuration of a project without a word until it is trusted. */
async function sayIgnored(config: string): Promise<void> {
  if (!isOfUser(config) && !(await isTrustedByCodex(dirname(dirname(config))))) {
    note('wharf: Codex does not trust this project yet, so it ignores this entry: start Codex here once and say that you trust it.');
  }
}

function isOfUser(config: string): boolean {
  return dirname(config) === resolve(codexHome(process.env));
}

/** What to tell the user about the configuration when it is as it shall be. */
async function write(locations: Locations, file: TextFile, { edits, text }: ConfigEdit): Promise<Result<readonly string[]>> {
  if (edits.length === 0) {
    return ok([`${file.path} has this entry already; nothing was written.`]);
  }
  const written = await replaceTextFile(file, text, backupsOf(locations));
  const words = `Wrote [mcp_servers.${gatewayEntryName}] to ${file.path}. Running Codex threads keep their old servers: start a new one.`;
  return written.ok ? ok([words]) : written;
}

export function backupsOf(locations: Locations): string {
  return join(locations.dataFolder, 'backups');
}
