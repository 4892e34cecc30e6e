import { pinnableHosts } from '../core/network/pinnable.ts';
import type { ServedProfile } from '../core/profile/grants.ts';
import type { ProfileServer } from '../core/profile/profile.ts';
import { parseSecretReference } from '../core/secrets/reference.ts';
import type { Vault } from '../node/vault/vault.ts';
import type { ServerReport } from '../shared/servers.ts';
import type { LearnedHosts } from './egress/learnedHosts.ts';

/** What the servers of a profile want from the vault, by the name of each; the vault is looked at once, and only where one wants something. */
export async function vaultNeeds({ servers }: ServedProfile, vault: Vault): Promise<(server: string) => Pick<ServerReport, 'secrets'>> {
  const wanted = new Map(servers.map((server) => [server.name, vaultNames(server)]));
  if ([...wanted.values()].every((names) => names.length === 0)) {
    return () => ({});
  }
  const [listed, status] = await Promise.all([vault.list(), vault.status()]);
  const there = new Set(listed.ok ? listed.value.map(({ name }) => name) : []);
  const isLocked = status.ok && status.value.kind === 'locked' && !status.value.opensItself;
  return (server) => {
    const names = wanted.get(server) ?? [];
    // A vault that cannot be read is told of when a server starts.
    return names.length === 0 || !listed.ok ? {} : { secrets: { missing: names.filter((name) => !there.has(name)), isLocked } };
  };
}

function vaultNames(server: ProfileServer): readonly string[] {
  const uses = server.kind === 'builtIn' ? [] : server.secrets;
  const names = uses.flatMap(({ reference }) => {
    const parsed = parseSecretReference(reference);
    return parsed?.kind === 'vault' ? [parsed.name] : [];
  });
  return [...new Set(names)];
}

export function learnedBy({ servers, origin }: ServedProfile, name: string, learned: LearnedHosts): Pick<ServerReport, 'learnedHosts'> {
  const server = servers.find((one) => one.name === name);
  const learns = server?.kind === 'image' && server.network.kind === 'learn';
  return learns ? { learnedHosts: pinnableHosts(learned.hosts(origin.path, name)).length } : {};
}
