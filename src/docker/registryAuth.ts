import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** What Docker's engine takes in `X-Registry-Auth`. It must never reach a log, a problem or a file. */
export interface RegistryAuth {
  readonly serveraddress: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
}

interface StoredAuth {
  readonly auth?: string;
  readonly identitytoken?: string;
}

interface DockerConfig {
  readonly auths?: Readonly<Record<string, StoredAuth>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

/** The name under which the `docker` command keeps the credentials of Docker Hub. */
const hub = 'https://index.docker.io/v1/';
/** A helper may have to ask the user to unlock a keyring. */
const helperPatienceMs = 30_000;

/**
 * The credentials that `docker login` stored for the registry of an image: by the helper of that registry, else by the store
 * of all, else in the file itself. Undefined where there are none, or none that can be had: public images need none.
 */
export async function registryAuth(reference: string, configFolder: string, signal: AbortSignal): Promise<RegistryAuth | undefined> {
  const config = await readConfig(join(configFolder, 'config.json'));
  const server = registryOf(reference);
  const helper = config.credHelpers?.[server] ?? (server === hub ? config.credHelpers?.['docker.io'] : undefined) ?? config.credsStore;
  if (typeof helper === 'string' && /^[\w.-]+$/.test(helper)) {
    return askHelper(helper, server, signal);
  }
  const stored = config.auths?.[server] ?? Object.entries(config.auths ?? {}).find(([name]) => hostOf(name) === server)?.[1];
  return stored === undefined ? undefined : decode(stored, server);
}

/** The first part of a reference is a registry when it looks like a host (github.com/distribution/reference). */
export function registryOf(reference: string): string {
  const [first = '', ...rest] = reference.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return !isHost || first === 'docker.io' || first === 'index.docker.io' ? hub : first;
}

/** `https://registry.example/v2/` and `registry.example` are the same registry. */
function hostOf(name: string): string {
  return name.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

async function readConfig(file: string): Promise<DockerConfig> {
  try {
    const config: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof config === 'object' && config !== null ? config : {};
  } catch {
    return {};
  }
}

function decode({ auth, identitytoken }: StoredAuth, server: string): RegistryAuth | undefined {
  if (typeof identitytoken === 'string' && identitytoken !== '') {
    return { serveraddress: server, identitytoken };
  }
  const plain = Buffer.from(typeof auth === 'string' ? auth : '', 'base64').toString('utf8');
  const colon = plain.indexOf(':');
  // The docker command pads some passwords with zero bytes.
  const password = plain.slice(colon + 1).replace(/\0+$/, '');
  return colon <= 0 ? undefined : { serveraddress: server, username: plain.slice(0, colon), password };
}

/** The protocol of docker-credential-helpers: the server on stdin, JSON on stdout. */
async function askHelper(helper: string, server: string, signal: AbortSignal): Promise<RegistryAuth | undefined> {
  try {
    const child = spawn(`docker-credential-${helper}`, ['get'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
      // Not the option "timeout": its timer outlives a program that does not exist.
      signal: AbortSignal.any([signal, AbortSignal.timeout(helperPatienceMs)]),
      killSignal: 'SIGKILL',
    });
    const failed = new Promise<never>((_resolve, reject) => child.once('error', reject));
    failed.catch(() => undefined);
    child.stdin.on('error', () => undefined).end(server);
    const answer = JSON.parse(await Promise.race([text(child.stdout), failed])) as {
      readonly Username?: unknown;
      readonly Secret?: unknown;
    };
    const { Username: username, Secret: secret } = answer;
    if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') {
      return undefined;
    }
    return username === '<token>'
      ? { serveraddress: server, identitytoken: secret }
      : { serveraddress: server, username, password: secret };
  } catch {
    return undefined;
  }
}
