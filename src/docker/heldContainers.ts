/**
 * The containers that this process starts, or talks to. A watch never takes one of them for a leftover, whoever
 * knows of it: it may be a second old, or run for an interceptor.
 */
export const heldContainers = new Set<string>();

/** The same for networks. */
export const heldNetworks = new Set<string>();
