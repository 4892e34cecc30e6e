import * as vscode from 'vscode';

import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { commands } from '../contributions.ts';
import type { Messages } from '../messages.ts';
import type { ProfileEntry } from '../profiles.ts';
import { profileDescription } from '../views/describe.ts';
import { rowOf } from '../views/rows.ts';
import type { Services } from './command.ts';

export interface ProfileQuestion {
  readonly title: string;
  /** Which profiles are offered. */
  fits(entry: ProfileEntry): boolean;
  /** What is said when there are profiles and none fits. */
  readonly none?: string;
}

/**
 * The profile that a command is about: the row it was called on, the id a program passed, the only one, or the one picked.
 * undefined when none was picked, or there is none, which was said then.
 */
export async function pickProfile(
  services: Services,
  argument: unknown,
  question: ProfileQuestion,
): Promise<Result<ProfileEntry | undefined>> {
  const listed = await services.profiles.list();
  if (!listed.ok) {
    return listed;
  }
  const wanted = wantedProfile(argument);
  if (wanted !== undefined) {
    const found = listed.value.find(wanted.is);
    return found === undefined ? fail(problems.profileNotFound(wanted.name, [`.codex/profiles/${wanted.name}.yaml`])) : readable(found);
  }
  const entries = listed.value.filter((entry) => question.fits(entry));
  const [only] = entries;
  if (only === undefined) {
    sayNone(services.messages, listed.value.length === 0 ? undefined : question.none);
    return ok(undefined);
  }
  return entries.length === 1 ? readable(only) : await choose(entries, question.title);
}

function sayNone(messages: Messages, none: string | undefined): void {
  if (none !== undefined) {
    messages.done(none);
  } else if (vscode.workspace.workspaceFolders === undefined) {
    messages.noFolder();
  } else {
    messages.warn(vscode.l10n.t('There is no profile here yet: it names the MCP servers that Codex gets.'), [
      { title: vscode.l10n.t('Create Profile'), run: () => vscode.commands.executeCommand(commands.createProfile) },
    ]);
  }
}

function wantedProfile(argument: unknown): { readonly name: string; readonly is: (entry: ProfileEntry) => boolean } | undefined {
  const row = rowOf(argument);
  if (row !== undefined) {
    const { file } = row.entry;
    return { name: file.id, is: (entry) => entry.file.path === file.path };
  }
  const id = typeof argument === 'object' && argument !== null && 'profile' in argument ? argument.profile : undefined;
  return typeof id === 'string' ? { name: id, is: (entry) => entry.file.id === id } : undefined;
}

async function choose(entries: readonly ProfileEntry[], title: string): Promise<Result<ProfileEntry | undefined>> {
  const several = (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
  const picked = await vscode.window.showQuickPick(
    entries.map((entry) => ({
      label: entry.file.id,
      description: profileDescription(entry, several),
      detail: entry.file.profile.ok ? entry.file.profile.value.servers.map((server) => server.name).join(', ') : '',
      entry,
    })),
    { title, placeHolder: vscode.l10n.t('Which profile?') },
  );
  return picked === undefined ? ok(undefined) : readable(picked.entry);
}

/** A profile file that cannot be read stops every command, with its place. */
function readable(entry: ProfileEntry): Result<ProfileEntry> {
  return entry.file.profile.ok ? ok(entry) : entry.file.profile;
}
