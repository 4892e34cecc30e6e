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

// The runtime
export const nodeTooOld = (found: string) =>
  problem(
    'WHARF_NODE_VERSION',
    `Wharf needs Node 22.13 or newer and found ${found}.`,
    'Install a newer Node, or start Wharf through VS Code.',
  );
export const sqliteMissing = (detail: string) =>
  problem('WHARF_NODE_SQLITE', 'This Node has no usable node:sqlite with FTS5.', 'Install an official build of Node 22.13 or newer.', {
    detail,
  });
/** `command` is the one whose help says what is understood. */
export const badArgument = (detail: string, command: 'wharf' | 'wharf gateway run' = 'wharf') =>
  problem('WHARF_USAGE', brief(detail), `Run "${command} --help" to see what is understood.`);

// Profiles
/** `meant` is a profile that there is, with almost this id. */
export const profileNotFound = (id: string, looked: readonly string[], meant?: string) =>
  problem(
    'WHARF_PROFILE_NOT_FOUND',
    `There is no profile "${brief(id, 60)}".`,
    /[\\/]|\.ya?ml$/.test(id)
      ? 'A profile is named by its id, such as dev for dev.yaml; for the file itself use --profile-file, or correct its path.'
      : `${meant === undefined ? '' : `Did you mean "${meant}"? `}"wharf profile list" shows those that there are; a new one is one of these files: ${looked.join(', ')}.`,
  );
export const profileSyntax = (place: Place, detail: string) =>
  problem(
    'WHARF_PROFILE_SYNTAX',
    `The profile is not valid YAML: ${brief(detail)}.`,
    'Correct the line; nothing was started and no file was changed.',
    { place },
  );
export const profileShape = (place: Place, detail: string) =>
  problem(
    'WHARF_PROFILE_SHAPE',
    `The profile cannot be used: ${brief(detail)}.`,
    'Correct the entry; nothing was started and no file was changed.',
    { place },
  );
/** A file in `.codex/profiles` has an id for the command, unless a user's profile hides it; its path always does. */
export const profileNotAllowed = (file: string, id: string) =>
  problem(
    'WHARF_PROFILE_NOT_ALLOWED',
    `The profile ${file} came with the project and you have not allowed this content yet, so none of its tools are offered.`,
    `Read the file, then run ${
      /[\\/]\.codex[\\/]profiles[\\/][^\\/]+$/.test(file) ? `"wharf profile allow ${brief(id, 80)}" in that folder, or ` : ''
    }"wharf profile allow ${typed(file)}", or use "Wharf: Allow Profile" in VS Code.`,
  );
/** `list`: what of one server is asked for and not there; `known` is what is. */
export const toolNotOffered = (list: string, missing: string, server: string | null, known: readonly string[] = [], meant?: string) =>
  problem(
    'WHARF_TOOL_NOT_OFFERED',
    `${server === null ? 'No server of this profile has the' : `The server "${brief(server, 60)}" has no`} tool "${brief(missing, 128)}", which ${list} names.`,
    `${meant === undefined ? '' : `Did you mean "${brief(meant, 128)}"? `}${offers(known)}`,
  );
function offers(known: readonly string[]): string {
  const shown = known.slice(0, 12).map((name) => brief(name, 128));
  const more = known.length - shown.length;
  return known.length === 0 ? 'There is no tool at all.' : `There are: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
}
/** `grants` are the lines that say what would be allowed. */
export const consentNeeded = (file: string, argument: string, grants: string) =>
  problem(
    'WHARF_CONSENT_NEEDED',
    `Nobody can be asked here, so the profile ${file} was not allowed.`,
    `Read what it starts below, then run "wharf profile allow ${typed(argument)} --yes".`,
    { detail: grants },
  );
export const unknownServer = (place: Place, name: string, catalogue: string, known: readonly string[]) =>
  problem(
    'WHARF_SERVER_UNKNOWN',
    `The catalogue ${brief(catalogue, 80)} has no server "${brief(name, 60)}".`,
    known.length === 0 ? 'Name an image instead.' : `It has: ${known.join(', ')}.`,
    { place },
  );
export const networkNotSupported = (place: Place, mode: string) =>
  problem(
    'WHARF_NETWORK_UNSUPPORTED',
    `The network mode "${brief(mode, 40)}" cannot be enforced by this version, so the server is not started.`,
    'Set wharf.network to "none" or "open".',
    { place },
  );

// Docker
export const dockerUnreachable = (endpoint: string, detail: string) =>
  problem('WHARF_DOCKER_UNREACHABLE', `Docker does not answer at ${endpoint}.`, 'Start Docker, or set DOCKER_HOST to where it listens.', {
    detail: brief(detail),
  });
export const dockerFailed = (doing: string, detail: string) =>
  problem('WHARF_DOCKER_FAILED', `Docker refused to ${doing}.`, 'Read the detail; "docker info" shows the state of the engine.', {
    detail: brief(detail, 600),
  });
const afterVainPull = 'Read the detail; a private image needs "docker login", and one that you built needs its tag on this engine.';
/** `server` is null where none is meant. `detail` says why it could not be downloaded, where that was tried. */
export const imageMissing = (image: string, server: string | null, detail = '') =>
  problem(
    'WHARF_IMAGE_MISSING',
    `The image ${image}${server === null ? '' : ` of the server "${server}"`} is not on this Docker engine${detail === '' ? '' : ' and could not be downloaded'}.`,
    detail === '' ? `Run "docker pull ${image}", or build it, and try again.` : afterVainPull,
    detail === '' ? {} : { detail: brief(detail, 400) },
  );
export const pullFailed = (image: string, detail: string) =>
  problem('WHARF_PULL_FAILED', `The image ${image} could not be downloaded.`, afterVainPull, { detail: brief(detail, 600) });

// Servers
export const serverExited = (server: string, code: number | null, detail: string) =>
  problem(
    'WHARF_SERVER_EXITED',
    `The server "${server}" ended ${code === null ? 'by a signal' : `with exit code ${code}`} before it answered.`,
    'Read its last output below; a missing argument or variable is the usual cause.',
    { detail },
  );
export const commandNotStarted = (server: string, command: string, detail: string) =>
  problem(
    'WHARF_COMMAND_FAILED',
    `The command "${brief(command, 120)}" of the server "${server}" cannot be started.`,
    'Give its absolute path in the profile, and check that you may run it.',
    { detail: brief(detail, 400) },
  );
export const folderOfServerMissing = (server: string, cwd: string) =>
  problem(
    'WHARF_COMMAND_FOLDER',
    `The folder ${brief(cwd, 200)} of the server "${server}" does not exist.`,
    'Correct its "cwd" in the profile.',
  );
export const remoteFailed = (server: string, detail: string) =>
  problem(
    'WHARF_REMOTE_FAILED',
    `The remote server "${server}" cannot be used.`,
    'Read the detail; check its address in the profile, and whether it wants a token.',
    { detail: brief(detail, 600) },
  );
export const serverJunk = (server: string, sample: string) =>
  problem(
    'WHARF_SERVER_NOT_MCP',
    `The server "${server}" wrote text that is not MCP and never answered "initialize".`,
    'Check that its image or command starts an MCP server on stdio, and not a shell or a web server.',
    { detail: brief(sample, 400) },
  );
export const serverTimeout = (server: string, doing: string, ms: number) =>
  problem(
    'WHARF_SERVER_TIMEOUT',
    `The server "${server}" did not answer "${doing}" within ${Math.round(ms / 1000)} s.`,
    'Try it by hand, or give it more time with wharf.startTimeout.',
  );
export const serverGone = (server: string) =>
  problem(
    'WHARF_SERVER_GONE',
    `The server "${server}" stopped while the call ran, and the call may or may not have had an effect.`,
    'Check its effect, then call again; the server is started anew.',
  );
export const serverRefused = (server: string, doing: string, detail: string) =>
  problem(
    'WHARF_SERVER_REFUSED',
    `The server "${server}" answered "${doing}" with an error.`,
    'Read the detail; the server itself says what it misses.',
    { detail: brief(detail, 600) },
  );
export const internal = (what: string) =>
  problem(
    'WHARF_INTERNAL',
    `Wharf failed inside at "${brief(what, 80)}".`,
    "This is a bug: the daemon's log has the details, please report it.",
  );
export const serverCrashing = (server: string, pauseMs: number) =>
  problem(
    'WHARF_SERVER_CRASHING',
    `The server "${server}" ended several times within a minute, so it is left alone for ${Math.ceil(pauseMs / 1000)} s.`,
    'Read its last output in "wharf daemon status" or the log, and mend its entry.',
  );
export const serversBusy = (server: string, waiting: number) =>
  problem(
    'WHARF_SERVERS_BUSY',
    `As many servers run as may run, ${waiting} more wait, and the server "${server}" found no place in time.`,
    'End threads that you do not need, or raise --max-instances or wharf.maxInstances.',
  );
export const serverFlooded = (server: string) =>
  problem(
    'WHARF_SERVER_FLOODED',
    `The server "${server}" does not read what it is sent, so the call was not passed on.`,
    'Call again when it has worked off its other calls.',
  );
export const callTimeout = (server: string, ms: number) =>
  problem(
    'WHARF_CALL_TIMEOUT',
    `The server "${server}" gave neither an answer nor a sign of progress for ${Math.round(ms / 1000)} s; the call was cancelled.`,
    'Check its effect, then call again; wharf.callTimeout gives it more time.',
  );
export const promptUnknown = (name: string) =>
  problem('WHARF_PROMPT_UNKNOWN', `No server of this profile offers the prompt "${brief(name, 128)}".`, 'List the prompts again.');
export const resourceUnknown = (uri: string) =>
  problem('WHARF_RESOURCE_UNKNOWN', `No server of this profile offers the resource "${brief(uri, 200)}".`, 'List the resources again.');
export const toolUnknown = (tool: string) =>
  problem(
    'WHARF_TOOL_UNKNOWN',
    `No server of this profile offers the tool "${brief(tool, 128)}".`,
    'Run "wharf tools ls --profile ID" to see the tools.',
  );

export const interceptorFailed = (interceptor: string, reason: string, lastWords: string) =>
  problem(
    'WHARF_INTERCEPTOR_FAILED',
    `The interceptor "${brief(interceptor, 80)}" failed: ${brief(reason, 300).replace(/\.$/, '')}.`,
    'Run it by hand with a call as its input, or take its --interceptor out.',
    { detail: brief(lastWords.slice(-400), 400) },
  );

export const httpUnavailable = (host: string, port: number, detail: string) =>
  problem(
    'WHARF_HTTP_UNAVAILABLE',
    `The gateway cannot listen on ${brief(host, 80)}, port ${port}.`,
    'Choose another --port or --host, or end the program that uses it.',
    { detail: brief(detail) },
  );

// Daemon
export const daemonUnreachable = (socket: string, detail: string) =>
  problem(
    'WHARF_DAEMON_UNREACHABLE',
    `The Wharf daemon does not answer at ${socket}.`,
    'Run "wharf daemon status"; the log is in the data folder.',
    { detail: brief(detail, 600) },
  );
export const daemonProtocol = (theirs: string, ours: string) =>
  problem(
    'WHARF_DAEMON_VERSION',
    `The running daemon speaks another protocol (${brief(theirs, 40)}) than this program (${ours}).`,
    'Run "wharf daemon stop" and try again.',
  );
export const daemonLost = () =>
  problem(
    'WHARF_DAEMON_LOST',
    'The Wharf daemon ended while this request ran, so it may or may not have been carried out.',
    'Check its effect where that matters and send it again: Wharf reconnects by itself.',
  );
export const daemonAway = () =>
  problem(
    'WHARF_DAEMON_AWAY',
    'Too many requests wait for the Wharf daemon to come back, so this one was not sent.',
    'Send it again in a moment; "wharf daemon status" tells whether the daemon runs.',
  );
export const callUnknown = (id: string) =>
  problem('WHARF_CALL_UNKNOWN', `There is no call "${brief(id, 60)}".`, 'It may have been dropped: only the newest calls are kept.');

// Secrets

// Isolation
/** `what` goes on after "which would". */
export const ownImageMissing = (image: string, what: string) =>
  problem(
    'WHARF_OWN_IMAGE_MISSING',
    `Wharf's own image ${image}, which would ${what}, is not on this Docker engine.`,
    'Run "npm run image" in a checkout of Wharf with that engine as DOCKER_HOST, or name another tag in WHARF_IMAGE.',
  );

/** `failure` is the sentence of what failed, `setting` what would be written, and `why` says it in a sentence. `profile` may be an id or a path. */
export const serverNeedsMore = (failure: string, server: string, profile: string, setting = '', why = '') =>
  problem(
    'WHARF_SERVER_NEEDS',
    `${brief(failure, 300)} ${why}`.trim(),
    `If you want that, run "wharf profile relax ${typed(profile)} ${typed(server)}", which asks and then writes "${brief(setting, 160)}" into the profile.`,
  );
export const toolFailed = (tool: string, detail: string) =>
  problem('WHARF_TOOL_FAILED', `The tool "${brief(tool, 128)}" says that it failed.`, 'Read its own words below.', {
    detail: detail.slice(0, 8_000),
  });
export const browserSandbox = (server: string) =>
  problem(
    'WHARF_BROWSER_SANDBOX',
    `The browser of the server "${server}" cannot build a sandbox of its own inside its container, which holds it already.`,
    'Give the server its own option against that, such as --no-sandbox, in its command; a container that allowed it would be a weaker wall.',
  );
/** `proposal` is the lines that say what would be written. */
export const relaxationConsent = (server: string, profile: string, proposal: string) =>
  problem(
    'WHARF_RELAXATION_CONSENT',
    `Nobody can be asked here, so nothing was written for the server "${server}".`,
    `Read what it needs below, then run "wharf profile relax ${typed(profile)} ${typed(server)} --yes".`,
    { detail: proposal },
  );
export const serverNotInProfile = (server: string, known: readonly string[], file: string) =>
  problem(
    'WHARF_SERVER_NOT_IN_PROFILE',
    `The profile ${brief(file)} has no server "${brief(server, 60)}".`,
    known.length === 0 ? 'It has no server at all.' : `It has: ${known.slice(0, 12).join(', ')}.`,
  );
/** `line` is what a person may write instead. */
export const profileNotEdited = (file: string, server: string, line: string) =>
  problem(
    'WHARF_PROFILE_NOT_EDITED',
    `The entry of "${brief(server, 60)}" in ${brief(file)} has a form that cannot be changed without touching more, so nothing was written.`,
    `Write this into it by hand: ${brief(line, 300)}`,
  );
export const mountRefused = (server: string, source: string, why: string) =>
  problem(
    'WHARF_MOUNT_REFUSED',
    `${brief(source)} is not mounted into the server "${server}": ${brief(why, 300)}.`,
    'Name a folder that holds only what the server needs in "mounts" of its profile entry; the server was not started.',
  );
export const mountElsewhere = (server: string) =>
  problem(
    'WHARF_MOUNT_ELSEWHERE',
    `The server "${server}" has mounts, and its Docker engine runs on another computer, whose files they would be.`,
    'Use an engine on this computer for it, or take "mounts" out of its profile entry.',
  );

// Network

// Provenance

// Output scan

// OAuth

// The HTTP endpoint

// The gateway as a service
export const serviceUnavailable = (reason: string, detail = '') =>
  problem(
    'WHARF_SERVICE_UNAVAILABLE',
    `Nothing here can start the gateway for HTTP: ${reason}.`,
    'Use --launcher wharf: then Codex starts the gateway by itself.',
    { detail: brief(detail, 600) },
  );
export const serviceFailed = (what: string, statusCommand: string, detail: string) =>
  problem(
    'WHARF_SERVICE_FAILED',
    `The service that runs the gateway is not as it should be: ${brief(what)} failed.`,
    `Run "${statusCommand}", or use --launcher wharf.`,
    { detail: brief(detail, 600) },
  );
export const servicePort = (port: number, reason: string, next: string) =>
  problem('WHARF_SERVICE_PORT', `The port ${port} cannot be the gateway's: ${brief(reason)}.`, next);

// Files
export const configSyntax = (place: Place, detail: string) =>
  problem(
    'WHARF_CONFIG_SYNTAX',
    `The file is not valid TOML: ${brief(detail)}.`,
    'Correct the line first; Wharf never writes to a file that it cannot read.',
    { place },
  );
export const configUnwritable = (place: Place, detail: string) =>
  problem('WHARF_CONFIG_SHAPE', `The file cannot take the entry: ${brief(detail)}.`, 'Change that table by hand; nothing was written.', {
    place,
  });
export const fileChanged = (file: string) =>
  problem(
    'WHARF_FILE_CHANGED',
    `The file ${file} changed on disk since it was read, so nothing was written.`,
    'Look at the change and try again.',
  );
export const linkLeavesProject = (file: string, target: string) =>
  problem(
    'WHARF_LINK_LEAVES_PROJECT',
    `The file ${file} leads through a link out of the project, to ${target}, so it was neither read nor written.`,
    'Remove the link, or use --global for your own configuration.',
  );
export const fileUnreadable = (file: string, detail: string) =>
  problem('WHARF_FILE_UNREADABLE', `The file ${file} cannot be read.`, 'Check that it is a UTF-8 text file and that you may read it.', {
    detail: brief(detail),
  });
export const fileUnwritable = (file: string, detail: string) =>
  problem(
    'WHARF_FILE_UNWRITABLE',
    `The file ${file} cannot be written; the old content is untouched.`,
    'Check the permissions and the free space.',
    { detail: brief(detail) },
  );
export const folderUnsafe = (folder: string, detail: string) =>
  problem(
    'WHARF_FOLDER_UNSAFE',
    `The folder ${folder} cannot hold Wharf's own files: ${brief(detail)}.`,
    'Remove it, or set WHARF_HOME to a folder that only you can write.',
  );
export const folderUnmakeable = (folder: string, detail: string) =>
  problem('WHARF_FOLDER_MISSING', `The folder ${folder} cannot be made.`, 'Set HOME, or WHARF_HOME, to a folder that you can write.', {
    detail: brief(detail),
  });
