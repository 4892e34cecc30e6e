import { nearest } from '../codexConfig/nearest.ts';

/** What an entry of Docker's form says of a server in a container, or of a remote one. */
export const keysOfDocker = [
  'type',
  'image',
  'endpoint',
  'headers',
  'source',
  'catalog_ref',
  'catalogRef',
  'snapshot',
  'config',
  'secrets',
  'env',
  'volumes',
  'user',
  'oauth',
  'extraHosts',
  'allowHosts',
  'disableNetwork',
];
/** Wharf's own settings that a server of every kind has, under "wharf:". */
const commonSettings = [
  'alias',
  'share',
  'startTimeout',
  'callTimeout',
  'idleTimeout',
  'onIdle',
  'maxInstances',
  'output',
  'allowFindings',
];
/** What an entry wants beyond the strictest container. */
const isolationSettings = ['mounts', 'tmpfs', 'exec', 'writable', 'capAdd', 'user', 'shm'];

/** Wharf's own settings by the kind of the server. The readers take these and no others, and nothing else names them. */
export const wharfSettings = {
  image: [...commonSettings, 'network', 'cpus', 'memory', 'secretsAs', ...isolationSettings, 'privateHosts'],
  poci: [...commonSettings, 'network', 'cpus', 'memory', ...isolationSettings.filter((key) => key !== 'user'), 'privateHosts'],
  native: [...commonSettings, 'native'],
  remote: commonSettings,
  builtIn: commonSettings,
} as const satisfies Readonly<Record<string, readonly string[]>>;

const underWharf: readonly string[] = Object.values(wharfSettings).flat();
const known = [...keysOfDocker, 'name', 'tools', 'remote', 'wharf'];
/** What other programs call what a server may do; taken for nothing it would leave the server more, or other, than was asked for. */
const foreign = ['command', 'args', 'cwd', 'environment', 'ports', 'devices', 'privileged', 'resources', 'network_mode'];
const knownOfProfile = ['version', 'id', 'name', 'title', 'description', 'servers', 'secrets', 'wharf'];

/** Why a key of a server's entry is no key that may be passed over, as half a sentence; undefined for one that may. */
export function whyNotInEntry(key: string): string | undefined {
  if (known.includes(key)) {
    return undefined;
  }
  if (underWharf.includes(key)) {
    return `"${key}" of a server stands under "wharf:"`;
  }
  if (foreign.includes(key)) {
    return `a server has no "${key}" here, and is not started as if it were not there`;
  }
  return misspelt(key, [...known, ...underWharf]);
}

/** The same for a key of the profile itself. */
export function whyNotInProfile(key: string): string | undefined {
  return knownOfProfile.includes(key) ? undefined : misspelt(key, knownOfProfile);
}

function misspelt(key: string, candidates: readonly string[]): string | undefined {
  const meant = nearest(key, candidates);
  return meant === undefined ? undefined : `"${key}" is not known; "${meant}" is meant, it seems`;
}
