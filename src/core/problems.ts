import type { Place, Problem } from '../shared/problem.ts';
import { visibleText } from '../shared/visibleText.ts';

/**
 * The one catalogue of expected failures. Each has a stable code, a sentence that
 * says what happened to what, and the next step. docs/problems.md lists them.
 */

function problem(code: string, message: string, next: string, more: { place?: Place; detail?: string } = {}): Problem {
  return { code, message, next, ...more };
}

/** Shortens untrusted text before it goes into a sentence. */
function brief(text: string, limit = 200): string {
  const line = visibleText(text.replace(/\s+/g, ' ').trim());
  // Half an emoji is no character.
  return line.length <= limit ? line : `${line.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** A path as it can be typed behind a command. */
function typed(path: string): string {
  if (/^[\w@%+=:,./\\-]+$/.test(path)) {
    return path;
  }
  return /^[A-Za-z]:\\/.test(path) ? `"${path}"` : `'${path.replace(/'/g, "'\\''")}'`;
}

export const problems = {
  // The runtime
  nodeTooOld: (found: string) =>
    problem(
      'WHARF_NODE_VERSION',
      `Wharf needs Node 22.13 or newer and found ${found}.`,
      'Install a newer Node, or start Wharf through VS Code.',
    ),
  sqliteMissing: (detail: string) =>
    problem('WHARF_NODE_SQLITE', 'This Node has no usable node:sqlite with FTS5.', 'Install an official build of Node 22.13 or newer.', {
      detail,
    }),
  badArgument: (detail: string) => problem('WHARF_USAGE', brief(detail), 'Run "wharf --help" to see what is understood.'),

  // Profiles
  profileNotFound: (id: string, looked: readonly string[]) =>
    problem('WHARF_PROFILE_NOT_FOUND', `There is no profile "${brief(id, 60)}".`, `Create one of these files: ${looked.join(', ')}.`),
  profileSyntax: (place: Place, detail: string) =>
    problem(
      'WHARF_PROFILE_SYNTAX',
      `The profile is not valid YAML: ${brief(detail)}.`,
      'Correct the line; nothing was started and no file was changed.',
      { place },
    ),
  profileShape: (place: Place, detail: string) =>
    problem(
      'WHARF_PROFILE_SHAPE',
      `The profile cannot be used: ${brief(detail)}.`,
      'Correct the entry; nothing was started and no file was changed.',
      { place },
    ),
  /** A file in `.codex/profiles` has an id for the command, unless a user's profile hides it; its path always does. */
  profileNotAllowed: (file: string, id: string) =>
    problem(
      'WHARF_PROFILE_NOT_ALLOWED',
      `The profile ${file} came with the project and you have not allowed this content yet, so none of its tools are offered.`,
      `Read the file, then run ${
        /[\\/]\.codex[\\/]profiles[\\/][^\\/]+$/.test(file) ? `"wharf profile allow ${brief(id, 80)}" in that folder, or ` : ''
      }"wharf profile allow ${typed(file)}", or use "Wharf: Allow Profile" in VS Code.`,
    ),
  unknownServer: (place: Place, name: string, catalogue: string, known: readonly string[]) =>
    problem(
      'WHARF_SERVER_UNKNOWN',
      `The catalogue ${brief(catalogue, 80)} has no server "${brief(name, 60)}".`,
      known.length === 0 ? 'Name an image instead.' : `It has: ${known.join(', ')}.`,
      { place },
    ),
  networkNotSupported: (place: Place, mode: string) =>
    problem(
      'WHARF_NETWORK_UNSUPPORTED',
      `The network mode "${brief(mode, 40)}" cannot be enforced by this version, so the server is not started.`,
      'Set wharf.network to "none" or "open".',
      { place },
    ),

  // Docker
  dockerUnreachable: (endpoint: string, detail: string) =>
    problem('WHARF_DOCKER_UNREACHABLE', `Docker does not answer at ${endpoint}.`, 'Start Docker, or set DOCKER_HOST to where it listens.', {
      detail: brief(detail),
    }),
  dockerFailed: (doing: string, detail: string) =>
    problem('WHARF_DOCKER_FAILED', `Docker refused to ${doing}.`, 'Read the detail; "docker info" shows the state of the engine.', {
      detail: brief(detail, 600),
    }),
  imageMissing: (image: string, server: string) =>
    problem(
      'WHARF_IMAGE_MISSING',
      `The image ${image} of the server "${server}" is not on this Docker engine.`,
      `Run "docker pull ${image}", or build it, and try again.`,
    ),

  // Servers
  serverExited: (server: string, code: number | null, detail: string) =>
    problem(
      'WHARF_SERVER_EXITED',
      `The server "${server}" ended ${code === null ? 'by a signal' : `with exit code ${code}`} before it answered.`,
      'Read its last output below; a missing argument or variable is the usual cause.',
      { detail },
    ),
  serverJunk: (server: string, sample: string) =>
    problem(
      'WHARF_SERVER_NOT_MCP',
      `The server "${server}" wrote text that is not MCP and never answered "initialize".`,
      'Check that the image starts an MCP server on stdio, and not a shell or a web server.',
      { detail: brief(sample, 400) },
    ),
  serverTimeout: (server: string, doing: string, ms: number) =>
    problem(
      'WHARF_SERVER_TIMEOUT',
      `The server "${server}" did not answer "${doing}" within ${Math.round(ms / 1000)} s.`,
      'Try it by hand, or give it more time with wharf.startTimeout.',
    ),
  serverGone: (server: string) =>
    problem(
      'WHARF_SERVER_GONE',
      `The server "${server}" stopped while the call ran, and the call may or may not have had an effect.`,
      'Check its effect, then call again; the server is started anew.',
    ),
  serverRefused: (server: string, doing: string, detail: string) =>
    problem(
      'WHARF_SERVER_REFUSED',
      `The server "${server}" answered "${doing}" with an error.`,
      'Read the detail; the server itself says what it misses.',
      { detail: brief(detail, 600) },
    ),
  toolUnknown: (tool: string) =>
    problem(
      'WHARF_TOOL_UNKNOWN',
      `No server of this profile offers the tool "${brief(tool, 128)}".`,
      'Run "wharf tools ls --profile ID" to see the tools.',
    ),

  // Daemon
  daemonUnreachable: (socket: string, detail: string) =>
    problem(
      'WHARF_DAEMON_UNREACHABLE',
      `The Wharf daemon does not answer at ${socket}.`,
      'Run "wharf daemon status"; the log is in the data folder.',
      { detail: brief(detail, 600) },
    ),
  daemonProtocol: (theirs: string, ours: string) =>
    problem(
      'WHARF_DAEMON_VERSION',
      `The running daemon speaks another protocol (${brief(theirs, 40)}) than this program (${ours}).`,
      'Run "wharf daemon stop" and try again.',
    ),
  callUnknown: (id: string) =>
    problem('WHARF_CALL_UNKNOWN', `There is no call "${brief(id, 60)}".`, 'It may have been dropped: only the newest calls are kept.'),

  // Files
  configSyntax: (place: Place, detail: string) =>
    problem(
      'WHARF_CONFIG_SYNTAX',
      `The file is not valid TOML: ${brief(detail)}.`,
      'Correct the line first; Wharf never writes to a file that it cannot read.',
      { place },
    ),
  configUnwritable: (place: Place, detail: string) =>
    problem('WHARF_CONFIG_SHAPE', `The file cannot take the entry: ${brief(detail)}.`, 'Change that table by hand; nothing was written.', {
      place,
    }),
  fileChanged: (file: string) =>
    problem(
      'WHARF_FILE_CHANGED',
      `The file ${file} changed on disk since it was read, so nothing was written.`,
      'Look at the change and try again.',
    ),
  linkLeavesProject: (file: string, target: string) =>
    problem(
      'WHARF_LINK_LEAVES_PROJECT',
      `The file ${file} leads through a link out of the project, to ${target}, so it was neither read nor written.`,
      'Remove the link, or use --global for your own configuration.',
    ),
  fileUnreadable: (file: string, detail: string) =>
    problem('WHARF_FILE_UNREADABLE', `The file ${file} cannot be read.`, 'Check that it is a UTF-8 text file and that you may read it.', {
      detail: brief(detail),
    }),
  fileUnwritable: (file: string, detail: string) =>
    problem(
      'WHARF_FILE_UNWRITABLE',
      `The file ${file} cannot be written; the old content is untouched.`,
      'Check the permissions and the free space.',
      { detail: brief(detail) },
    ),
  folderUnsafe: (folder: string, detail: string) =>
    problem(
      'WHARF_FOLDER_UNSAFE',
      `The folder ${folder} cannot hold Wharf's own files: ${brief(detail)}.`,
      'Remove it, or set WHARF_HOME to a folder that only you can write.',
    ),
} as const;
