import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

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
const recordedVariables = [...dockerVariables, 'DBUS_SESSION_BUS_ADDRESS'] as const;
const longestRuntimeFolder = 70;

/** Where the location file is, from the home folder alone. */
export function locationFile(env: Environment, home: string, platform: NodeJS.Platform): string {
  const own = env['WHARF_HOME'];
  if (own !== undefined && own !== '') {
    return join(own, 'location.json');
  }
  if (platform === 'win32') {
    return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'wharf', 'location.json');
  }
  if (platform === 'darwin') {
    return join(home, 'Library', 'Application Support', 'wharf', 'location.json');
  }
  return join(home, '.config', 'wharf', 'location.json');
}

/**
 * `mayRecord` is for programs that people start with their full environment (the
 * command line, the extension): variables that are set feed the file. The shim and the
 * daemon only read it, and write it when there is none yet.
 */
export function findLocations(options: { readonly mayRecord: boolean; readonly env?: Environment; readonly home?: string }): Locations {
  const env = options.env ?? process.env;
  const home = options.home ?? homedir();
  const file = locationFile(env, home, process.platform);
  const known = readRecorded(file);
  const folders = known ?? defaultFolders(env, home, file);
  const fromEnv = Object.fromEntries(recordedVariables.flatMap((name) => pick(env, name)));
  const knowsSession = hasFullEnvironment(env);
  const recorded: Recorded = {
    version: 1,
    configFolder: folders.configFolder,
    dataFolder: folders.dataFolder,
    runtimeFolder: folders.runtimeFolder,
    environment: knowsSession && options.mayRecord ? fromEnv : { ...known?.environment, ...fromEnv },
  };
  if (known === undefined || (options.mayRecord && JSON.stringify(known) !== JSON.stringify(recorded))) {
    writeRecorded(file, recorded);
  }
  return recorded;
}

/** Path of the daemon's socket, or of its named pipe on Windows: one daemon per user and Docker endpoint. */
export function daemonSocket(locations: Locations): string {
  const name = `daemon-${daemonId(locations)}`;
  return process.platform === 'win32'
    ? `\\\\.\\pipe\\wharf-${shortHash(locations.runtimeFolder)}-${name}`
    : join(locations.runtimeFolder, `${name}.sock`);
}

/** Names the Docker endpoint of a daemon in file names. */
export function daemonId(locations: Locations): string {
  return shortHash(JSON.stringify(dockerVariables.map((name) => locations.environment[name] ?? null)));
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** A cleared environment has none of these; on macOS and Windows only a person's own shell starts the command line. */
function hasFullEnvironment(env: Environment): boolean {
  return process.platform !== 'linux' || ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS', 'DOCKER_HOST'].some((name) => (env[name] ?? '') !== '');
}

function defaultFolders(env: Environment, home: string, file: string): Pick<Recorded, 'configFolder' | 'dataFolder' | 'runtimeFolder'> {
  const own = env['WHARF_HOME'] ?? '';
  if (own !== '' || process.platform === 'win32' || process.platform === 'darwin') {
    const base = dirname(file);
    return { configFolder: join(base, 'config'), dataFolder: join(base, 'data'), runtimeFolder: shortEnough(join(base, 'run')) };
  }
  const dataFolder = join(absolute(env['XDG_DATA_HOME']) ?? join(home, '.local', 'share'), 'wharf');
  const session = absolute(env['XDG_RUNTIME_DIR']);
  return {
    configFolder: join(absolute(env['XDG_CONFIG_HOME']) ?? join(home, '.config'), 'wharf'),
    dataFolder,
    runtimeFolder: shortEnough(session === undefined ? join(dataFolder, 'run') : join(session, 'wharf')),
  };
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
  return value === undefined || value === '' ? [] : [[name, value]];
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
  const texts = ['configFolder', 'dataFolder', 'runtimeFolder'].every((key) => typeof record[key] === 'string' && record[key] !== '');
  const environment = record['environment'];
  return (
    texts &&
    record['version'] === 1 &&
    typeof environment === 'object' &&
    environment !== null &&
    Object.values(environment).every((entry) => typeof entry === 'string')
  );
}

function writeRecorded(file: string, recorded: Recorded): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(recorded, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}
