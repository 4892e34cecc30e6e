import type { ProfileSelection } from '../shared/controlProtocol.ts';

/** No id has a slash; one that ends like a file is taken for it. */
export function selectionOf(given: string): ProfileSelection {
  return /[\\/]|\.ya?ml$/.test(given) ? { by: 'file', path: given } : { by: 'id', id: given };
}
