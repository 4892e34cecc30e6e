import { describeProblem, type Place, type Problem } from '../shared/problem.ts';
import { visibleText } from '../shared/visibleText.ts';
import { settingWords, type MissingKey } from './profile/missingKey.ts';

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
export const badArgument = (detail: string, command = 'wharf') =>
  problem('WHARF_USAGE', brief(detail), `Run "${command} --help" to see what is understood.`);

// Profiles
/** A lean entry of a profile needs a catalogue that this computer does not have. */
export const catalogueMissing = (place: Place, server: string, reference: string) =>
  problem(
    'WHARF_CATALOG_MISSING',
    `The server "${brief(server, 80)}" is taken from the catalogue ${brief(reference)}, which is not on this computer.`,
    `Run "wharf catalog pull ${typed(brief(reference))}"; until then nothing of this profile is served.`,
    { place },
  );
export const catalogueLacks = (place: Place, server: string, reference: string) =>
  problem(
    'WHARF_CATALOG_ENTRY',
    `The catalogue ${brief(reference)} has no server "${brief(server, 80)}".`,
    `Take one that "wharf catalog server ls ${typed(brief(reference))}" lists, or renew the catalogue with "wharf catalog pull".`,
    { place },
  );
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
    `The profile cannot be used: ${brief(detail, 400)}.`,
    'Correct the entry; nothing was started and no file was changed.',
    { place },
  );
/**
 * A file in `.codex/profiles` has an id for the command, unless a user's profile hides it; its path always does. `isPulled`: it came
 * from a registry, and with no project.
 */
/** `isOwn`: it is the user's own, whose catalogues say more than they did. */
export const profileNotAllowed = (file: string, id: string, isPulled = false, isOwn = false) =>
  problem(
    'WHARF_PROFILE_NOT_ALLOWED',
    isOwn && !isPulled
      ? `A catalogue now gives a server of your profile ${file} more than before, so none of its tools are offered.`
      : `The profile ${file} came ${isPulled ? 'from a registry' : 'with the project'} and you have not allowed this content yet, so none of its tools are offered.`,
    isOwn && !isPulled
      ? `Run "wharf profile allow ${typed(brief(id, 80))}", which shows what changed and asks, or use "Wharf: Allow Profile" in VS Code.`
      : `Read the file, then run ${
          /[\\/]\.codex[\\/]profiles[\\/][^\\/]+$/.test(file) ? `"wharf profile allow ${brief(id, 80)}" in that folder, or ` : ''
        }"wharf profile allow ${typed(isPulled ? id : file)}", or use "Wharf: Allow Profile" in VS Code.`,
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

// Docker
export const dockerUnreachable = (endpoint: string, detail: string) =>
  problem(
    'WHARF_DOCKER_UNREACHABLE',
    /EACCES|permission denied/i.test(detail)
      ? `Docker listens at ${endpoint}, and you may not speak to it.`
      : `Docker does not answer at ${endpoint}.`,
    /EACCES|permission denied/i.test(detail)
      ? 'Become a member of the group that owns the socket ("sudo usermod -aG docker $USER", then log in anew), or use a rootless engine.'
      : 'Start Docker, or set DOCKER_HOST to where it listens.',
    { detail: brief(detail) },
  );
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
export const serverGone = (server: string, why?: string) =>
  problem(
    'WHARF_SERVER_GONE',
    `The server "${server}" stopped while the call ran, and the call may or may not have had an effect.${why === undefined ? '' : ` ${why}`}`,
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
export const subscriptionsFull = () =>
  problem('WHARF_SUBSCRIPTIONS_FULL', 'This client follows as many resources as one client may.', 'Unsubscribe from some of them first.');
/** `profile` is its id; null where that says nothing to whoever reads. `failures` are those of servers that could have it. */
export const toolUnknown = (tool: string, profile: string | null = null, failures: readonly Problem[] = []) =>
  failures.length === 0
    ? problem(
        'WHARF_TOOL_UNKNOWN',
        `No server of this profile offers the tool "${brief(tool, 128)}".`,
        profile === null ? 'List the tools again.' : `Run "wharf tools ls --profile ${typed(profile)}" to see the tools.`,
      )
    : problem(
        'WHARF_TOOL_UNKNOWN',
        `No server of this profile that could be asked offers the tool "${brief(tool, 128)}".`,
        'It may be of a server that did not start: mend that, then call again.',
        { detail: failures.map(describeProblem).join('\n') },
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

// Journal
export const journalNewer = (path: string, version: number) =>
  problem(
    'WHARF_JOURNAL_NEWER',
    `A newer Wharf wrote the journal ${path} (version ${version}); it is left as it is, and calls are kept in memory alone.`,
    'Update Wharf, or move the file away.',
  );
/** The file lies at `aside` now. */
export const journalDamaged = (path: string, aside: string, detail: string) =>
  problem(
    'WHARF_JOURNAL_DAMAGED',
    `The journal ${path} could not be read any more; it was moved to ${aside}, and a new one was begun.`,
    'Calls go on. Look at the disk when it happens again; the file aside may be deleted.',
    { detail: brief(detail) },
  );
export const journalUnwritable = (path: string, detail: string) =>
  problem(
    'WHARF_JOURNAL_UNWRITABLE',
    `The journal ${path} cannot be written: ${brief(detail)}. Calls go on, and are kept in memory alone.`,
    'Make room on the disk, or mend the permissions of the folder; it is tried again by itself.',
  );
/** Its thread ended. */
export const journalEnded = (path: string, detail: string) =>
  problem(
    'WHARF_JOURNAL_ENDED',
    `What writes the journal ${path} ended; calls go on, and are kept in memory alone until the gateway starts anew.`,
    'Report the detail below; "wharf daemon stop" lets the next client start a new daemon.',
    { detail: brief(detail, 600) },
  );
export const journalBehind = (path: string) =>
  problem(
    'WHARF_JOURNAL_BEHIND',
    `More calls came than the disk could take: some are missing in the journal ${path}.`,
    'The calls themselves went on. "wharf daemon status" counts those that are missing.',
  );

// Secrets
/** `why` and `next` are a sentence each: why the secret could not be had, and what helps. */
export const secretForServer = (server: string, variable: string, why: string, next = 'Set it with "wharf secret set".') =>
  problem(
    'WHARF_SECRET_FOR_SERVER',
    `The server "${server}" is not started, since it wants a secret for ${brief(variable, 80)}: ${why}`,
    next,
  );
export const secretName = (name: string) =>
  problem(
    'WHARF_SECRET_NAME',
    `A secret cannot have the name "${brief(name, 60)}".`,
    'Use letters, digits and . _ : - with slashes between parts, such as github.token; names that begin with oauth/ are for logins.',
  );
export const secretUnknown = (name: string, others: readonly string[] = []) =>
  problem(
    'WHARF_SECRET_UNKNOWN',
    `The vault has no secret ${[name, ...others].map((one) => `"${brief(one, 60)}"`).join(', ')}.`,
    `Run "wharf secret set ${brief(name, 200)}"; "wharf secret ls" shows those that there are.`,
  );
export const secretRemovalConsent = () =>
  problem(
    'WHARF_SECRET_CONSENT',
    'Nobody can be asked here, so no secret was removed.',
    'Read what "wharf secret ls" lists; "wharf secret rm --all --yes" removes it without asking.',
  );
/** `why` is half a sentence and holds nothing of the value. */
export const secretValue = (name: string, why: string, next = 'Give another value.') =>
  problem('WHARF_SECRET_VALUE', `The value for the secret "${brief(name, 60)}" was not taken: ${why}.`, next);
export const secretReference = (text: string, place?: Place) =>
  problem(
    'WHARF_SECRET_REFERENCE',
    `The text "${brief(text.replace(/^([a-z]+:\/\/)?.*$/s, '$1…'), 40)}" is no reference to a secret that Wharf knows.`,
    'Write secret://NAME, env://NAME, file:///PATH, op://VAULT/ITEM/FIELD or se://NAME.',
    place === undefined ? {} : { place },
  );
/** A reference of a known form whose value cannot be had. `why` is half a sentence. */
export const secretUnreadable = (reference: string, why: string, next: string) =>
  problem('WHARF_SECRET_UNREADABLE', `The secret ${brief(reference)} cannot be had: ${brief(why)}.`, next);
export const secretsFileLine = (place: Place) =>
  problem(
    'WHARF_SECRETS_FILE',
    'This line of the file of secrets is neither NAME=value nor a comment.',
    'Correct the line; nothing was taken from the file.',
    { place },
  );
export const vaultMissing = () =>
  problem(
    'WHARF_VAULT_MISSING',
    'There is no vault yet.',
    'Run "wharf secret set NAME", or "wharf secret init" to choose who keeps its key.',
  );
export const vaultExists = (file: string) =>
  problem(
    'WHARF_VAULT_EXISTS',
    `There is a vault already, at ${file}.`,
    'To have its key kept elsewhere, run "wharf secret rotate" with --passphrase, --key-file, --keyring or --helper.',
  );
/** Nobody `canUnlock` the vault of a gateway that is not the daemon. */
export const vaultLocked = (keptBy: string, canUnlock = true) =>
  problem(
    'WHARF_VAULT_LOCKED',
    `The vault is locked; its key is kept by ${brief(keptBy)}.`,
    canUnlock
      ? 'Run "wharf secret unlock" and try again.'
      : 'This gateway is not the daemon, so "wharf secret unlock" does not reach it: start it with WHARF_VAULT_PASSPHRASE_FILE=FILE, a file for you alone (0600) with the passphrase.',
  );
export const vaultPassphrase = () =>
  problem('WHARF_VAULT_PASSPHRASE', 'The passphrase does not open the vault.', 'Try again; nothing was changed.');
/** The keeper that has the key fails; `why` is half a sentence. */
export const vaultKeeper = (keptBy: string, why: string) =>
  problem(
    'WHARF_VAULT_KEEPER',
    `The key of the vault cannot be had from ${brief(keptBy)}: ${brief(why)}.`,
    'Mend that and try again; no weaker place is used for a vault that there is, and nothing was changed.',
  );
/** `tried` has a line for each keeper. */
export const vaultNoKeeper = (tried: string) =>
  problem(
    'WHARF_VAULT_NO_KEEPER',
    'Nothing here can keep the key of a vault without a person, so none was made.',
    'Run "wharf secret init --passphrase", or "wharf secret init --key-file FILE".',
    { detail: tried },
  );
/** A keeper that the user asked for cannot keep the key; `why` is half a sentence. */
export const vaultKeeperUnusable = (keeper: string, why: string) =>
  problem(
    'WHARF_VAULT_KEEPER_UNUSABLE',
    `The key of the vault cannot be kept by ${brief(keeper)}: ${brief(why)}.`,
    'Mend that, or choose another keeper; nothing was changed.',
  );
/** `entry` is the one that is damaged: a secret, or what is kept of a login. */
export const vaultDamaged = (file: string, why: string, entry?: { readonly name: string; readonly isLogin: boolean }) =>
  problem(
    'WHARF_VAULT_DAMAGED',
    `The vault ${file} cannot be read: ${brief(why)}.`,
    entry === undefined
      ? 'It was left as it is: put a good copy back, or move it away and set the secrets again.'
      : `It was left as it is: put a good copy back, or run "wharf secret rm ${typed(entry.name)}" and ${entry.isLogin ? 'log in again with "wharf oauth authorize"' : 'set it again'}; the others are not touched.`,
  );
export const vaultNewer = (file: string, theirs: number, ours: number) =>
  problem(
    'WHARF_VAULT_NEWER',
    `The vault ${file} has format ${theirs}, and this version of Wharf understands ${ours}.`,
    'Update Wharf; the file was left as it is.',
  );

// Isolation
/** `profile` is the path of a project's profile, or the id of the user's own. */
export const imageNotGranted = (server: string, image: string, profile: string) =>
  problem(
    'WHARF_IMAGE_CHANGED',
    `The image ${brief(image, 120)} of the server "${server}" is another one than the one that you granted something to, so the server is not started.`,
    `If you expected a new image, run "wharf profile allow ${typed(profile)}" to look at it and allow it.`,
  );
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
/** `proposal` is the lines that say what would be written; `call` is what was to be called too. */
export const relaxationConsent = (
  server: string,
  profile: string,
  proposal: string,
  call: { readonly tool: string; readonly args: Readonly<Record<string, unknown>> } | null = null,
) =>
  problem(
    'WHARF_RELAXATION_CONSENT',
    `Nobody can be asked here, so nothing was written for the server "${server}".`,
    `Read what it needs below, then run "wharf profile relax ${typed(profile)} ${typed(server)}${callOptions(call)} --yes".`,
    { detail: proposal },
  );
function callOptions(call: { readonly tool: string; readonly args: Readonly<Record<string, unknown>> } | null): string {
  if (call === null) {
    return '';
  }
  const args = JSON.stringify(call.args);
  return ` --call ${typed(call.tool)}${args === '{}' ? '' : ` --args ${typed(args)}`}`;
}
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
export const configMissing = (server: string, keys: readonly MissingKey[], profile: string) =>
  problem(
    'WHARF_CONFIG_MISSING',
    `The server "${server}" needs a configuration and was not started: ${brief(keys.map(({ key }) => `"${key}"`).join(', '))} ${keys.length === 1 ? 'has' : 'have'} no value.`,
    profile.startsWith('servers:')
      ? 'Servers without a profile take no configuration: make one with "wharf profile create --name NAME --server REF", and set it there.'
      : `Run "wharf profile config ${typed(profile)} ${settingWords(server, keys)}".`,
  );
/** `folder` is where the server's caller works. */
export const workspaceNotTrusted = (server: string, folder: string) =>
  problem(
    'WHARF_WORKSPACE_NOT_TRUSTED',
    `The server "${server}" gets "\${workspace}", and you did not say that you trust ${brief(folder, 200)}; the server was not started.`,
    'Trust the folder in Codex (start "codex" in it and answer its question), or run "wharf profile allow" for a profile of that folder.',
  );
export const mountElsewhere = (server: string) =>
  problem(
    'WHARF_MOUNT_ELSEWHERE',
    `The server "${server}" has mounts, and its Docker engine runs on another computer, whose files they would be.`,
    'Use an engine on this computer for it, or take "mounts" out of its profile entry.',
  );

// Network
export const egressAddress = (host: string) =>
  problem(
    'WHARF_EGRESS_ADDRESS',
    `The host ${brief(host, 80)} is an address, or the container itself, and a server with chosen hosts reaches only others by their names.`,
    'Give the name by which others reach it, or choose "network: open".',
  );
export const egressPattern = (host: string) =>
  problem(
    'WHARF_EGRESS_PATTERN',
    `The pattern ${brief(host, 80)} cannot be enforced: what usually listens on that port is not told by name which host is meant.`,
    'Name each host in full, such as db.example.com:5432.',
  );
export const egressTooMany = (proxies: number, most: number) =>
  problem(
    'WHARF_EGRESS_TOO_MANY',
    `The server wants so many different hosts on one port that it would need ${proxies} proxies; ${most} is the limit.`,
    'Leave out hosts that it does not need, or use a pattern such as *.example.com where it speaks TLS or HTTP.',
  );
export const egressFailed = (server: string, detail: string) =>
  problem(
    'WHARF_EGRESS_FAILED',
    `The proxy that lets "${brief(server, 60)}" reach its hosts did not start, or ended, so the server was not left running without it.`,
    'Read the detail and call the server again; "network: none" and "network: open" need no proxy.',
    { detail: brief(detail, 600) },
  );

/** `learns`: it has `network: learn` already, or one of several has. */
export const nothingLearned = (server: string | null, profile: string, learns: boolean) =>
  problem(
    'WHARF_NOTHING_LEARNED',
    server === null
      ? `No server of the profile ${typed(profile)} ${learns ? 'has reached a host yet' : 'learned a host'} that could be pinned.`
      : `The server "${brief(server, 60)}" ${learns ? 'has reached no host yet' : 'learned no host'} that could be pinned.`,
    `${learns ? 'Let' : 'Give it "network: learn" under "wharf:", let'} Codex use its tools for a while, and try again.`,
  );
/** `lines` say which hosts of which servers. */
export const pinConsent = (profile: string, lines: string) =>
  problem(
    'WHARF_PIN_CONSENT',
    'Nobody can be asked here, so no host was pinned.',
    `Read the list, then run "wharf profile pin ${typed(profile)} --yes".`,
    { detail: lines },
  );

// Provenance
/** `place` is where the policy file is wrong. */
export const policyBroken = (place: Place, detail: string) =>
  problem(
    'WHARF_POLICY_BROKEN',
    `The policy file cannot be used: ${brief(detail, 400)}.`,
    'Correct the line; until then no image is started, as nobody knows what the file would forbid.',
    { place },
  );
export const policyUnreadable = (file: string, detail: string) =>
  problem(
    'WHARF_POLICY_UNREADABLE',
    `The policy file ${file} cannot be read: ${brief(detail)}.`,
    'Let this user read it; until then no image is started, as nobody knows what the file would forbid.',
  );
/** `decidedBy` names the file and the rule. */
export const imageRefused = (image: string, reason: string, decidedBy: string) =>
  problem(
    'WHARF_IMAGE_REFUSED',
    `The image ${brief(image)} is refused: ${brief(reason, 400)}. This was decided by ${brief(decidedBy, 300)}.`,
    'Take an image that the policy allows, or change the policy (docs/policy.md); "wharf image inspect" shows what it asks for.',
  );
/** `reasons`: what was found, and why none of it counts. */
export const imageUnsigned = (image: string, reasons: readonly string[], decidedBy: string) =>
  problem(
    'WHARF_IMAGE_UNSIGNED',
    `The image ${brief(image)} has no signature that counts, which is required by ${brief(decidedBy, 300)}.`,
    'Have the image signed by one of the signers in the policy, or name its signer there; "wharf image inspect" shows the signatures.',
    { detail: reasons.map((reason) => brief(reason, 300)).join('\n') },
  );
export const imageLocalOnly = (image: string, decidedBy: string) =>
  problem(
    'WHARF_IMAGE_LOCAL',
    `The image ${brief(image)} was built or loaded on this engine and is in no registry under this name, so nothing can prove its origin, as required by ${brief(decidedBy, 300)}.`,
    'Push it and have it signed, or leave it out of the rule.',
  );
export const imageReferenceBad = (image: string) =>
  problem(
    'WHARF_IMAGE_REFERENCE',
    `The text "${brief(image)}" is no reference of an image, or its digest is not SHA-256.`,
    'Write it as registry/team/server:1.2 or registry/team/server@sha256:….',
  );
export const imageUnknown = (image: string, host: string) =>
  problem(
    'WHARF_IMAGE_UNKNOWN',
    `The registry ${brief(host, 100)} has no image ${brief(image)}, or does not show it to you.`,
    'Correct the name or the tag; a private image needs "docker login".',
  );
/** Whether nothing answered at all, by the words of Node or the system. */
function isUnreached(detail: string): boolean {
  return /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ENETDOWN|ETIMEDOUT)\b/.test(detail);
}
const checkNetwork =
  'Check the name of the registry, and the network, then try again; a login is asked for only by a registry that answers.';
/** The registry could not be asked; what it would have said is unknown. */
export const registryFailed = (host: string, detail: string) =>
  problem(
    'WHARF_REGISTRY_FAILED',
    `The registry ${brief(host, 100)} could not be asked: ${brief(detail, 400)}.`,
    isUnreached(detail) ? checkNetwork : 'Try again when the registry is reachable; a private image needs "docker login".',
  );

// Profiles in registries
export const artifactReference = (reference: string, detail: string) =>
  problem(
    'WHARF_ARTIFACT_REFERENCE',
    `The reference "${brief(reference)}" ${detail}.`,
    'Write it as registry/team/profile:1.2, such as localhost:5000/team/dev:1.',
  );
export const artifactUnknown = (reference: string, host: string) =>
  problem(
    'WHARF_ARTIFACT_UNKNOWN',
    `The registry ${brief(host, 100)} has no ${brief(reference)}, or does not show it to you.`,
    'Correct the name or the tag; a private one needs "docker login".',
  );
/** `found`: such as `of the type "x"`. */
export const artifactType = (found: string, wanted: string) =>
  problem(
    'WHARF_ARTIFACT_TYPE',
    `What the registry has there is ${brief(found)}, and not a ${brief(wanted)}.`,
    'Correct the reference: an image, for one, is no profile.',
  );
export const pushFailed = (host: string, detail: string) =>
  problem(
    'WHARF_PUSH_FAILED',
    `The registry ${brief(host, 100)} did not take it: ${brief(detail, 400)}.`,
    isUnreached(detail)
      ? checkNetwork
      : 'Log in with "docker login" as somebody who may write there, or try again when the registry is reachable.',
  );
/** `found`: what `literalSecret` says of what would have been written, a sentence. */
export const pulledSecret = (place: Place | undefined, found: string) =>
  problem(
    'WHARF_PULLED_SECRET',
    `What was pulled is not kept. ${found} It is somebody else's, and what your tools do with it would happen in their account.`,
    'Ask whoever pushed the profile to name it as secret://NAME instead.',
    place === undefined ? {} : { place },
  );
export const artifactContent = (reference: string, detail: string) =>
  problem(
    'WHARF_ARTIFACT_CONTENT',
    `The profile ${brief(reference)} cannot be used: ${brief(detail)}.`,
    'Ask whoever pushed it. Nothing was written.',
  );
export const profileTooLarge = (file: string, bytes: number, most: number) =>
  problem(
    'WHARF_PROFILE_TOO_LARGE',
    `The profile ${file} has ${bytes} bytes in the form in which it is pushed, and whoever pulls it takes ${most}.`,
    'Divide it into two profiles, or leave out what the catalogue says of its servers (the "snapshot").',
  );
/** `isPulled`: it came from a registry as well, so that it may be replaced. */
export const profileTaken = (id: string, path: string, isPulled: boolean) =>
  problem(
    'WHARF_PROFILE_TAKEN',
    `There is another profile with the id "${brief(id, 80)}": ${path}.`,
    `Give the pulled one another id with "--id ID"${isPulled ? ', or replace the older one with "--replace"' : ''}.`,
  );

// Output scan
export const literalSecret = (place: Place, title: string) =>
  problem(
    'WHARF_LITERAL_SECRET',
    `The profile holds what looks like a secret: ${brief(title, 80)}.`,
    'Keep it with "wharf secret set NAME" and write secret://NAME in its place; if it was committed, have a new one made.',
    { place },
  );
/** `what` was found at a JSON pointer, in what a server was to get, or in what it said. `tool` is null where it belongs to none. */
export const secretBlocked = (where: LookedAt, tool: string | null, server: string, what = '', pointer = '') =>
  problem(
    'WHARF_SECRET_BLOCKED',
    `${withheld(where, tool, server)}: it holds a secret${describedSecret(what, pointer)}.`,
    'If it is none, name its rule in wharf.allowFindings of the server, or choose wharf.output: redact.',
  );
type LookedAt = 'arguments' | 'result' | 'error' | 'notification' | 'request';
function withheld(where: LookedAt, tool: string | null, server: string): string {
  const name = brief(server, 60);
  switch (where) {
    case 'arguments':
      return tool === null ? `A request to the server "${name}" was not passed on` : `A call of "${brief(tool, 128)}" was not passed on`;
    case 'result':
      return tool === null
        ? `The answer of the server "${name}" was withheld`
        : `The tool "${brief(tool, 128)}" of the server "${name}" has run, and its answer was withheld`;
    case 'error':
      return `An error of the server "${name}" was withheld`;
    default:
      return `A message of the server "${name}" was withheld`;
  }
}
function describedSecret(what: string, pointer: string): string {
  return what === '' ? '' : ` (${brief(what, 80)}${pointer === '' ? '' : ` at ${brief(pointer, 120)}`})`;
}

// The guard of lists
/** Shows what a server lists in full, with what cannot be seen as escapes. `profile` is an id. */
function toolList(profile: string): string {
  return `wharf tools ls --profile ${typed(profile)} --format json`;
}
/** `part` is such as `tool "add"`. */
export const hiddenText = (profile: string, server: string, part: string, what: string) =>
  problem(
    'WHARF_TOOL_HIDDEN_TEXT',
    `The ${brief(part, 160)} of "${brief(server, 60)}" holds text that a person cannot see and a model reads: ${brief(what, 200)}.`,
    `Read it with "${toolList(profile)}"; leave the tool out with "tools" of the profile, or remove the server, when you cannot explain it.`,
  );
export const toolChanged = (profile: string, server: string, tool: string) =>
  problem(
    'WHARF_TOOL_CHANGED',
    `The tool "${brief(tool, 128)}" of "${brief(server, 60)}" is described in another way than before, with the same image or address.`,
    `Read it with "${toolList(profile)}" before a model follows it; the message ends after a week, or with another image.`,
  );
/**
 * `tools` are those of `server`, and `other` is such as `"send" of "mail"`, or `tools of "mail"`. `how`: the same name in a client's
 * eyes, or a description that speaks of the other tool.
 */
export const toolShadowed = (profile: string, tools: readonly string[], server: string, other: string, how?: 'sameName' | 'describes') =>
  problem(
    'WHARF_TOOL_SHADOWED',
    `${toolsOf(tools)} of "${brief(server, 60)}" ${shadowVerb(tools.length === 1, how)} ${brief(other, 200)}.`,
    how === 'sameName'
      ? 'Leave one of the two out with "tools" of the profile, or choose "toolNames: prefix", so that a model cannot take one for the other.'
      : `Read both with "${toolList(profile)}"; remove the server when it has no business with the other one.`,
  );
const mostNamed = 3;
function toolsOf(tools: readonly string[]): string {
  const names = tools.slice(0, mostNamed).map((tool) => `"${brief(tool, 128)}"`);
  const last = tools.length > mostNamed ? `${tools.length - mostNamed} more` : (names.pop() ?? '');
  return names.length === 0 ? `The tool ${last}` : `The tools ${names.join(', ')} and ${last}`;
}
function shadowVerb(isOne: boolean, how: 'sameName' | 'describes' | undefined): string {
  if (how === 'sameName') {
    return isOne ? 'takes the name of' : 'take the names of';
  }
  return isOne ? 'tells a model how to use' : 'tell a model how to use';
}

// The lock
/** What shows, and what accepts, how servers differ from a lock. `profile` is an id or a path, as a command takes it. */
function lockSteps(profile: string): string {
  return `See what changed with "wharf profile diff ${typed(profile)}"; "wharf profile lock ${typed(profile)}" accepts it when you agree.`;
}
export const lockBroken = (place: Place, detail: string) =>
  problem(
    'WHARF_LOCK_BROKEN',
    `The lock cannot be used: ${brief(detail, 400)}.`,
    'Take the file from your version control again, or remove it and run "wharf profile lock"; until then the profile is not served.',
    { place },
  );
export const lockConsent = (profile: string) =>
  problem(
    'WHARF_LOCK_CONSENT',
    'Nobody can be asked here, so nothing of what differs from the lock was accepted.',
    `Read what differs above, then run "wharf profile lock ${typed(profile)} --yes".`,
  );
export const lockMissing = (profile: string, file: string) =>
  problem(
    'WHARF_LOCK_MISSING',
    `The profile "${brief(profile, 80)}" has no lock: there is no ${file}.`,
    `Run "wharf profile lock ${typed(profile)}", and commit the file with the profile.`,
  );
/** `what` is such as `description and input schema`; null for a tool that was not there. */
export const lockTool = (profile: string, server: string, tool: string, what: string | null) =>
  problem(
    'WHARF_LOCK_TOOL',
    `The tool "${brief(tool, 128)}" of "${brief(server, 60)}" is not served: ${
      what === null ? 'it is not in the lock' : `its ${what} changed since the lock`
    }.`,
    lockSteps(profile),
  );
export const lockToolGone = (profile: string, server: string, tool: string) =>
  problem(
    'WHARF_LOCK_TOOL_GONE',
    `The tool "${brief(tool, 128)}" of "${brief(server, 60)}" is in the lock, and the server has it no more.`,
    lockSteps(profile),
  );
export const lockInstructions = (profile: string, server: string) =>
  problem(
    'WHARF_LOCK_INSTRUCTIONS',
    `What "${brief(server, 60)}" tells a model of how to use it changed since the lock, and is not passed on.`,
    lockSteps(profile),
  );
/** `why` ends the sentence. */
export const lockImage = (profile: string, server: string, why: string) =>
  problem('WHARF_LOCK_IMAGE', `The server "${brief(server, 60)}" is not started: ${brief(why, 300)}.`, lockSteps(profile));
export const lockServer = (profile: string, server: string) =>
  problem(
    'WHARF_LOCK_SERVER',
    `The server "${brief(server, 60)}" is not in the lock, and none of its tools are served.`,
    lockSteps(profile),
  );
export const lockServerGone = (profile: string, server: string) =>
  problem(
    'WHARF_LOCK_SERVER_GONE',
    `The server "${brief(server, 60)}" is in the lock, and the profile has it no more.`,
    lockSteps(profile),
  );
/** With `--frozen`. `first` is one of the ways in which it differs. */
export const lockFrozen = (profile: string, server: string, first: Problem) =>
  problem(
    'WHARF_LOCK_FROZEN',
    `The server "${brief(server, 60)}" is not what the lock says, and "--frozen" serves nothing else.`,
    lockSteps(profile),
    { detail: `${first.message} (${first.code})` },
  );
/** `server` could not be asked, and stays as it was in the lock. */
export const lockUnknown = (profile: string, server: string, why: Problem | undefined) =>
  problem(
    'WHARF_LOCK_UNKNOWN',
    `It is not known what "${brief(server, 60)}" offers now, so that it can be neither locked nor compared.`,
    `Correct what keeps it from starting, then run the command again for "${brief(profile, 80)}".`,
    why === undefined ? {} : { detail: describeProblem(why) },
  );

// OAuth
/** `profile` is its id; null where the server belongs to none. */
export const loginNeeded = (server: string, profile: string | null, reason = '') =>
  problem(
    'WHARF_LOGIN_NEEDED',
    `The remote server "${brief(server, 80)}" wants you to log in${reason === '' ? '' : `: ${brief(reason)}`}.`,
    `Run "wharf oauth authorize ${brief(server, 80)}${profile === null ? '' : ` --profile ${brief(profile, 80)}`}", or use "Wharf: Sign In to Server" in VS Code.`,
  );
export const loginScopes = (server: string, scopes: readonly string[], profile: string | null) =>
  problem(
    'WHARF_LOGIN_SCOPES',
    `The remote server "${brief(server, 80)}" wants a login that allows more${scopes.length === 0 ? '' : `: ${brief(scopes.join(' '))}`}.`,
    `Run "wharf oauth authorize ${brief(server, 80)}${profile === null ? '' : ` --profile ${brief(profile, 80)}`}" to log in again with that, or leave this call.`,
  );
export const loginFailed = (server: string, reason: string) =>
  problem(
    'WHARF_LOGIN_FAILED',
    `The login at the remote server "${brief(server, 80)}" failed: ${brief(reason, 400).replace(/\.$/, '')}.`,
    'Try again; where the server is set up wrongly, tell whoever runs it.',
  );
export const loginNotOffered = (server: string) =>
  problem(
    'WHARF_LOGIN_NOT_OFFERED',
    `The remote server "${brief(server, 80)}" asks for no login.`,
    'Use it as it is; a token of its own goes into the headers of its profile entry.',
  );
export const loginClientNeeded = (server: string, issuer: string) =>
  problem(
    'WHARF_LOGIN_CLIENT_NEEDED',
    `The authorization server ${brief(issuer)} of "${brief(server, 80)}" lets no program register by itself.`,
    'Register one there by hand with the redirect address http://127.0.0.1/callback, and give its id with --client-id.',
  );
export const loginNotRefreshed = (server: string, reason: string) =>
  problem(
    'WHARF_LOGIN_NOT_REFRESHED',
    `The login at the remote server "${brief(server, 80)}" could not be renewed: ${brief(reason, 400).replace(/\.$/, '')}.`,
    'Try again in a moment: the login itself is kept.',
  );
export const loginNotRevoked = (server: string, issuer: string, reason: string) =>
  problem(
    'WHARF_LOGIN_NOT_REVOKED',
    `The login at ${brief(server)} is forgotten here, but ${brief(issuer)} did not end it: ${brief(reason, 400).replace(/\.$/, '')}.`,
    'End it in the settings of your account there.',
  );
export const loginUnknown = (server: string) =>
  problem('WHARF_LOGIN_UNKNOWN', `There is no login at "${brief(server)}".`, 'Run "wharf oauth ls" to see the logins.');
export const loginServerUnknown = (server: string, known: readonly string[]) =>
  problem(
    'WHARF_LOGIN_SERVER',
    `There is no remote server "${brief(server, 80)}" in the profiles of this folder.`,
    known.length === 0 ? 'Add one to a profile first.' : `Choose one of them: ${brief(known.join(', '))}.`,
  );
export const loginServerAmbiguous = (server: string) =>
  problem(
    'WHARF_LOGIN_SERVER_AMBIGUOUS',
    `Several profiles of this folder have a remote server "${brief(server, 80)}", at different addresses.`,
    'Say which profile is meant with --profile.',
  );
export const loginOver = () =>
  problem('WHARF_LOGIN_OVER', 'The login was given up, or took longer than 5 minutes.', 'Begin again when you are ready.');

// The HTTP endpoint
export const httpInsecure = (host: string) =>
  problem(
    'WHARF_HTTP_INSECURE',
    `The gateway would listen on ${brief(host, 80)} without TLS, where others in the network could read the token and every call.`,
    'Give --tls-cert and --tls-key, or leave out --host to serve this computer alone; --insecure-http listens all the same.',
  );
export const httpTlsUnusable = (file: string, detail: string) =>
  problem(
    'WHARF_HTTP_TLS',
    `The certificate of the HTTP endpoint cannot be used: ${brief(file)}.`,
    'Give a PEM file with the certificate and its chain to --tls-cert, and its unencrypted key to --tls-key.',
    { detail: brief(detail) },
  );
export const fileNotPrivate = (file: string, detail: string) =>
  problem(
    'WHARF_FILE_NOT_PRIVATE',
    `The file ${brief(file)} must be for its user alone, so it was not used: ${brief(detail)}.`,
    `Run "chmod 600 ${typed(file)}" as its owner, and make it new where others may have read it.`,
  );
export const httpTokensUnusable = (place: Place, detail: string) =>
  problem(
    'WHARF_HTTP_TOKENS',
    `The file of tokens cannot be used: ${brief(detail)}.`,
    'Correct the entry, or make it with "wharf http token create".',
    {
      place,
    },
  );
export const httpTokenExists = (name: string, file: string) =>
  problem(
    'WHARF_HTTP_TOKEN_EXISTS',
    `There is a token "${brief(name, 60)}" in ${brief(file)} already.`,
    `Choose another name, or run "wharf http token revoke ${brief(name, 60)}" first.`,
  );
export const httpTokenUnknown = (name: string, file: string) =>
  problem(
    'WHARF_HTTP_TOKEN_UNKNOWN',
    `There is no token "${brief(name, 60)}" in ${brief(file)}.`,
    'Run "wharf http token ls" to see those that there are.',
  );
export const auditUnusable = (file: string, detail: string) =>
  problem(
    'WHARF_AUDIT_LOG',
    `The audit log ${brief(file)} cannot be written, so nothing is served.`,
    'Give --audit-log a file that only you can write, in a folder that is there.',
    {
      detail: brief(detail),
    },
  );

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
  problem(
    'WHARF_FILE_UNREADABLE',
    `The file ${visibleText(file)} cannot be read.`,
    'Check that it is a UTF-8 text file and that you may read it.',
    {
      detail: brief(detail),
    },
  );
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

// "wharf doctor" and the support report
export const programMissing = (folder: string, files: readonly string[]) =>
  problem(
    'WHARF_PROGRAM_MISSING',
    `Wharf is not whole: ${files.join(', ')} ${files.length === 1 ? 'is' : 'are'} missing in ${folder}.`,
    'Install the extension or the package again; in a checkout run "npm run build".',
  );
/** `names`: null where they are not to be told. */
export const secretsMissing = (profile: string, count: number, names: readonly string[] | null) =>
  problem(
    'WHARF_SECRETS_MISSING',
    `The vault does not have ${count === 1 ? 'a secret' : `${count} secrets`} that "${brief(profile, 80)}" wants${
      names === null ? '' : `: ${brief(names.join(', '), 300)}`
    }.`,
    `Run "wharf secret set ${names?.length === 1 ? brief(names[0] ?? 'NAME', 80) : 'NAME'}", or use "Wharf: Set Secret" in VS Code.`,
  );
/** `images`: null where they are not to be told, as that of a private registry. */
export const imagesNotHere = (profile: string, count: number, images: readonly string[] | null) =>
  problem(
    'WHARF_IMAGES_NOT_HERE',
    `The engine does not have ${count === 1 ? 'an image' : `${count} images`} of "${brief(profile, 80)}" yet${
      images === null ? '' : `: ${brief(images.join(', '), 300)}`
    }.`,
    'They are downloaded with the first start, which takes longer for it; "docker pull" does it now.',
  );
/** `servers`: null where they are not to be told. */
export const lockHolds = (profile: string, count: number, servers: readonly string[] | null) =>
  problem(
    'WHARF_LOCK_HOLDS',
    `${count === 1 ? 'A server' : `${count} servers`} of "${brief(profile, 80)}" ${count === 1 ? 'is' : 'are'} not as in its lock, and not started${
      servers === null ? '' : `: ${brief(servers.join(', '), 300)}`
    }.`,
    lockSteps(profile),
  );
export const profilesNone = () =>
  problem('WHARF_PROFILES_NONE', 'There is no profile yet.', 'Write .codex/profiles/NAME.yaml, or use "Wharf: Create Profile" in VS Code.');
export const codexMissing = (reason: string) =>
  problem(
    'WHARF_CODEX_MISSING',
    `Codex cannot be asked for its version: ${brief(reason)}.`,
    'Install the Codex CLI, or put it on the PATH of this shell.',
  );
export const entryMissing = () =>
  problem(
    'WHARF_ENTRY_MISSING',
    'No configuration of Codex that applies here has an entry of a gateway, so Codex gets no tools from Wharf.',
    'Run "wharf client connect codex --profile ID", or use "Wharf: Connect Codex" in VS Code.',
  );
export const profileHides = (id: string, path: string, hidden: string) =>
  problem(
    'WHARF_PROFILE_HIDES',
    `Whoever asks for the profile "${brief(id, 60)}" here gets ${path}, and not the project's ${hidden}.`,
    "Give one of the two another id, or name the project's by its path with --profile-file.",
  );
export const entryIgnored = (file: string) =>
  problem(
    'WHARF_ENTRY_IGNORED',
    `Codex does not trust the project of ${file}, so it ignores the entry there and gets no tools from Wharf.`,
    'Start Codex in that folder once and trust it, or connect for all folders: "wharf client connect codex --profile ID --global".',
  );
export const launcherMissing = (file: string, entry: string, launcher: string) =>
  problem(
    'WHARF_LAUNCHER_MISSING',
    `The entry "${brief(entry, 80)}" in ${file} starts ${brief(launcher, 300)}, which is not there or cannot be run.`,
    'Run "wharf client connect codex --profile ID" again: it writes the launcher of this computer.',
  );
export const configFindings = (file: string, count: number, first: string) =>
  problem(
    'WHARF_CONFIG_FINDINGS',
    `${count === 1 ? 'One rule has' : `${count} rules have`} something to say about ${file}; the first is ${first}.`,
    `Run "wharf check ${file}" to see them all.`,
  );
export const folderNotTrusted = (folder: string) =>
  problem(
    'WHARF_FOLDER_NOT_TRUSTED',
    `You have not said that you trust ${folder}, so no server gets this folder.`,
    'Start Codex there and trust it, or allow one of its profiles with "wharf profile allow ID".',
  );
export const reportFailed = (detail: string) =>
  problem('WHARF_REPORT_FAILED', 'The support report could not be made.', 'Run "wharf doctor" in a terminal; it says what is wrong.', {
    detail: brief(detail, 600),
  });

// Data that servers keep.

export const dataInUse = (name: string, server: string) =>
  problem(
    'WHARF_DATA_IN_USE',
    `The data "${brief(name, 100)}" of the server "${brief(server, 60)}" is in use by a container, so it was not removed.`,
    'End the threads that use the server, or wait until its calls ended, and try again.',
  );
export const dataUnknown = (given: string) =>
  problem(
    'WHARF_DATA_UNKNOWN',
    `No server of yours keeps data in a volume "${brief(given, 120)}".`,
    'Run "wharf volume ls" to see what is kept.',
  );

// Changes of what is served.

/** `file`: of a profile that is served. */
export const profileGone = (file: string) =>
  problem(
    'WHARF_PROFILE_GONE',
    `The profile ${brief(file)} is not there any more, so none of its tools are offered.`,
    'They come back with the file. For another profile, connect again: "wharf client connect codex --profile ID".',
  );
export const serverLeft = (server: string) =>
  problem(
    'WHARF_SERVER_LEFT',
    `The server "${brief(server, 60)}" was taken out of the profile before it was asked; the call had no effect.`,
    'List the tools again.',
  );
// The plugin of the Docker CLI
/** `what` is half a sentence about what is there. */
export const pluginForeign = (path: string, what: string) =>
  problem(
    'WHARF_PLUGIN_FOREIGN',
    `${path} is not Wharf's: ${brief(what)}. It was left alone.`,
    'Keep it and use "wharf" in place of "docker mcp", or take it away yourself first.',
  );
export const pluginElsewhere = (path: string) =>
  problem(
    'WHARF_PLUGIN_ELSEWHERE',
    `There is another "docker mcp" already, ${path}: with two of them one hides the other. Nothing was written.`,
    'Keep it and use "wharf" in place of "docker mcp", or take it away yourself first.',
  );
export const pluginUnsupported = () =>
  problem(
    'WHARF_PLUGIN_UNSUPPORTED',
    'A plugin of the Docker CLI is a program (.exe) on Windows, which Wharf is not.',
    'Use "wharf" in place of "docker mcp".',
  );
/** An option that stands before "mcp". */
export const pluginOption = (option: string) =>
  problem(
    'WHARF_PLUGIN_OPTION',
    `Wharf as "docker mcp" does not follow the option ${brief(option, 40)} of the Docker CLI.`,
    'Make a context of it with "docker context create", and use "docker --context NAME mcp".',
  );
export const pluginMissing = (path: string) =>
  problem(
    'WHARF_PLUGIN_MISSING',
    `Wharf is no plugin of the Docker CLI here: there is no ${path} that it wrote.`,
    'Run "wharf plugin install" first, or use --launcher wharf.',
  );

// Servers of catalogues without a profile
export const serverInNoCatalogue = (server: string, references: readonly string[], meant?: string) =>
  problem(
    'WHARF_SERVERS_UNKNOWN',
    `No server is named "${brief(server, 80)}" in ${references.map((reference) => brief(reference)).join(', ')}.`,
    `${meant === undefined ? '' : `Did you mean "${brief(meant, 80)}"? `}Search all catalogues of this computer with "wharf catalog search WORDS"; "wharf catalog pull mcp/docker-mcp-catalog" gets Docker's.`,
  );

// Packages
export const packageBaseMissing = (base: string, reference: string) =>
  problem(
    'WHARF_PACKAGE_BASE',
    `The image ${brief(base, 200)}, on which ${brief(reference, 120)} would be installed, is not on this Docker engine.`,
    `Run "docker pull ${base}", or name another with --base: one with a shell, tar, and npm or pip.`,
  );
export const packageUnknown = (reference: string, detail: string) =>
  problem('WHARF_PACKAGE_UNKNOWN', `The registry has no package ${brief(reference, 120)}.`, 'Check its name and its version.', {
    detail: brief(detail, 400),
  });
export const packageFailed = (reference: string, detail: string) =>
  problem(
    'WHARF_PACKAGE_FAILED',
    `The package ${brief(reference, 120)} could not be installed in its build container.`,
    'Read the detail; a registry of your own is named with --registry, and --allow-scripts lets packages run their install scripts there.',
    { detail: brief(detail, 600) },
  );
/** `why` is half a sentence. */
export const packageUnusable = (reference: string, why: string) =>
  problem(
    'WHARF_PACKAGE_UNUSABLE',
    `The package ${brief(reference, 120)} cannot be served: ${brief(why, 200)}.`,
    'Name the package of the server itself, or use an image.',
  );
/** `how` is half a sentence. */
export const packageChanged = (reference: string, how: string) =>
  problem(
    'WHARF_PACKAGE_CHANGED',
    `The package ${brief(reference, 120)} was not built: ${brief(how, 300)}.`,
    'Find out why before you use it; adding the server anew takes what the registry has now.',
  );
export const packageNotBuilt = (image: string, server: string | null) =>
  problem(
    'WHARF_PACKAGE_NOT_BUILT',
    `The image ${brief(image, 200)}${server === null ? '' : ` of the server "${brief(server, 60)}"`} was not built on this Docker engine yet.`,
    'Run "wharf image build --profile ID" with the id of the profile: it installs exactly the packages that the profile names.',
  );

// "wharf profile create|show|config|tools|server|import|remove"
export const profileAmbiguous = (given: string, paths: readonly string[]) =>
  problem(
    'WHARF_PROFILE_AMBIGUOUS',
    `More than one profile can be meant by "${brief(given, 60)}": ${brief(paths.join(', '), 400)}.`,
    'Name the one that you mean by its id, which is the name of its file without the ending.',
  );
export const profileExists = (id: string, path: string) =>
  problem(
    'WHARF_PROFILE_EXISTS',
    `There is a profile "${brief(id, 80)}" already: ${brief(path)}.`,
    'Choose another id with "--id ID", or add servers to it with "wharf profile server add".',
  );
export const importTaken = (id: string, path: string) =>
  problem(
    'WHARF_IMPORT_TAKEN',
    `There is another profile "${brief(id, 80)}" at ${brief(path)}, and nobody can be asked here, so nothing was written.`,
    'Run it with --dry-run to see what would change, then with --replace.',
  );
/** `grants` is what it starts, a line for each thing. */
export const importConsent = (file: string, grants: string) =>
  problem(
    'WHARF_IMPORT_CONSENT',
    `The profile in ${brief(file)} gets secrets of yours, folders or other things that servers do not get by themselves, and nobody can be asked here.`,
    'Read what it starts below, then import it with --yes.',
    { detail: grants },
  );
export const profileRemovalConsent = (id: string, path: string) =>
  problem(
    'WHARF_PROFILE_REMOVAL_CONSENT',
    `Nobody can be asked here, so ${brief(path)} was not removed.`,
    `Run "wharf profile remove ${typed(id)} --yes"; a backup is kept.`,
  );
/** `found` is what its reader says of it, a sentence. */
export const serverUnusable = (server: string, found: string) =>
  problem(
    'WHARF_SERVER_UNUSABLE',
    `The server "${brief(server, 60)}" cannot be added, and nothing was written. ${brief(found, 400)}`,
    'Choose another server, or another version of it.',
  );
export const serverOfOtherKind = (server: string, file: string) =>
  problem(
    'WHARF_SERVER_OTHER_KIND',
    `In ${brief(file)} there is a server "${brief(server, 60)}" that runs in another way: a command of yours is not replaced by a container, nor the other way round.`,
    'Remove that one first with "wharf profile server remove", or give the new one another name with "--as NAME".',
  );
/** `words`: half a sentence for each key. The value itself is in none of them. */
export const configValue = (server: string, words: readonly string[]) =>
  problem(
    'WHARF_CONFIG_VALUE',
    `The configuration of "${brief(server, 60)}" does not fit what its catalogue says: ${brief(words.join('; '), 400)}.`,
    'Correct the value; nothing was written.',
  );
/** `found` is what its reader says of the profile as it would be, a sentence. */
export const configRefused = (found: string) =>
  problem(
    'WHARF_CONFIG_REFUSED',
    `With these values the profile cannot be used, so nothing was written. ${brief(found, 400)}`,
    'Correct the value, or leave it out.',
  );
export const configUnset = (server: string, key: string, known: readonly string[]) =>
  problem(
    'WHARF_CONFIG_UNSET',
    `The configuration of "${brief(server, 60)}" has no "${brief(key, 80)}".`,
    known.length === 0 ? 'It has no configuration at all.' : `It has: ${brief(known.join(', '), 300)}.`,
  );
/** `names` of secrets, with commas between; `isUnasked`: nobody could be asked. */
export const secretTaken = (names: string, isUnasked: boolean) =>
  problem(
    'WHARF_SECRET_TAKEN',
    `The vault has ${brief(names, 300)} already${isUnasked ? ', and nobody can be asked here' : ''}, so nothing was written.`,
    'Run it with --replace to put the new value in the place of the old one, which is then lost.',
  );
export const toolsNotKnown = (server: string) =>
  problem(
    'WHARF_TOOLS_NOT_KNOWN',
    `It is not known yet which tools "${brief(server, 60)}" has, so that one cannot be taken out of all of them.`,
    'Run "wharf tools ls --profile ID" once, which asks the server, then again; or name the tools to keep: --disable-all SERVER --enable SERVER.TOOL.',
  );

// Catalogues of this computer
export const catalogReference = (given: string, why: string) =>
  problem(
    'WHARF_CATALOG_REFERENCE',
    `No catalogue was looked for, as "${brief(given, 120)}" ${brief(why)}.`,
    'A catalogue is named by a reference such as registry.example/team/catalog:1, an address with https://, a path, or the host of a community registry.',
  );
export const catalogExists = (ref: string, servers: number) =>
  problem(
    'WHARF_CATALOG_EXISTS',
    `There is a catalogue ${brief(ref, 120)} already, with ${servers} ${servers === 1 ? 'server' : 'servers'}, so nothing was written.`,
    'Choose another reference, add to it with "wharf catalog server add", or put the new one in its place with "--replace".',
  );
/** `known`: those that there are. `source`: where it may come from; `here` where getting one would not help. */
export const catalogUnknown = (ref: string, known: readonly string[], source: 'registry' | 'elsewhere' | 'here', meant?: string) => {
  const there = `there ${known.length === 1 ? 'is' : 'are'} ${brief(known.join(', '), 300)}`;
  const pull = `Run "wharf catalog pull ${typed(brief(ref, 120))}"${source === 'registry' ? '' : ', where it is not one that was made here'}; ${there}.`;
  return problem(
    'WHARF_CATALOG_UNKNOWN',
    `This computer has no catalogue "${brief(ref, 120)}".`,
    source !== 'here'
      ? pull
      : `${meant === undefined ? '' : `Did you mean "${brief(meant, 120)}"? `}${known.length === 0 ? 'There is none but "builtin".' : `T${there.slice(1)}.`}`,
  );
};
/** `done`: what cannot be done with it, such as `removed`. */
export const catalogBuiltIn = (done: string) =>
  problem(
    'WHARF_CATALOG_BUILT_IN',
    `The catalogue "builtin" is a part of Wharf, so it cannot be ${done}.`,
    'Name a catalogue that was made or pulled here; "wharf catalog ls" lists them.',
  );
export const catalogServerUnknown = (ref: string, name: string, meant: string | undefined) =>
  problem(
    'WHARF_CATALOG_SERVER_UNKNOWN',
    `The catalogue ${brief(ref, 120)} has no server "${brief(name, 100)}".`,
    `${meant === undefined ? '' : `Did you mean "${brief(meant, 100)}"? `}Run "wharf catalog show ${typed(brief(ref, 120))}" for its servers, or "wharf catalog search WORDS" to look in all catalogues.`,
  );
/** A file of the store, which stays as it is. */
export const catalogFileBroken = (file: string, ref: string | null, why: string) =>
  problem(
    'WHARF_CATALOG_FILE',
    `The catalogue ${ref === null ? '' : `${brief(ref, 120)} `}in ${file} cannot be used: ${brief(why)}.`,
    ref === null
      ? 'The file was left as it is; move it away, and pull or make its catalogue again.'
      : `The file was left as it is; use the newer Wharf that wrote it, or "wharf catalog remove ${typed(brief(ref, 120))}" and pull it again.`,
  );
const fetchAgain = 'Nothing was written; what was fetched before can still be used. Check the address and the network, and try again.';
export const catalogFetchFailed = (from: string, why: string, next = fetchAgain) =>
  problem('WHARF_CATALOG_FETCH', `The catalogue ${brief(from, 200)} could not be fetched: ${brief(why, 300)}.`, next);
export const catalogCancelled = (what: string) =>
  problem('WHARF_CATALOG_CANCELLED', `You cancelled ${brief(what, 200)}.`, 'Nothing was written; run the command again to do it.');
export const catalogNotRefreshed = (ref: string, source: string) =>
  problem(
    'WHARF_CATALOG_MADE_HERE',
    `The catalogue ${brief(ref, 120)} was made on this computer (${brief(source, 120)}), so there is nothing to fetch it from.`,
    'Name a catalogue of a registry, an address, a path or a host.',
  );
/** `what` of the server was found; the value itself is not told. */
export const catalogNotPushed = (ref: string, server: string, what: string) =>
  problem(
    'WHARF_CATALOG_NOT_PUSHED',
    `The catalogue ${brief(ref, 120)} was not pushed, as ${server === '' ? 'it' : `its server "${brief(server, 80)}"`} holds what looks like a secret (${brief(what, 120)}).`,
    'Take the server out with "wharf catalog server remove", or make it anew with a reference in place of the value.',
  );
/** `skipped`: of the first of its servers that could not be used, its name and why. */
export const catalogEmpty = (ref: string, skipped?: string) =>
  problem(
    'WHARF_CATALOG_EMPTY',
    `The catalogue ${brief(ref, 120)} has no server that can be used, so nothing was taken from it.`,
    skipped === undefined ? 'Check what it was made of.' : `The first says: ${brief(skipped)}.`,
  );
/** `catalogs.yaml` of the configuration folder. */
export const catalogOrderBroken = (place: Place, detail: string) =>
  problem(
    'WHARF_CATALOG_ORDER',
    `The list of catalogues cannot be used: ${brief(detail)}.`,
    'Correct the line; nothing was changed. Each entry of "sources" has one of ref, url, path, checkout and community.',
    { place },
  );
export const serverNotApproved = (server: string, why: string, policy: string) =>
  problem(
    'WHARF_SERVER_NOT_APPROVED',
    `The server "${brief(server, 100)}" may not be used on this computer: ${brief(why, 300)}.`,
    `The policy in ${policy} decides which catalogues are approved ("catalogs: only"); ask whoever keeps that file, or take a server that "wharf catalog search" shows as approved.`,
  );

// Catalogues: their files, the community registry, references of "--server"
/** `where` is the file, the reference or the address it came from. */
export const catalogSyntax = (place: Place, detail: string) =>
  problem(
    'WHARF_CATALOG_SYNTAX',
    `The catalogue is neither valid YAML nor JSON: ${brief(detail)}.`,
    'Correct the line; nothing was taken from it.',
    {
      place,
    },
  );
export const catalogTooLarge = (where: string, most: string) =>
  problem(
    'WHARF_CATALOG_TOO_LARGE',
    `The catalogue ${brief(where)} has more than ${most}, so it was not read.`,
    'Divide it into several, or ask whoever made it.',
  );
export const catalogShape = (where: string | Place, detail: string) =>
  problem(
    'WHARF_CATALOG_SHAPE',
    `${typeof where === 'string' ? `The catalogue ${brief(where)}` : 'The catalogue'} cannot be used: ${brief(detail)}.`,
    "It is Docker's catalogue, one server, a definition of docker/mcp-registry, or a server.json of a community registry.",
    typeof where === 'string' ? {} : { place: where },
  );
export const catalogEntry = (name: string, detail: string, next = 'Take another server, or ask whoever published it.') =>
  problem('WHARF_CATALOG_SERVER', `The server "${brief(name, 80)}" cannot be used: ${brief(detail)}.`, brief(next));
export const serverReference = (reference: string, detail: string) =>
  problem(
    'WHARF_SERVER_REFERENCE',
    `The reference "${brief(reference, 120)}" names no server: ${brief(detail)}.`,
    'Write it as catalog://REPOSITORY:TAG/NAME, docker://IMAGE, https://ADDRESS, file://PATH, npx://PACKAGE or uvx://PACKAGE.',
  );

// Import from other programs
export const importSyntax = (place: Place, detail: string) =>
  problem(
    'WHARF_IMPORT_SYNTAX',
    `The configuration is no JSON: ${brief(detail)}.`,
    'Correct the line; nothing of this file was imported, and it was not changed.',
    { place },
  );
/** `why` is half a sentence. */
export const importShape = (file: string, why: string) =>
  problem(
    'WHARF_IMPORT_SHAPE',
    `${file} is no configuration that servers can be imported from: ${brief(why)}.`,
    'Name its program with --from, or another file.',
  );
/** `why` is half a sentence. */
export const dockerMcpMissing = (why: string) =>
  problem(
    'WHARF_DOCKER_MCP_MISSING',
    `There are no profiles of "docker mcp" to import: ${brief(why)}.`,
    'Install Docker\'s MCP Toolkit, or import a file that it exported with "wharf profile import FILE".',
  );
export const dockerMcpFailed = (plugin: string, detail: string) =>
  problem('WHARF_DOCKER_MCP_FAILED', `${brief(plugin)} did not list its profiles.`, 'Run "docker mcp profile list" to see why.', {
    detail: brief(detail, 600),
  });
/** `of` is the program, or programs, whose configuration it would be. */
export const importNothing = (of: string, looked: readonly string[]) =>
  problem(
    'WHARF_IMPORT_NOTHING',
    `There is no configuration of ${of} here that names a server.`,
    `Give the file; these places were looked at: ${looked.join(', ')}.`,
  );
export const serversConsent = (path: string, grants: string) =>
  problem(
    'WHARF_SERVERS_CONSENT',
    `Nobody can be asked here, so nothing was written to ${brief(path)}.`,
    'Read what it would start below, then run the same command with --yes.',
    { detail: grants },
  );
export const serversTaken = (id: string, path: string) =>
  problem(
    'WHARF_SERVERS_TAKEN',
    `The id "${brief(id, 80)}" is another profile's: ${brief(path)}.`,
    'Import into a profile with another id; nothing was written.',
  );
