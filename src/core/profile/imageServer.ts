import { isScalar, type YAMLMap } from 'yaml';

import { DockerEntryReader } from './dockerEntry.ts';
import { isImageReference } from './imageReference.ts';
import type { ImageServer } from './profile.ts';
import { parseBytes, parseDuration } from './units.ts';

/** Time to answer "initialize" when the profile says nothing. */
export const defaultStartTimeoutMs = 30_000;

/** A day: Node's timers hold no more than 24 of them and fire at once beyond. */
const longestStartTimeoutMs = 24 * 3_600_000;

/** A name is shown in trees, messages and terminals, and becomes part of tool names. */
const serverName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

/** Wharf's own settings of a server. A misspelt one would give the server more than the file asks for. */
const ownSettings = ['alias', 'network', 'cpus', 'memory', 'startTimeout'];

/** Reads an entry that names an image. */
export class ImageServerReader extends DockerEntryReader {
  read(entry: YAMLMap, image: string): Omit<ImageServer, 'tools' | 'line'> {
    const snapshot = this.optionalMap(entry, 'snapshot');
    const docker = snapshot === undefined ? undefined : this.optionalMap(snapshot, 'server');
    const own = this.optionalMap(entry, 'wharf');
    if (!isImageReference(image)) {
      throw this.bad(this.value(entry, 'image'), `"${image}" is not a reference of an image`);
    }
    this.refuseNeeds(entry, docker);
    this.refuseUnknown(own);
    return {
      kind: 'image',
      name: this.name(entry, own, docker, image),
      image,
      command: this.command(docker),
      env: this.environment([docker, entry]),
      network: this.network(own, [docker, entry]),
      limits: {
        ...this.setting(own, 'cpus', parseCpus, 'a number above 0'),
        ...this.setting(own, 'memory', parseBytes, 'a size such as 512m or 2g'),
      },
      startTimeoutMs:
        this.setting(own, 'startTimeout', parseStartTimeout, 'a time such as 30s or 2m, and at most 24h').startTimeout ??
        defaultStartTimeoutMs,
    };
  }

  private refuseUnknown(own: YAMLMap | undefined): void {
    for (const { key } of own?.items ?? []) {
      const name = isScalar(key) ? String(key.value) : '';
      if (!ownSettings.includes(name)) {
        throw this.bad(isScalar(key) ? key : own, `"wharf" has no setting "${name}" in this version; it has ${ownSettings.join(', ')}`);
      }
    }
  }

  private name(entry: YAMLMap, own: YAMLMap | undefined, docker: YAMLMap | undefined, image: string): string {
    const places = [
      [own, 'alias'],
      [entry, 'name'],
      [docker, 'name'],
    ] as const;
    const said = places.find(([map, key]) => map !== undefined && this.value(map, key) !== undefined);
    const name = (said?.[0] && this.text(said[0], said[1])) ?? nameFromImage(image);
    if (!serverName.test(name)) {
      const words = `"${name}" is not a name of a server: it has up to 63 letters, digits, dots, dashes and underscores`;
      throw this.bad((said?.[0] && this.value(said[0], said[1])) ?? entry, words);
    }
    return name;
  }

  /** One of Wharf's own settings under its name, or nothing where the profile is silent. */
  private setting<Key extends string>(
    own: YAMLMap | undefined,
    key: Key,
    parse: (value: unknown) => number | undefined,
    words: string,
  ): { [K in Key]?: number } {
    const node = own && this.value(own, key);
    if (node === undefined) {
      return {};
    }
    const value = isScalar(node) ? parse(node.value) : undefined;
    if (value === undefined) {
      throw this.bad(node, `wharf.${key} is not ${words}`);
    }
    return { [key]: value } as { [K in Key]?: number };
  }
}

function parseCpus(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : undefined;
}

function parseStartTimeout(value: unknown): number | undefined {
  const ms = parseDuration(value);
  return ms === undefined || ms > longestStartTimeoutMs ? undefined : ms;
}

/** `registry/team/everything:1.2@sha256:…` gives `everything`. */
function nameFromImage(image: string): string {
  const last = image.split('/').at(-1) ?? image;
  return last.split('@')[0]?.split(':')[0] ?? last;
}
