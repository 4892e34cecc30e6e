import * as problems from '../../core/problems.ts';
import type { ProfileServer } from '../../core/profile/profile.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { ProfileEntry } from '../profiles.ts';
import { rowOf } from '../views/rows.ts';
import type { Services } from './command.ts';

export interface ServerOfProfile {
  readonly entry: ProfileEntry;
  readonly server: ProfileServer;
}

/** The server of an allowed profile whose row a command was called on, or whose names a program passed, as the file is now. */
export async function serverOf({ profiles }: Services, argument: unknown): Promise<Result<ServerOfProfile>> {
  const { profile, server, path } = namesIn(argument);
  const listed = await profiles.list();
  if (!listed.ok) {
    return listed;
  }
  const entry = listed.value.find(({ file }) => (path === undefined ? file.id === profile : file.path === path));
  if (entry === undefined) {
    return fail(problems.profileNotFound(profile, [`.codex/profiles/${profile}.yaml`]));
  }
  const { file } = entry;
  if (!file.profile.ok) {
    return file.profile;
  }
  if (!file.allowed) {
    return fail(problems.profileNotAllowed(file.path, file.id, file.isPulled, file.scope === 'user'));
  }
  const { servers } = file.profile.value;
  const found = servers.find(({ name }) => name === server);
  return found === undefined
    ? fail(
        problems.serverNotInProfile(
          server,
          servers.map(({ name }) => name),
          file.path,
        ),
      )
    : ok({ entry, server: found });
}

function namesIn(argument: unknown): { readonly profile: string; readonly server: string; readonly path?: string } {
  const row = rowOf(argument);
  if (row !== undefined) {
    const { id, path } = row.entry.file;
    return { profile: id, path, server: row.kind === 'profile' ? '' : row.server.name };
  }
  const { profile, server } = (typeof argument === 'object' && argument !== null ? argument : {}) as Readonly<Record<string, unknown>>;
  return { profile: typeof profile === 'string' ? profile : '', server: typeof server === 'string' ? server : '' };
}
