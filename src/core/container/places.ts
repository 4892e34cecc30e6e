import { inContainer } from '../catalog/template.ts';
import type { ImageServer, PociServer } from '../profile/profile.ts';

const workspaceWord = '${workspace}';

/** Folders of whoever a server is started for. */
export interface Places {
  readonly home: string;
  /** The caller's project, which its user trusts. */
  readonly workspace: string;
}

/** A source of a mount as it is on this computer. */
export function placedText(source: string, { home, workspace }: Places): string {
  return source.replace(/^\$\{workspace\}/, () => workspace).replace(/^~(?=\/|$)/, () => home);
}

/** Whether something that a server gets names the project folder of the caller. */
export function usesWorkspace({ isolation, env, ...server }: ImageServer | PociServer): boolean {
  const command = server.kind === 'image' ? server.command : [];
  const texts = [...isolation.mounts.flatMap(({ source, target }) => [source, target]), ...command, ...Object.values(env)];
  return texts.some((text) => text.includes(workspaceWord));
}

/**
 * The server with the caller's folders in its arguments, its variables, and the targets of its mounts: a configured folder stands
 * in the container where it stands outside. Sources of mounts stay as they are, for they are judged by their words.
 */
export function placed(server: ImageServer, { home, workspace }: Places): ImageServer {
  const { mounts } = server.isolation;
  const inHome = mounts.map(({ target }) => target).filter((target) => target.startsWith('~/'));
  const inPlace = (text: string): string => {
    const isOfHome = inHome.some((target) => text === target || text.startsWith(`${target}/`));
    const filled = text.replaceAll(workspaceWord, () => inContainer(workspace));
    return isOfHome ? `${inContainer(home)}${filled.slice(1)}` : filled;
  };
  return {
    ...server,
    command: server.command.map(inPlace),
    env: Object.fromEntries(Object.entries(server.env).map(([name, value]) => [name, inPlace(value)])),
    isolation: { ...server.isolation, mounts: mounts.map((mount) => ({ ...mount, target: inPlace(mount.target) })) },
  };
}
