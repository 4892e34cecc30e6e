/* Docker's stored logins, without the disk and the helpers: whoever reads them is in src/docker (pulls) and src/node (registries). */

/** What proves to a registry who asks. It must never reach a log, a problem or a file. */
export type RegistryLogin =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'token'; readonly identityToken: string };

/** Where the login for a registry is. */
export type LoginPlace =
  | { readonly kind: 'helper'; readonly program: string }
  /** `auth` is base64 of `name:password`. */
  | { readonly kind: 'stored'; readonly auth: string; readonly identityToken: string | null }
  | { readonly kind: 'none' };

/** The name under which the `docker` command keeps the credentials of Docker Hub. */
export const hubLogin = 'https://index.docker.io/v1/';

interface DockerConfig {
  readonly auths?: Readonly<Record<string, { readonly auth?: unknown; readonly identitytoken?: unknown } | null>>;
  readonly credHelpers?: Readonly<Record<string, unknown>>;
  readonly credsStore?: unknown;
}

/** The registry of an image, by the name of its login: the first part of a reference when it looks like a host. */
export function loginName(reference: string): string {
  const [first = '', ...rest] = reference.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return !isHost || first === 'docker.io' || first === 'index.docker.io' ? hubLogin : first;
}

/** By the helper of that registry, else by the store of all, else in the file itself. `text` is Docker's config.json. */
export function loginPlace(text: string, server: string): LoginPlace {
  const config = parsed(text);
  const helper = config.credHelpers?.[server] ?? (server === hubLogin ? config.credHelpers?.['docker.io'] : undefined) ?? config.credsStore;
  if (typeof helper === 'string' && /^[\w.-]+$/.test(helper)) {
    return { kind: 'helper', program: `docker-credential-${helper}` };
  }
  const stored = config.auths?.[server] ?? Object.entries(config.auths ?? {}).find(([name]) => hostOf(name) === server)?.[1];
  if (stored === undefined || stored === null) {
    return { kind: 'none' };
  }
  const { auth, identitytoken: token } = stored;
  return {
    kind: 'stored',
    auth: typeof auth === 'string' ? auth : '',
    identityToken: typeof token === 'string' && token !== '' ? token : null,
  };
}

/** `decoded` is the text behind the base64 of a stored login. */
export function storedLogin(decoded: string, identityToken: string | null): RegistryLogin | undefined {
  if (identityToken !== null) {
    return { kind: 'token', identityToken };
  }
  const colon = decoded.indexOf(':');
  // The docker command pads some passwords with zero bytes.
  const password = decoded.slice(colon + 1).replace(/\0+$/, '');
  return colon <= 0 ? undefined : { kind: 'password', username: decoded.slice(0, colon), password };
}

/** What a docker-credential-helper writes. */
export function helperLogin(answer: string): RegistryLogin | undefined {
  const { Username: username, Secret: secret } = (json(answer) ?? {}) as { readonly Username?: unknown; readonly Secret?: unknown };
  if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') {
    return undefined;
  }
  return username === '<token>' ? { kind: 'token', identityToken: secret } : { kind: 'password', username, password: secret };
}

/** `https://registry.example/v2/` and `registry.example` are the same registry. */
function hostOf(name: string): string {
  return name.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

function parsed(text: string): DockerConfig {
  const config = json(text);
  return typeof config === 'object' && config !== null ? config : {};
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
