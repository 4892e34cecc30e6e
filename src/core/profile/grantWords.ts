import { guardedParts } from '../container/mounts.ts';
import { isRoot } from '../container/user.ts';
import { allowedHostText } from '../network/allowedHost.ts';
import { quoted } from './commandLine.ts';
import { defaultLimits } from '../container/spec.ts';
import { isLoose, raisedLimits } from './grants.ts';
import { shownValue } from './literalValue.ts';
import type { ImageServer, Isolation, NetworkWish, PociServer, ProfileServer, SecretUse, ServerOutput } from './profile.ts';
import { shownNetwork } from './shownNetwork.ts';

/** One thing that a server gets beyond the strictest settings, in words. */
export interface Grant {
  readonly kind: 'secret' | 'network' | 'mount' | 'isolation' | 'output';
  readonly words: string;
  /** It weakens what stands between the server and everything else, as a folder in memory does not. */
  readonly isWide: boolean;
}

/** An image that something is granted to. */
export interface ImageNow {
  readonly image: string;
  /** Its content id; null where the engine does not have it yet, or could not be asked. */
  readonly id: string | null;
}

/** Which image gets what is granted. */
export function imageWords({ image, id }: ImageNow): string {
  return id === null
    ? `image: not known here yet, so all this is for whatever ${image} stands for when it first starts`
    : `image: all this is for the one that is here now, ${id.replace(/^sha256:/, '').slice(0, 12)}, and for no other`;
}

/** What a person grants with a server, in the order in which it is shown. */
export function grantsOf(server: ProfileServer): readonly Grant[] {
  if (server.kind === 'builtIn') {
    return [];
  }
  const isContainer = server.kind === 'image' || server.kind === 'poci';
  return [
    ...secretWords(server.secrets).map((words) => ({ kind: 'secret', words, isWide: false }) as const),
    ...(isContainer && server.network.kind !== 'none' ? [networkGrant(server)] : []),
    ...(isContainer ? [...isolationGrants(server.isolation), ...limitGrants(server)] : []),
    ...outputWords(server.output).map((words) => ({ kind: 'output', words, isWide: true }) as const),
  ];
}

/** What an entry itself says of a server's address and variables: they may bend what a program does, or name where a secret goes. */
export function settingWords(server: ProfileServer): readonly string[] {
  if (server.kind === 'builtIn') {
    return [];
  }
  if (server.kind === 'remote') {
    const headers = Object.keys(server.headers);
    return [`address: ${shownValue('', server.url)}`, ...(headers.length === 0 ? [] : [`headers: ${headers.join(', ')}`])];
  }
  const variables = Object.entries(server.env).map(([name, value]) => `${name}=${quoted(shownValue(name, value))}`);
  return variables.length === 0 ? [] : [`environment: ${variables.join(' ')}`];
}

/** Which secrets a server gets, and from where. */
function secretWords(secrets: readonly SecretUse[]): readonly string[] {
  return secrets.map(({ env, reference, as }) => `secret: ${env}${as === 'file' ? '_FILE' : ''} from ${reference}`);
}

function networkGrant(server: ImageServer | PociServer): Grant {
  return { kind: 'network', words: `network: ${networkWords(server)}`, isWide: isWide(shownNetwork(server)) };
}

/** Whether hosts are reached that nobody named. */
export function isWide({ kind }: NetworkWish): boolean {
  return kind === 'open' || kind === 'learn';
}

/** What a container may reach. */
export function networkWords(server: Pick<ImageServer, 'env' | 'network' | 'secrets'>): string {
  const network = shownNetwork(server);
  switch (network.kind) {
    case 'none':
      return 'none';
    case 'declared':
      return declaredWords(network.hosts.map(allowedHostText), server);
    case 'learn': {
      const hosts = network.hosts.map(allowedHostText).join(', ');
      return `open to every public host, each written down${hosts === '' ? '' : `; also ${hosts}`}`;
    }
    case 'open':
      return network.isChosen ? 'open to every host, chosen by the profile' : 'open to every host';
  }
}

/** What the user outside may run is kept from a server that may write beside it, and no deeper. */
const exceptGuarded = `but for ${guardedParts.join(', ')} right in it; what lies deeper can be changed, those of other projects too`;

/** Values of secrets are not known here, and count like those of variables. */
function declaredWords(hosts: readonly string[], { network, secrets }: Pick<ImageServer, 'network' | 'secrets'>): string {
  const named = hosts.length === 0 ? 'no host' : `only ${hosts.join(', ')}`;
  if (secrets.length === 0) {
    return named;
  }
  const more = hosts.length === 0 ? `${named} but those that its secrets name` : `${named}, and hosts that its secrets name`;
  return network.kind === 'open' ? `${more}; open where a secret names an address` : more;
}

function changedWords(source: string): string {
  return /[/\\]\.git[/\\]?$/.test(source) ? 'with all that git runs from it on this computer' : exceptGuarded;
}

function isolationGrants({ mounts, volumes, tmpfs, exec, writable, capAdd, user, shm }: Isolation): readonly Grant[] {
  const isolation = (words: string, isWide: boolean): Grant => ({ kind: 'isolation', words, isWide });
  return [
    ...mounts.map(({ source, target, readOnly }): Grant => ({
      kind: 'mount',
      words: `mount: ${source} as ${target}, ${readOnly ? 'to read' : `to read and TO CHANGE, ${changedWords(source)}`}`,
      isWide: !readOnly,
    })),
    ...volumes.map(({ name, target, readOnly }): Grant => ({
      kind: 'mount',
      words: `data that stays: ${name} as ${target}, ${readOnly ? 'to read' : 'kept for this server of this profile when it stops'}`,
      isWide: false,
    })),
    ...(writable ? [isolation('writable: its whole root file system, until it stops', false)] : []),
    ...tmpfs.map((path) => isolation(`folder in memory: ${path}`, false)),
    ...exec.map((path) => isolation(`folder in memory, with programs: ${path}`, false)),
    ...(capAdd.length === 0 ? [] : [isolation(`capabilities: ${capAdd.join(', ')}`, true)]),
    ...(user === null ? [] : [isolation(`user: ${user}`, isRoot(user))]),
    ...(shm === null ? [] : [isolation(`shared memory: ${Math.round(shm / 1024 ** 2)} MB`, false)]),
  ];
}

function limitGrants(server: ImageServer | PociServer): readonly Grant[] {
  const { cpus, memory } = server.limits;
  const megabytes = (bytes = 0): number => Math.round(bytes / 1024 ** 2);
  const words = {
    cpus: `CPU: ${cpus}, where others get ${defaultLimits.cpus}`,
    memory: `memory: ${megabytes(memory)} MB, where others get ${megabytes(defaultLimits.memory)} MB`,
  };
  return raisedLimits(server).map((limit) => ({ kind: 'isolation', words: words[limit], isWide: false }));
}

/** Where secrets in what a server says reach the model. */
function outputWords({ policy, tools, allow }: ServerOutput): readonly string[] {
  const said = [...(policy === null ? [] : [['all its tools', policy] as const]), ...Object.entries(tools)];
  return [
    ...said.filter(([, one]) => isLoose(one)).map(([names, one]) => `output: secrets in what it says reach the model (${names}: ${one})`),
    ...(allow.length === 0 ? [] : [`output: taken for no secrets: ${allow.join(', ')}`]),
  ];
}
