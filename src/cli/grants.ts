import { defaultLimits } from '../core/container/spec.ts';
import { commandLine, quoted } from '../core/profile/commandLine.ts';
import { imagesOf, isLoose } from '../core/profile/grants.ts';
import { grantsOf, imageWords, networkWords, settingWords } from '../core/profile/grantWords.ts';
import type { ImageServer, NativeServer, PociServer, Profile, ProfileServer, RemoteServer } from '../core/profile/profile.ts';
import { isOnThisComputer, remoteHost } from '../core/profile/remoteAddress.ts';
import type { ImagesNow } from '../node/imagesNow.ts';
import { visibleText } from '../shared/visibleText.ts';

/**
 * For each server of a profile what it runs and what it may reach: what a person allows. Servers outside any
 * container come first. A line with `+` is granted beyond the strictest settings; one with `!` weakens what holds the server.
 */
export function grantLines({ servers, output }: Pick<Profile, 'servers' | 'output'>, images: ImagesNow = {}): readonly string[] {
  const native = servers.filter(({ kind }) => kind === 'native');
  const loose = isLoose(output) ? [`! secrets in what its servers say reach the model (output: ${output})`] : [];
  const lines = [
    ...loose,
    ...[...native, ...servers.filter(({ kind }) => kind !== 'native')].flatMap((server) => [
      ...linesOf(server),
      ...(server.share === 'session' ? [] : [`    shared: ${sharedBy[server.share]}`]),
      `    tools: ${server.tools === null ? 'all' : server.tools.length === 0 ? 'none' : server.tools.map(quoted).join(', ')}`,
      ...grantsOf(server).map(({ words, isWide }) => `${isWide ? '!' : '+'}   ${words}`),
      ...indented(imageLines(server, images)),
    ]),
  ];
  // No word of a file may begin a line of its own here.
  return lines.map((line) => visibleText(line));
}

/** Says what the marks in `lines` mean; nothing where there are none. */
export function legendOf(lines: readonly string[]): readonly string[] {
  return [
    ...(lines.some((line) => line.startsWith('+')) ? ['+ is granted beyond what every server gets.'] : []),
    ...(lines.some((line) => line.startsWith('!')) ? ['! weakens what stands between a server and the rest: look twice.'] : []),
  ];
}

const sharedBy = {
  user: 'one running copy serves all your threads, in every project',
  workspace: 'one running copy serves all threads of the same project folder',
} as const;

function linesOf(server: ProfileServer): readonly string[] {
  switch (server.kind) {
    case 'native':
      return nativeLines(server);
    case 'remote':
      return remoteLines(server);
    case 'image':
      return [`  ${server.name}: image ${server.image}`, ...containerLines(server)];
    case 'poci':
      return [
        `  ${server.name}: each call of a tool runs a container of its own`,
        ...server.toolContainers.map(
          ({ tool, image, command, user }) =>
            `    ${quoted(tool)}: image ${image}, command ${command.length === 0 ? "the image's own" : commandLine(command)}${user === null ? '' : `, user ${user}`}`,
        ),
        ...limitLines(server),
      ];
    case 'builtIn':
      return [`  ${server.name}: built in, runs as a process without files or network`];
  }
}

function nativeLines(server: NativeServer): readonly string[] {
  const command = commandLine([server.command, ...server.args]);
  return [
    `! ${server.name}: runs ${command} as you, outside any container, with access to all your files`,
    ...indented(settingWords(server)),
    `    network: open, limits: none, folder: ${server.cwd === null ? 'your home' : quoted(server.cwd)}`,
  ];
}

function remoteLines(server: RemoteServer): readonly string[] {
  const where = isOnThisComputer(server.url) ? ', a program on this computer' : '';
  return [`  ${server.name}: sends what its tools are given to ${remoteHost(server.url)}${where}`, ...indented(settingWords(server))];
}

function containerLines(server: ImageServer): readonly string[] {
  return [`    command: ${server.command.length === 0 ? "the image's own" : commandLine(server.command)}`, ...limitLines(server)];
}

function limitLines(server: ImageServer | PociServer): readonly string[] {
  const memory = server.limits.memory ?? defaultLimits.memory;
  return [
    ...indented(settingWords(server)),
    ...(server.network.kind === 'none' ? [`    network: ${networkWords(server)}`] : []),
    `    limits: ${server.limits.cpus ?? defaultLimits.cpus} CPU, ${Math.round(memory / 1024 ** 2)} MB`,
  ];
}

function imageLines(server: ProfileServer, images: ImagesNow): readonly string[] {
  return imagesOf(server).flatMap(({ name }) => {
    const image = Object.hasOwn(images, name) ? images[name] : undefined;
    return image === undefined ? [] : [imageWords(image)];
  });
}

function indented(words: readonly string[]): readonly string[] {
  return words.map((line) => `    ${line}`);
}
