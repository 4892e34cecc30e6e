import { isImageReference } from '../profile/imageReference.ts';

/** Where images without a registry in their name come from. */
export const dockerHub = 'docker.io';

/** Other names by which Docker Hub answers. A policy's rule must not be passed by under one of them. */
const hubNames = new Set([dockerHub, 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']);

/** A reference of an image in full, so that one image has one name. */
export interface ImageName {
  /** `docker.io`, `ghcr.io`, `localhost:5000`; in lower case, without the port 443. */
  readonly host: string;
  /** `library/alpine`, `team/server`. */
  readonly path: string;
  /** `host/path`. */
  readonly repository: string;
  readonly tag: string | null;
  /** `sha256:` and 64 digits. */
  readonly digest: string | null;
}

/** Takes a reference apart as github.com/distribution/reference does; undefined for what is none, or has a digest other than SHA-256. */
export function parseImageName(reference: string): ImageName | undefined {
  if (!isImageReference(reference)) {
    return undefined;
  }
  const [named = '', written] = reference.split('@');
  const digest = written === undefined ? null : written.toLowerCase();
  if (digest !== null && !isDigest(digest)) {
    return undefined;
  }
  const [, whole = named, tag] = /^(.*?)(?::([^:/]+))?$/.exec(named) ?? [];
  const [first = '', ...rest] = whole.split('/');
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first.toLowerCase() === 'localhost');
  const host = hasHost ? hostName(first) : dockerHub;
  const local = hasHost ? rest.join('/') : whole;
  const path = host === dockerHub && !local.includes('/') ? `library/${local}` : local;
  return { host, path, repository: `${host}/${path}`, tag: tag ?? null, digest };
}

/** Whether a text is a digest that Wharf can check: `sha256:` and 64 digits in lower case. */
export function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

/** The name with the digest alone, by which exactly this content is started. */
export function pinnedName({ repository }: ImageName, digest: string): string {
  return `${repository}@${digest}`;
}

function hostName(written: string): string {
  const host = written.toLowerCase().replace(/:443$/, '');
  return hubNames.has(host) ? dockerHub : host;
}
