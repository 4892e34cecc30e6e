import { accessSync, constants, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';

import { makeFolder } from './makeFolder.ts';

/**
 * Where Wharf keeps its state and reaches Docker. Codex clears the environment of the
 * servers it starts, so every program must find the same answers from the home folder
 * alone: they are recorded in one file at a fixed place, by whoever runs with the full
 * environment first.
 */
export interface Locations {
  readonly configFolder: string;
  readonly dataFolder: string;
  /** Holds the sockets; its path is short, as a socket path has room for 104 bytes. */
  readonly runtimeFolder: string;
  /** Variables that the daemon needs to reach Docker and the session bus. */
  readonly environment: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

interface Recorded {
  readonly version: 1;
  readonly configFolder: string;
  readonly dataFolder: string;
  readonly runtimeFolder: string;
  readonly environment: Readonly<Record<string, string>>;
}

const dockerVariables = ['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'DOCKER_CERT_PATH', 'DOCKER_TLS_VERIFY'] as const;
/** Where a key or a passphrase of the vault is. Paths alone: a value of a secret is never recorded. */
const vaultVariables = ['WHARF_VAULT_KEY_FILE', 'WHARF_VAULT_PASSPHRASE_FILE'] as const;
/** Where `docker-credential-pass` finds its store and its key. */
const passVariables = ['PASSWORD_STORE_DIR', 'GNUPGHOME'] as const;
/** Where Codex's configuration is: what it trusts, and its login. */
const codexVariable = 'CODEX_HOME';
/** Wharf's own image, where it has another tag. */
const imageVariable = 'WHARF_IMAGE';
const pathVariables: readonly string[] = [...vaultVariables, ...passVariables, codexVariable];
const recordedVariables = [
  ...dockerVariables,
  'SSH_AUTH_SOCK',
  'DBUS_SESSION_BUS_ADDRESS',
  ...vaultVariables,
  ...passVariables,
  codexVariable,
  imageVariable,
] as const;
const longestRuntimeFolder = 70;

/** Where the location file is, from the home folder alone. */
export function locationFile(env: Environment, home: string, platform: NodeJS.Platform): string {
  const own = env['WHARF_HOME'];
  if (own !== undefined && own !== '') {
    return join(resolve(own), 'location.json');
  }
  if (platform === 'win32') {
    return join(env['LOCALAPPDATA'] || join(home, 'AppData', 'Local'), 'wharf', 'location.json');
  }
  if (platform === 'darwin') {
    return join(home, 'Library', 'Application Support', 'wharf', 'location.json');
  }
  return join(home, '.config', 'wharf', 'location.json');
}

/**
 * `mayRecord` is for programs that people start with their full environment (the
 * command line, the extension): variables that are set feed the file. The shim and the
 * daemon only read it, and write it when there is none yet or its runtime folder is gone.
 */
export function findLocations(options: { readonly mayRecord: boolean; readonly env?: Environment; readonly home?: string }): Locations {
  const env = options.env ?? process.env;
  const home = options.home ?? homedir();
  const file = locationFile(env, home, process.platform);
  const known = readRecorded(file);
  const folders = fixedFolders(env, file) ?? known ?? xdgFolders(env, home);
  const runtimeFolder = lastingRuntimeFolder(folders, file);
  const fromEnv = Object.fromEntries(recordedVariables.flatMap((name) => pick(env, name)));
  // A variable that is not set says nothing: another program of the same user has it. One set to nothing forgets it.
  const remembered = Object.fromEntries(Object.entries(known?.environment ?? {}).filter(([name]) => env[name] !== ''));
  const recorded: Recorded = {
    version: 1,
    configFolder: folders.configFolder,
    dataFolder: folders.dataFolder,
    runtimeFolder,
    environment: { ...remembered, ...fromEnv },
  };
  if (options.mayRecord ? JSON.stringify(known) !== JSON.stringify(recorded) : known?.runtimeFolder !== runtimeFolder) {
    writeRecorded(file, options.mayRecord || known === undefined ? recorded : { ...recorded, environment: known.environment });
  }
  return recorded;
}

/** The variables of Docker that the location file has for every program of this user. */
export function rememberedDocker(env: Environment = process.env, home: string = homedir()): ReadonlyMap<string, string> {
  const known = readRecorded(locationFile(env, home, process.platform));
  return new Map(dockerVariables.flatMap((name) => pick(known?.environment ?? {}, name)));
}

/** The files of the vault's key that the location file has for every program of this user. */
export function rememberedVault(env: Environment = process.env, home: string = homedir()): ReadonlyMap<string, string> {
  const known = readRecorded(locationFile(env, home, process.platform));
  return new Map(vaultVariables.flatMap((name) => pick(known?.environment ?? {}, name)));
}

/** The tag of Wharf's own image that the location file has for every program of this user. */
export function rememberedImage(env: Environment = process.env, home: string = homedir()): ReadonlyMap<string, string> {
  const known = readRecorded(locationFile(env, home, process.platform));
  return new Map(pick(known?.environment ?? {}, imageVariable));
}

/**
 * What a keeper of the vault's key needs, as it is now: the variables of this process, then those of the location file, which
 * may have changed since a daemon started.
 */
export function keeperEnvironment(env: Environment = process.env, home: string = homedir()): Environment {
  const known = readRecorded(locationFile(env, home, process.platform))?.environment ?? {};
  const session = `/run/user/${process.getuid?.() ?? 0}`;
  const standard = process.platform === 'linux' && canHold(session) ? { XDG_RUNTIME_DIR: session } : {};
  const own = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  return { ...standard, ...known, ...own };
}

/** Where credentials lie that variables moved away from their usual places: no server gets any of them mounted. */
export function credentialPlaces(env: Environment = process.env, home: string = homedir()): readonly string[] {
  const moved = keeperEnvironment(env, home);
  const names = [codexVariable, ...passVariables, ...vaultVariables, 'DOCKER_CONFIG', 'DOCKER_CERT_PATH', 'SSH_AUTH_SOCK'];
  return names.flatMap((name) => {
    const place = moved[name] ?? '';
    return place === '' ? [] : [resolve(place)];
  });
}

/** What no server gets mounted, wherever it lies: Wharf's own folders, moved credentials, and the engine's socket. */
export function closedPlaces({ configFolder, dataFolder, runtimeFolder }: Locations, engineSocket: string | null): readonly string[] {
  return [configFolder, dataFolder, runtimeFolder, ...credentialPlaces(), ...(engineSocket === null ? [] : [engineSocket])];
}

/** What a daemon is started with: where its vault's key is it looks up whenever it needs that. */
export function daemonEnvironment({ environment }: Locations): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !pathVariables.includes(name)));
}

/** Path of the daemon's socket, or of its named pipe on Windows: one daemon per user and Docker endpoint. */
export function daemonSocket(locations: Locations): string {
  const name = `daemon-${daemonId(locations)}`;
  return process.platform === 'win32'
    ? `\\\\.\\pipe\\wharf-${shortHash(locations.runtimeFolder)}-${name}`
    : join(locations.runtimeFolder, `${name}.sock`);
}

/** Sockets of daemons that were started for another Docker endpoint, and may still run. None are found on Windows. */
export function otherDaemonSockets(locations: Locations): readonly string[] {
  const own = daemonSocket(locations);
  try {
    const names = readdirSync(locations.runtimeFolder).filter((name) => /^daemon-[0-9a-f]{8}\.sock$/.test(name));
    return names.map((name) => join(locations.runtimeFolder, name)).filter((path) => path !== own);
  } catch {
    return [];
  }
}

/** Names the Docker endpoint of a daemon in file names. */
export function daemonId(locations: Locations): string {
  return shortHash(JSON.stringify(dockerVariables.map((name) => locations.environment[name] ?? null)));
}

/** FNV-1a, 32 bits. It only keeps names apart, and node:crypto costs each of Codex's threads a megabyte and 6 ms. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

type Folders = Pick<Recorded, 'configFolder' | 'dataFolder' | 'runtimeFolder'>;

/** Where no variable can move one folder alone, all lie beside the location file, also after somebody moved that. */
function fixedFolders(env: Environment, file: string): Folders | undefined {
  if ((env['WHARF_HOME'] ?? '') === '' && process.platform !== 'win32' && process.platform !== 'darwin') {
    return undefined;
  }
  const base = dirname(file);
  return { configFolder: join(base, 'config'), dataFolder: join(base, 'data'), runtimeFolder: shortEnough(join(base, 'run')) };
}

function xdgFolders(env: Environment, home: string): Folders {
  const dataFolder = join(absolute(env['XDG_DATA_HOME']) ?? join(home, '.local', 'share'), 'wharf');
  const session = absolute(env['XDG_RUNTIME_DIR']);
  return {
    configFolder: join(absolute(env['XDG_CONFIG_HOME']) ?? join(home, '.config'), 'wharf'),
    dataFolder,
    runtimeFolder: shortEnough(session === undefined ? join(dataFolder, 'run') : join(session, 'wharf')),
  };
}

/**
 * A login session's folder ends with the session. The sockets then move, for good, to one
 * that stays: whoever notices records it, and anybody else would choose the same.
 */
function lastingRuntimeFolder(folders: Folders, file: string): string {
  const { runtimeFolder, dataFolder } = folders;
  const isOurs = [dirname(file), dataFolder].some((folder) => isWithin(runtimeFolder, folder));
  return shortEnough(isOurs || canHold(runtimeFolder) ? runtimeFolder : join(dataFolder, 'run'));
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return !way.startsWith('..') && !isAbsolute(way);
}

/** Whether a folder is there, or can be made in one that is. Nothing is made above it: `/run/user/1000` is the system's to make. */
function canHold(folder: string): boolean {
  try {
    const facts = statSync(folder, { throwIfNoEntry: false });
    accessSync(facts === undefined ? dirname(folder) : folder, constants.W_OK | constants.X_OK);
    return facts?.isDirectory() ?? true;
  } catch {
    return false;
  }
}

/** A folder whose sockets would not fit is replaced by a private one in the temporary folder. */
function shortEnough(folder: string): string {
  return process.platform === 'win32' || Buffer.byteLength(folder) <= longestRuntimeFolder
    ? folder
    : `/tmp/wharf-${process.getuid?.() ?? 0}-${shortHash(folder)}`;
}

/** The XDG specification: a relative path in one of its variables is to be ignored. */
function absolute(path: string | undefined): string | undefined {
  return path !== undefined && path.startsWith('/') ? path : undefined;
}

function pick(env: Environment, name: string): [string, string][] {
  const value = env[name];
  return value === undefined || value === '' ? [] : [[name, pathVariables.includes(name) ? resolve(value) : value]];
}

function readRecorded(file: string): Recorded | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isRecorded(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecorded(value: unknown): value is Recorded {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const record = value as Record<string, unknown>;
  const texts = ['configFolder', 'dataFolder', 'runtimeFolder'].every((key) => typeof record[key] === 'string' && isAbsolute(record[key]));
  const environment = record['environment'];
  return (
    texts &&
    record['version'] === 1 &&
    typeof environment === 'object' &&
    environment !== null &&
    Object.values(environment).every((entry) => typeof entry === 'string')
  );
}

/** A home that cannot be written to is no reason not to start: the answers are the same without the file, unless variables moved them. */
function writeRecorded(file: string, recorded: Recorded): void {
  const draft = `${file}.${process.pid}`;
  try {
    makeFolder(dirname(file), 0o700);
    writeFileSync(draft, `${JSON.stringify(recorded, null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, file);
  } catch {
    removeDraft(draft);
  }
}

function removeDraft(draft: string): void {
  try {
    rmSync(draft, { force: true });
  } catch {
    // The folder cannot be written to; then there is no draft either.
  }
}
