import { homedir } from 'node:os';

import * as vscode from 'vscode';

import type { ProfileFile } from '../node/profileFiles.ts';
import { projectProfilesFolder, pulledProfilesFolder, userProfilesFolder } from '../node/profileFolders.ts';
import type { ProfileSelection } from '../shared/controlProtocol.ts';
import type { Problem } from '../shared/problem.ts';
import { ok, type Result } from '../shared/result.ts';
import type { ServerReport } from '../shared/servers.ts';
import type { GatewayClient } from './gatewayClient.ts';
import type { Home } from './home.ts';
import { loadProfileEdits } from './lazyPrograms.ts';

/** A profile that applies to a folder of the workspace. */
export interface ProfileEntry {
  readonly file: ProfileFile;
  /** The folder that a caller of this profile works in; null when no folder is open. */
  readonly folder: vscode.WorkspaceFolder | null;
  /** Whether the user has a profile of the same id: the gateway takes that one when Codex asks for the id. */
  readonly shadowed: boolean;
}

/** Names exactly this file: a user's profile of the same id would go before a project's. */
export function selectionOf({ file }: ProfileEntry): ProfileSelection {
  return file.scope === 'user' ? { by: 'id', id: file.id } : { by: 'file', path: file.path };
}

/** What is known of the servers of a profile. */
export type ToolKnowledge =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'asking' }
  | { readonly kind: 'known'; readonly servers: readonly ServerReport[] }
  | { readonly kind: 'failed'; readonly problem: Problem };

const unknown: ToolKnowledge = { kind: 'unknown' };

/** The gateway forgets why a server could not be asked; the row keeps it until the next try. */
function withFailures(servers: readonly ServerReport[], before: ToolKnowledge | undefined): readonly ServerReport[] {
  const known = before?.kind === 'known' ? before.servers : [];
  return servers.map((server) => {
    const earlier = known.find((other) => other.name === server.name);
    const stillUnasked = server.tools === null && server.state.kind === 'stopped';
    return stillUnasked && earlier?.state.kind === 'failed' ? earlier : server;
  });
}

/** The profiles of the workspace and what the gateway knows of their servers. */
export class Profiles implements vscode.Disposable {
  private readonly home: Home;
  private readonly gateway: GatewayClient;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly knowledge = new Map<string, ToolKnowledge>();
  /** Paths of profiles by the id that the gateway names them with. */
  private readonly paths = new Map<string, Set<string>>();
  /** Paths of profiles whose knowledge may be old; it is shown until the new answer is there. */
  private readonly old = new Set<string>();

  /** Something that is shown of the profiles changed. */
  readonly onDidChange = this.changed.event;

  constructor(home: Home, gateway: GatewayClient) {
    this.home = home;
    this.gateway = gateway;
  }

  /** Reads all profile files: the user's, then each folder's own. */
  async list(): Promise<Result<readonly ProfileEntry[]>> {
    const locations = this.home.locations();
    if (!locations.ok) {
      return locations;
    }
    const { listProfiles } = loadProfileEdits();
    const folders = (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === 'file');
    const first = folders[0] ?? null;
    const own = await listProfiles(locations.value, null);
    const ownIds = new Set(own.map((file) => file.id));
    const entries: ProfileEntry[] = own.map((file) => ({ file, folder: first, shadowed: false }));
    for (const folder of folders) {
      const files = await listProfiles(locations.value, folder.uri.fsPath);
      const project = files.filter((file) => file.scope === 'project');
      entries.push(...project.map((file) => ({ file, folder, shadowed: ownIds.has(file.id) })));
    }
    return ok(entries);
  }

  /** What is known now. Asks the gateway in the background when that is nothing, or old. */
  knowledgeOf(entry: ProfileEntry): ToolKnowledge {
    const { path, allowed, profile } = entry.file;
    if (!allowed || !profile.ok) {
      return unknown;
    }
    const known = this.knowledge.get(path) ?? unknown;
    if (known.kind === 'unknown' || this.old.has(path)) {
      void this.ask(entry, false);
    }
    return this.knowledge.get(path) ?? known;
  }

  /** Asks the gateway; with `discover` it starts the servers that it does not know yet. */
  async ask(entry: ProfileEntry, discover: boolean): Promise<Result<readonly ServerReport[]>> {
    const { path, id, profile } = entry.file;
    const name = profile.ok ? profile.value.id : id;
    this.paths.set(name, (this.paths.get(name) ?? new Set()).add(path));
    this.old.delete(path);
    if (!this.knowledge.has(path)) {
      this.knowledge.set(path, { kind: 'asking' });
    }
    const cwd = entry.folder?.uri.fsPath ?? homedir();
    const answer = await this.gateway.request('profile/tools', { profile: selectionOf(entry), cwd, discover });
    if (answer.ok) {
      const servers = discover ? answer.value.servers : withFailures(answer.value.servers, this.knowledge.get(path));
      this.knowledge.set(path, { kind: 'known', servers });
    } else {
      this.knowledge.set(path, { kind: 'failed', problem: answer.problem });
    }
    this.changed.fire();
    return answer.ok ? ok(answer.value.servers) : answer;
  }

  /** What the gateway said may be old now: about one profile or all. */
  outdate(id?: string): void {
    for (const path of id === undefined ? this.knowledge.keys() : (this.paths.get(id) ?? [])) {
      this.old.add(path);
    }
  }

  /** Files changed, or the user wants to know anew: earlier failures do not count any more. */
  renew(): void {
    for (const [path, knowledge] of this.knowledge) {
      if (knowledge.kind === 'known') {
        this.knowledge.set(path, { kind: 'known', servers: knowledge.servers.filter((server) => server.state.kind !== 'failed') });
      }
    }
    this.outdate();
  }

  /** Says that files or knowledge changed. */
  refresh(): void {
    this.changed.fire();
  }

  /** Where profile files appear and change. */
  patterns(): readonly vscode.RelativePattern[] {
    const locations = this.home.locations();
    const places = locations.ok ? [userProfilesFolder(locations.value), pulledProfilesFolder(locations.value)] : [];
    const user = places.map((place) => new vscode.RelativePattern(vscode.Uri.file(place), '*'));
    const folders = vscode.workspace.workspaceFolders ?? [];
    const pattern = `${projectProfilesFolder.replaceAll('\\', '/')}/*`;
    return [...user, ...folders.map((folder) => new vscode.RelativePattern(folder, pattern))];
  }

  dispose(): void {
    this.changed.dispose();
  }
}
