import { allowedHostText } from '../network/allowedHost.ts';
import { isLoose } from './grants.ts';
import type { Isolation, NetworkWish, SecretUse, ServerOutput } from './profile.ts';

/** Which secrets a server gets, and from where. */
export function secretWords(secrets: readonly SecretUse[]): readonly string[] {
  return secrets.map(({ env, reference, as }) => `secret: ${env}${as === 'file' ? '_FILE' : ''} from ${reference}`);
}

/** What a container may reach. */
export function networkWords(network: NetworkWish): string {
  const hosts = 'hosts' in network ? network.hosts.map(allowedHostText).join(', ') : '';
  switch (network.kind) {
    case 'none':
      return 'none';
    case 'declared':
      return `only ${hosts === '' ? 'the hosts that its variables name' : hosts}`;
    case 'learn':
      return `every public host, and each is written down${hosts === '' ? '' : `; also ${hosts}`}`;
    case 'open':
      return network.isChosen ? 'open, chosen by the profile' : 'open';
  }
}

/** What a container gets beyond the strictest settings. */
export function relaxedWords({ mounts, tmpfs, exec, writable, capAdd, user, shm }: Isolation): readonly string[] {
  return [
    ...mounts.map(({ source, target, readOnly }) => `mount: ${source} as ${target}, ${readOnly ? 'to read' : 'TO CHANGE'}`),
    ...(writable ? ['its root file system can be written to'] : []),
    ...tmpfs.map((path) => `a folder in memory: ${path}`),
    ...exec.map((path) => `a folder in memory, with programs: ${path}`),
    ...(capAdd.length === 0 ? [] : [`capabilities: ${capAdd.join(', ')}`]),
    ...(user === null ? [] : [`user: ${user}`]),
    ...(shm === null ? [] : [`shared memory: ${Math.round(shm / 1024 ** 2)} MB`]),
  ];
}

/** Where secrets in what a server says reach the model. */
export function outputWords({ policy, tools, allow }: ServerOutput): readonly string[] {
  const said = [...(policy === null ? [] : [['all its tools', policy] as const]), ...Object.entries(tools)];
  return [
    ...said.filter(([, one]) => isLoose(one)).map(([names, one]) => `secrets in what it says reach the model (${names}: ${one})`),
    ...(allow.length === 0 ? [] : [`taken for no secrets: ${allow.join(', ')}`]),
  ];
}
