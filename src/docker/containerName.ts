import { randomBytes } from 'node:crypto';

import type { ContainerSpec } from '../core/container/spec.ts';

const longestPart = 40;

/** A name that tells a person what runs: `wharf-PROFILE-SERVER-` and six random hex digits. */
export function containerName(spec: Pick<ContainerSpec, 'server' | 'labels'>): string {
  const parts = [spec.labels['wharf.profile'] ?? '', spec.labels['wharf.server'] ?? spec.server].map(nameable);
  return ['wharf', ...parts.filter((part) => part !== ''), randomBytes(3).toString('hex')].join('-');
}

/** Docker takes `[a-zA-Z0-9_.-]` in a name. */
function nameable(text: string): string {
  return text
    .replace(/[^a-zA-Z0-9_.-]+/g, '-')
    .slice(0, longestPart)
    .replace(/^-+|-+$/g, '');
}
