import { homedir } from 'node:os';
import { basename, extname } from 'node:path';

import * as vscode from 'vscode';

import type { ProfileFile } from '../node/profileFiles.ts';
import { projectProfilesFolder, userProfilesFolder } from '../node/profileFolders.ts';
import type { ProfileSelection } from '../shared/controlProtocol.ts';
import type { Problem } from '../shared/problem.ts';
import { ok, type Result } from '../shared/result.ts';
import type { ServerReport } from '../shared/servers.ts';
import type { GatewayClient } from './gatewayClient.ts';
import type { Home } from './home.ts';
import { loadProfileFiles } from './lazyPrograms.ts';

/** A profile that applies to a folder of the workspace. */
export interface ProfileEntry {
  readonly file: ProfileFile;
  /** The folder that a caller of this profile works in; null when no folder is open. */
  readonly folder: vscode.WorkspaceFolder | null;
}

/** Names exactly this file: a user's profile of the same id would go before a project's. */
function selectionOf({ file }: ProfileEntry): ProfileSelection {
  return file.scope === 'user' ? { by: 'id', id: file.id } : { by: 'file', path: file.path };
}

/** What is known of the servers of a profile. */
export type ToolKnowledge =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'asking' }
  | { readonly kind: 'known'; readonly servers: readonly ServerReport[] }
  | { readonly kind: 'failed'; readonly problem: Problem };

const unknown: ToolKnowledge = { kind: 'unknown' };

/** The profiles of the workspace and what the gateway knows of their servers. */
export class Profiles implements vscode.Disposable {
  private readonly home: Home;
  private readonly gateway: GatewayClient;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly knowledge = new Map<string, ToolKnowledge>();
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
    const { listProfiles } = loadProfileFiles();
    const folders = (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === 'file');
    const first = folders[0] ?? null;
    const entries: ProfileEntry[] = (await listProfiles(locations.value, null)).map((file) => ({ file, folder: first }));
    for (const folder of folders) {
      const files = await listProfiles(locations.value, folder.uri.fsPath);
      entries.push(...files.filter((file) => file.scope === 'project').map((file) => ({ file, folder })));
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
    const { path } = entry.file;
    this.old.delete(path);
    if (!this.knowledge.has(path)) {
      this.knowledge.set(path, { kind: 'asking' });
    }
    const cwd = entry.folder?.uri.fsPath ?? homedir();
    const answer = await this.gateway.request('profile/tools', { profile: selectionOf(entry), cwd, discover });
    this.knowledge.set(path, answer.ok ? { kind: 'known', servers: answer.value.servers } : { kind: 'failed', problem: answer.problem });
    this.changed.fire();
    return answer.ok ? ok(answer.value.servers) : answer;
  }

  /** What the gateway said may be old now: about one profile or all. */
  outdate(id?: string): void {
    for (const path of this.knowledge.keys()) {
      if (id === undefined || basename(path, extname(path)) === id) {
        this.old.add(path);
      }
    }
  }

  /** Says that files or knowledge changed. */
  refresh(): void {
    this.changed.fire();
  }

  /** Where profile files appear and change. */
  patterns(): readonly vscode.RelativePattern[] {
    const locations = this.home.locations();
    const user = locations.ok ? [new vscode.RelativePattern(vscode.Uri.file(userProfilesFolder(locations.value)), '*')] : [];
    const folders = vscode.workspace.workspaceFolders ?? [];
    const pattern = `${projectProfilesFolder.replaceAll('\\', '/')}/*`;
    return [...user, ...folders.map((folder) => new vscode.RelativePattern(folder, pattern))];
  }

  dispose(): void {
    this.changed.dispose();
  }
}
