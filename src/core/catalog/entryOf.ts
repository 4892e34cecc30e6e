import { isImageReference } from '../profile/imageReference.ts';
import { parseRemoteAddress } from '../profile/remoteAddress.ts';
import { whyUnsound } from './bounds.ts';
import type { CatalogEntry, DockerServer, PromisedTool } from './entry.ts';
import { isValues, textOf, whyMisshapen, type Values } from './serverShape.ts';

/** Why a server of a catalogue cannot be used, as half a sentence. */
export interface Unusable {
  readonly why: string;
}

/** What a profile can call a server; it is shown in terminals, and becomes part of the names of tools. */
const serverName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

const transports = ['', 'sse', 'http', 'streamable', 'streaming', 'streamable-http'];

export function whyNoName(name: string): string | undefined {
  return serverName.test(name) ? undefined : 'its name is not one of up to 63 letters, digits, dots, dashes and underscores';
}

/** Makes an entry of what Docker's catalogues say of one server. A part that has another form than Docker gives it is not passed over. */
export function entryOf(name: string, given: unknown): CatalogEntry | Unusable {
  if (!isValues(given)) {
    return { why: 'it is not a map of keys' };
  }
  const why = whyNoName(name) ?? whyUnsound(given) ?? whyMisshapen(given);
  if (why !== undefined) {
    return { why };
  }
  const type = typeOf(given);
  const server: DockerServer = { ...given, name, ...(type === undefined ? {} : { type }) };
  const common = { name, title: textOf(given, 'title'), description: textOf(given, 'description'), tools: promisedTools(given), server };
  switch (type) {
    case 'remote':
      return remote(given) ?? { kind: 'remote', ...common, endpoint: remoteUrl(given) };
    case 'poci':
      return poci(given) ?? { kind: 'poci', ...common };
    case 'server':
      return image(given) ?? { kind: 'image', ...common, image: textOf(given, 'image') };
    default:
      return {
        why:
          type === undefined ? 'it has neither an image nor an address' : `its type "${type.slice(0, 80)}" is not server, remote or poci`,
      };
  }
}

/** Docker's word for what a server is, which older catalogues leave out. */
function typeOf(server: Values): string | undefined {
  const said = textOf(server, 'type');
  if (said !== '') {
    return said;
  }
  if (textOf(server, 'image') !== '') {
    return 'server';
  }
  if (remoteUrl(server) !== '') {
    return 'remote';
  }
  return containersOf(server).some((container) => isValues(container)) ? 'poci' : undefined;
}

function remoteUrl(server: Values): string {
  const remote = server['remote'];
  return (isValues(remote) ? textOf(remote, 'url') : '') || textOf(server, 'sseEndpoint');
}

function remote(server: Values): Unusable | undefined {
  const url = remoteUrl(server);
  if (url === '') {
    return { why: 'it is remote, and has no address' };
  }
  const transport = isValues(server['remote']) ? textOf(server['remote'], 'transport_type') : '';
  if (!transports.includes(transport)) {
    return { why: `its transport "${transport.slice(0, 80)}" is not known, only streamable-http and sse are` };
  }
  if (/\{\{|\$/.test(url)) {
    // Whoever fills it in looks at it then.
    return /^[\x21-\x7e]{1,2000}$/.test(url) ? undefined : { why: 'its address is not plain text' };
  }
  const address = parseRemoteAddress(url);
  return address.kind === 'refused' ? { why: `its address ${address.why}` } : undefined;
}

function image(server: Values): Unusable | undefined {
  const reference = textOf(server, 'image');
  if (reference === '') {
    return { why: 'it has no image' };
  }
  if (remoteUrl(server) !== '') {
    return { why: 'it has an image and an address, and only one of them can be meant' };
  }
  return isImageReference(reference) ? undefined : { why: `"${reference.slice(0, 80)}" is not a reference of an image` };
}

function containersOf(server: Values): readonly unknown[] {
  const tools = server['tools'];
  return Array.isArray(tools) ? tools.map((tool: unknown) => (isValues(tool) ? tool['container'] : undefined)) : [];
}

function poci(server: Values): Unusable | undefined {
  const containers = containersOf(server);
  if (containers.length === 0) {
    return { why: 'each of its tools would be a container, and it has none' };
  }
  const isSound = containers.every((container) => isValues(container) && isImageReference(textOf(container, 'image')));
  return isSound ? undefined : { why: 'each of its tools is a container, and one names no image' };
}

function promisedTools(server: Values): readonly PromisedTool[] {
  const tools = server['tools'];
  return (Array.isArray(tools) ? tools : []).flatMap((tool: unknown) => {
    const name = isValues(tool) ? textOf(tool, 'name') : '';
    return isValues(tool) && name !== '' ? [{ name, description: textOf(tool, 'description') }] : [];
  });
}
