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
const known = [...keysOfDocker, 'name', 'tools', 'remote', 'wharf'];
/** Wharf's own settings, which stand one level deeper. */
const underWharf = [
  'alias',
  'share',
  'startTimeout',
  'callTimeout',
  'idleTimeout',
  'onIdle',
  'maxInstances',
  'network',
  'cpus',
  'memory',
  'native',
  'output',
  'allowFindings',
  'secretsAs',
  'mounts',
  'tmpfs',
  'exec',
  'writable',
  'capAdd',
  'shm',
];
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
