import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';

import { placedText } from '../../core/container/places.ts';
import type { ServerProcess } from '../../core/ports.ts';
import type { ImageServer, PociServer } from '../../core/profile/profile.ts';
import type { Result } from '../../shared/result.ts';
import { FolderTurns, type HeldFolder } from './folderTurns.ts';
import type { Surroundings } from './instance.ts';

/** For all servers of this process: two of them may have got the same folder. */
const turns = new FolderTurns();

/** What of this computer one call gets, and of what its server keeps. */
export async function callFolders(
  call: ImageServer,
  { name }: PociServer,
  { workspace, profile }: Surroundings,
): Promise<readonly HeldFolder[]> {
  const { mounts, volumes } = call.isolation;
  const roots = [workspace, homedir()];
  const real = await Promise.all(roots.map((root) => realpath(root).catch(() => root)));
  return [
    ...mounts.flatMap(({ source, readOnly }) => {
      const path = resolve(placedText(source, { home: homedir(), workspace }));
      // These two may be reached through a link, and each of their names is as good as the other.
      const others = roots.flatMap((root, index) => {
        const rest = relative(root, path);
        return rest === '..' || rest.startsWith(`..${sep}`) || isAbsolute(rest) ? [] : [join(real[index] ?? root, rest)];
      });
      return [path, ...others].map((one) => ({ source: one, readOnly }));
    }),
    ...volumes.map((one) => ({ source: dataName([profile.origin.path, name, one.name]), readOnly: one.readOnly })),
  ];
}

function dataName(parts: readonly string[]): string {
  return `data:${Buffer.from(JSON.stringify(parts)).toString('hex')}`;
}

/** Starts a call when no other one can change its folders, which are its own until it ended. */
export async function inTurn(
  folders: readonly HeldFolder[],
  isWanted: () => boolean,
  start: () => Promise<Result<ServerProcess>>,
): Promise<Result<ServerProcess> | { readonly refusal: string }> {
  const giveBack = await turns.take(folders);
  let started: Result<ServerProcess> | undefined;
  try {
    if (!isWanted()) {
      return { refusal: 'It was cancelled.' };
    }
    started = await start();
    return started;
  } finally {
    if (started?.ok === true) {
      void started.value.exited.then(giveBack, giveBack);
    } else {
      giveBack();
    }
  }
}
