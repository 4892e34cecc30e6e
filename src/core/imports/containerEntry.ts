import { isImageReference } from '../profile/imageReference.ts';
import type { DockerRun, GivenMount } from './dockerRun.ts';
import { EntryDraft, whyNotUsable } from './entryDraft.ts';
import { addCommon, addVariable, addVariables, plainWords } from './entryParts.ts';
import { isPath, placeOf, whyNotOpened } from './folders.ts';
import type { ForeignServer } from './foreign.ts';
import type { ImportWork } from './imported.ts';
import { isSecretWord, type ValueCarrier } from './values.ts';

/** The entry of a server that was started by `docker run`, or why there can be none, as half a sentence. */
export function containerEntry(
  run: DockerRun,
  { server, as, options: { home, isSecretText } }: ImportWork,
  carrier: ValueCarrier,
): EntryDraft | string {
  if (!isImageReference(run.image)) {
    return `"${run.image.slice(0, 100)}" is not a reference of an image`;
  }
  const isSecret = (before: string, word: string): boolean => isSecretWord(before, word, isSecretText);
  const command = plainWords(run.command, server, { home: null, isSecret });
  if (typeof command === 'string') {
    return command;
  }
  const snapshot =
    command.length === 0 ? {} : { snapshot: { server: { name: as, type: 'server', image: run.image, longLived: true, command } } };
  const base = { name: as, image: run.image, ...snapshot };
  const why = whyNotUsable(base);
  if (why !== undefined) {
    return why;
  }
  const draft = new EntryDraft(base);
  draft.carried.push(`the image ${run.image}`, ...(command.length === 0 ? [] : [`its arguments, ${command.join(' ')}`]));
  addEnvironment(draft, run, server, carrier);
  run.mounts.forEach((mount) => addMount(draft, mount, server, home));
  run.tmpfs.forEach((path) => draft.append(`the folder in memory ${path}`, 'wharf.tmpfs', [path]));
  addLimits(draft, run);
  run.leftOut.forEach(({ what, why: reason }) => draft.leave(what, reason));
  addCommon(draft, server);
  return draft;
}

function addEnvironment(draft: EntryDraft, run: DockerRun, server: ForeignServer, carrier: ValueCarrier): void {
  const given = server.transport.kind === 'stdio' ? server.transport.env : {};
  const passed = new Set<string>();
  for (const [name, value] of run.env) {
    const text = value ?? (Object.hasOwn(given, name) ? given[name] : undefined);
    if (value === null) {
      passed.add(name);
    }
    if (text === undefined) {
      addVariable(draft, name, carrier.passOn(name));
    } else {
      addVariables(draft, [[name, filledFrom(text, given)]], carrier);
    }
  }
  for (const name of Object.keys(given).filter((one) => !passed.has(one))) {
    const isUsed = run.env.some(([, value]) => value?.includes(`\${${name}}`));
    if (!isUsed) {
      draft.leave(name, 'it reached the docker command alone, and not the server in the container');
    }
  }
}

/** `-e A=${A}` of a client that fills nothing in is read by nobody, but everybody knows what is meant. */
function filledFrom(text: string, given: Readonly<Record<string, string>>): string {
  const [, name] = /^\$\{?([A-Za-z_]\w*)\}?$/.exec(text) ?? [];
  return name !== undefined && Object.hasOwn(given, name) ? (given[name] ?? text) : text;
}

const socket = /(?:^|\/)(?:docker|podman|containerd)\.sock$|docker_engine$/i;

function addMount(draft: EntryDraft, mount: GivenMount, server: ForeignServer, home: string): void {
  const source = placeOf(mount.source, server);
  if (source === undefined) {
    draft.leave(mount.written, 'its folder has a placeholder: name the folder under "wharf.mounts"');
    return;
  }
  if (socket.test(source)) {
    draft.leave(mount.written, 'whoever reaches the socket of the engine has this whole computer, and no profile grants that');
    return;
  }
  if (!isPath(source)) {
    // No path: the reader of profiles takes the name of a volume, and nothing else.
    if (
      draft.append(`a volume of its own at ${mount.target}`, 'wharf.mounts', [`${source}:${mount.target}:${mount.readOnly ? 'ro' : 'rw'}`])
    ) {
      draft.leave(
        `the data in the volume ${source}`,
        `no profile reaches a volume of other programs, so it begins with a new one; the old one is untouched and still named ${source} on the engine`,
      );
    }
    return;
  }
  const refused = whyNotOpened(source, home);
  if (refused !== undefined) {
    draft.leave(mount.written, refused);
    return;
  }
  const text = `${source}:${mount.target}:${mount.readOnly ? 'ro' : 'rw'}`;
  draft.append(`the folder ${source}${mount.readOnly ? ', to read' : ', which it may change, as it could before'}`, 'wharf.mounts', [text]);
}

function addLimits(draft: EntryDraft, { network, memory, cpus, user, capAdd, shm }: DockerRun): void {
  if (network === 'none') {
    draft.set('no network', 'wharf.network', 'none');
  } else if (network === 'host') {
    draft.leave(
      '--network host',
      'a server on this computer\'s own network reaches all that listens on it: name the hosts that it needs under "allowHosts"',
    );
  } else if (network !== null && network !== 'bridge' && network !== 'default') {
    draft.leave(`--network ${network}`, 'a profile knows no networks by name: name the hosts that it needs under "allowHosts"');
  }
  if (memory !== null) {
    draft.set(`memory ${memory}`, 'wharf.memory', memory);
  }
  if (cpus !== null) {
    draft.set(`${cpus} CPU`, 'wharf.cpus', Number(cpus));
  }
  if (user !== null) {
    draft.set(`the user ${user}`, 'wharf.user', user);
  }
  if (shm !== null) {
    draft.set(`shared memory of ${shm}`, 'wharf.shm', shm);
  }
  capAdd.forEach((name) => draft.append(`the capability ${name}`, 'wharf.capAdd', [name]));
}
