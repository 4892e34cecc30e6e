import type { Zone } from '../../core/network/zone.ts';
import { dockerHub } from '../../core/provenance/imageName.ts';
import { RegistryError } from './registryError.ts';

/** The root of a registry's API. Without TLS only on this computer, or where somebody said so. */
export function registryBase(host: string, saidPlain: boolean): URL {
  const isPlain = isLoopback(host.replace(/:\d+$/, '')) || saidPlain;
  return new URL(`${isPlain ? 'http' : 'https'}://${host === dockerHub ? 'registry-1.docker.io' : host}/`);
}

/** Refuses where a registry may not lead us: out of TLS, or from elsewhere to a service of this computer. `sendOver` looks at addresses. */
export function checkedTarget(from: URL, location: string): URL {
  let target: URL;
  try {
    target = new URL(location, from);
  } catch {
    throw new RegistryError('it leads to an address that is none');
  }
  const staysPlain = target.protocol === 'http:' && from.protocol === 'http:' && (isLoopback(target.hostname) || target.host === from.host);
  if (target.protocol !== 'https:' && !staysPlain) {
    throw new RegistryError(`it leads to ${target.protocol}//${target.host}, which is not encrypted`);
  }
  if (isLoopback(target.hostname) && !isLoopback(from.hostname)) {
    throw new RegistryError('it leads to an address of this computer');
  }
  if (target.username !== '' || target.password !== '') {
    throw new RegistryError('it leads to an address with a password in it');
  }
  return target;
}

const zones: readonly Zone[] = ['public', 'private', 'loopback'];

export function fartherOf(one: Zone, other: Zone): Zone {
  return zones.indexOf(one) <= zones.indexOf(other) ? one : other;
}

export function nearerOf(one: Zone, other: Zone): Zone {
  return fartherOf(one, other) === one ? other : one;
}

function isLoopback(name: string): boolean {
  return name === 'localhost' || /^127(?:\.\d{1,3}){3}$/.test(name) || name === '[::1]';
}
