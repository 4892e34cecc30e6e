import { parseSecretReference } from '../secrets/reference.ts';
import { grantsOf, isWide } from './grantWords.ts';
import type { ProfileServer } from './profile.ts';

/**
 * What a catalogue's own words would give to a server that nobody expects of its name, in words: folders of this computer, a user to
 * run as, and secrets of others. `names` are those that the server goes by: `NAME` and `NAME.…` in the vault are its own. `isThere`
 * says whether the vault has a secret: one that is not there yet goes nowhere before its user sets it.
 */
export function unexpectedGrants(server: ProfileServer, names: readonly string[], isThere: (secret: string) => boolean): readonly string[] {
  // A command of the user, and a part of Wharf, have nothing from a catalogue.
  if (server.kind === 'native' || server.kind === 'builtIn') {
    return [];
  }
  const others = server.secrets.filter(({ reference }) => !isOwnSecret(reference, names) && isGiven(reference, isThere));
  const isolation = server.kind === 'remote' ? undefined : server.isolation;
  const asUser = [isolation?.user, ...(server.kind === 'poci' ? server.toolContainers.map(({ user }) => user) : [])];
  return [
    ...others.map(({ env, reference }) => `secret: ${env} from ${reference}`),
    ...(isolation?.mounts ?? []).map(({ source, target, readOnly }) => `mount: ${source} as ${target}${readOnly ? '' : ' to change'}`),
    ...asUser.flatMap((user) => (user === null || user === undefined ? [] : [`user: ${user}`])),
  ];
}

/**
 * What a profile in a file gives to a server beyond the strictest settings and Docker's own, in words. `isThere` as above.
 */
export function importedGrants(server: ProfileServer, isThere: (secret: string) => boolean): readonly string[] {
  if (server.kind === 'builtIn') {
    return [];
  }
  const kept = server.secrets.filter(({ reference }) => isGiven(reference, isThere));
  const isChosen = 'network' in server && isWide(server.network) && !(server.network.kind === 'open' && !server.network.isChosen);
  const others = grantsOf(server).filter(({ kind }) => kind !== 'secret' && kind !== 'network');
  return [
    ...(server.kind === 'native' ? [`runs ${server.command} as you`] : []),
    ...kept.map(({ env, reference }) => `secret: ${env} from ${reference}`),
    ...(isChosen ? ['network: open'] : []),
    ...others.map(({ words }) => words),
    ...(server.kind === 'poci' ? server.toolContainers.flatMap(({ user }) => (user === null ? [] : [`user: ${user}`])) : []),
  ];
}

function isGiven(reference: string, isThere: (secret: string) => boolean): boolean {
  const parsed = parseSecretReference(reference);
  return parsed?.kind !== 'vault' || isThere(parsed.name);
}

function isOwnSecret(reference: string, names: readonly string[]): boolean {
  const parsed = parseSecretReference(reference);
  return parsed?.kind === 'vault' && names.some((name) => parsed.name === name || parsed.name.startsWith(`${name}.`));
}
