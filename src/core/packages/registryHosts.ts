import { parseAllowedHost, type AllowedHost } from '../network/allowedHost.ts';
import type { PackageKind } from './packageReference.ts';

const webAddress = /^(https?):\/\/(?:([^/?#@\s]*)@)?([^/?#@\s]+)(?:[/?#]\S*)?$/i;

/** The hosts of web addresses; undefined where one of them is no such address. */
export function registryHosts(addresses: readonly string[]): readonly AllowedHost[] | undefined {
  const found = addresses.map(hostOf).filter((host) => host !== undefined);
  return found.length === 0 || found.length < addresses.length ? undefined : found;
}

function hostOf(address: string): AllowedHost | undefined {
  const [, protocol = '', , authority = ''] = webAddress.exec(address) ?? [];
  const hasPort = /:\d+$/.test(authority);
  return parseAllowedHost(hasPort ? authority : `${authority}:${protocol.toLowerCase() === 'http' ? 80 : 443}`);
}

/** Whether an address of a registry can be used: it is on the web, and says no password, which would be seen where it is passed on. */
export function isRegistryAddress(text: string): boolean {
  return hostOf(text) !== undefined && webAddress.exec(text)?.[2] === undefined;
}

/** The variables by which npm and pip know their registry. */
export function registryEnv(kind: PackageKind, registry: string | null): Readonly<Record<string, string>> {
  if (registry === null) {
    return {};
  }
  if (kind === 'npx') {
    return { npm_config_registry: registry };
  }
  const host = hostOf(registry)?.host ?? '';
  // pip asks nothing without TLS, but where it is told that this is meant.
  return { PIP_INDEX_URL: registry, ...(/^http:/i.test(registry) ? { PIP_TRUSTED_HOST: host } : {}) };
}
