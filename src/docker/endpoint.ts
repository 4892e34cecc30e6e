import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where Docker listens, in the form that dockerode takes, and as a person knows it. */
export interface DockerEndpoint {
  readonly url: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** The folder of the `docker` command's own configuration, which need not exist. */
  readonly configFolder: string;
}

type Address = Omit<DockerEndpoint, 'configFolder'>;

/**
 * The endpoint that the `docker` command would use: DOCKER_HOST, else DOCKER_CONTEXT or
 * the current context of its configuration, else the platform's default.
 */
export function findEndpoint(env: Environment, home: string): DockerEndpoint {
  const configFolder = env['DOCKER_CONFIG'] || join(home, '.docker');
  return { ...findAddress(env, configFolder), configFolder };
}

function findAddress(env: Environment, configFolder: string): Address {
  const host = env['DOCKER_HOST'] ?? '';
  if (host !== '') {
    const certificates = (env['DOCKER_TLS_VERIFY'] ?? '') === '' ? undefined : env['DOCKER_CERT_PATH'] || configFolder;
    return endpointFromUrl(host, certificates, env);
  }
  const context = env['DOCKER_CONTEXT'] || currentContext(configFolder);
  if (context !== undefined && context !== 'default') {
    const id = createHash('sha256').update(context).digest('hex');
    const facts = join(configFolder, 'contexts', 'meta', id, 'meta.json');
    const url = contextHost(facts);
    if (url === undefined) {
      // Like docker itself, never another engine than the one that was asked for.
      return { url: `the context "${context}", which ${configFolder} does not have`, options: { socketPath: facts } };
    }
    const certificates = join(configFolder, 'contexts', 'tls', id, 'docker');
    return endpointFromUrl(url, readOptional(join(certificates, 'ca.pem')) === undefined ? undefined : certificates, env);
  }
  return endpointFromUrl(defaultHost, undefined, env);
}

/** Whether the engine runs on this computer, so that its paths are this computer's. */
export function isLocal({ options }: Pick<DockerEndpoint, 'options'>): boolean {
  return options['socketPath'] !== undefined;
}

/** The engine's socket on this computer; null where the engine may be elsewhere. */
export function localSocket(endpoint: DockerEndpoint): string | null {
  return typeof endpoint.options['socketPath'] === 'string' ? endpoint.options['socketPath'] : null;
}

/** Who starts containers, as `uid:gid`; null where the engine is elsewhere, or has no such numbers. */
export function ownUser(endpoint: DockerEndpoint): string | null {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  return isLocal(endpoint) && uid !== undefined && gid !== undefined ? `${uid}:${gid}` : null;
}

const defaultHost = process.platform === 'win32' ? 'npipe:////./pipe/docker_engine' : 'unix:///var/run/docker.sock';
/** `new URL` drops these from an address. */
const portsOfUrl: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

function endpointFromUrl(text: string, certificates: string | undefined, env: Environment): Address {
  const match = /^(unix|npipe):\/\/(.*)$/.exec(text);
  if (match !== null) {
    return match[2] === '' ? endpointFromUrl(defaultHost, undefined, env) : { url: text, options: { socketPath: match[2] } };
  }
  const address = (text.includes('://') ? text : `tcp://${text}`).replace(/^(\w+:\/\/)(?=:\d|$)/, '$1localhost');
  if (!URL.canParse(address)) {
    // No host has such a name: the engine is reported as unreachable, with this text.
    return { url: text, options: { protocol: 'http', host: text, port: 2375 } };
  }
  const url = new URL(address);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol === 'ssh:') {
    const user = url.username === '' ? env['USER'] : decodeURIComponent(url.username);
    return {
      url: text,
      options: { protocol: 'ssh', host, port: url.port || 22, username: user, sshOptions: { agent: env['SSH_AUTH_SOCK'] } },
    };
  }
  if (certificates === undefined) {
    return {
      url: text,
      options: { protocol: url.protocol === 'https:' ? 'https' : 'http', host, port: url.port || (portsOfUrl[url.protocol] ?? 2375) },
    };
  }
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readOptional(join(certificates, name)));
  return { url: text, options: { protocol: 'https', host, port: url.port || (portsOfUrl[url.protocol] ?? 2376), ca, cert, key } };
}

function currentContext(configFolder: string): string | undefined {
  return stringAt(readOptional(join(configFolder, 'config.json')), ['currentContext']);
}

function contextHost(file: string): string | undefined {
  return stringAt(readOptional(file), ['Endpoints', 'docker', 'Host']);
}

function stringAt(json: string | undefined, path: readonly string[]): string | undefined {
  if (json === undefined) {
    return undefined;
  }
  try {
    let value: unknown = JSON.parse(json);
    for (const key of path) {
      value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
    }
    return typeof value === 'string' && value !== '' ? value : undefined;
  } catch {
    return undefined;
  }
}

function readOptional(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
