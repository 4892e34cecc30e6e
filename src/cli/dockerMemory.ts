import { homedir } from 'node:os';

import { locationFile, rememberedDocker, type Locations } from '../node/locations.ts';

/** What is said when a shell's variables changed where every Wharf program of this user looks for Docker, for the vault's key, or for its own image. */
export function changedMemory(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.flatMap((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    if (old === now) {
      return [];
    }
    const undo = `Undo it with "${name}=${old ?? ''} wharf daemon status".`;
    return now === undefined
      ? [`${name} is forgotten, which was ${old}. ${undo}`]
      : [
          `${name}=${now} of this shell is remembered for all your Wharf programs${old === undefined ? '' : `, in place of ${old}`}. ${undo}`,
        ];
  });
}

/** Whether Wharf looks for Docker where a shell of before said. */
export function hasRememberedDocker(): boolean {
  return rememberedDocker().size > 0;
}

/** Where the address of Docker was learnt, as a sentence. */
export function dockerSource({ environment }: Locations): string {
  const name = ['DOCKER_HOST', 'DOCKER_CONTEXT'].find((one) => environment[one] !== undefined);
  if (name === undefined) {
    return "Docker's address is that of the docker command's current context, or the usual one: no DOCKER_HOST is remembered.";
  }
  const file = locationFile(process.env, homedir(), process.platform);
  const source = `Docker's address comes from ${name}=${environment[name]}`;
  return rememberedDocker().get(name) === environment[name]
    ? `${source}, remembered in ${file}; "${name}= wharf daemon status" forgets it.`
    : `${source} of this shell; it could not be remembered in ${file}.`;
}

/** Which image Wharf takes for its own, where a variable names one; as sentences. */
export function imageSource({ environment }: Locations): readonly string[] {
  const image = environment['WHARF_IMAGE'];
  return image === undefined ? [] : [`Wharf's own image is WHARF_IMAGE=${image}; "WHARF_IMAGE= wharf daemon status" forgets it.`];
}
