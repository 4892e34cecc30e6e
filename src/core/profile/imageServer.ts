import type { YAMLMap } from 'yaml';

import { DockerEntryReader } from './dockerEntry.ts';
import { IsolationReader } from './isolationSettings.ts';
import { SnapshotFiller } from './filledSnapshot.ts';
import { isImageReference, nameFromImage } from './imageReference.ts';
import type { ImageServer } from './profile.ts';
import { PromisedToolsReader } from './promisedTools.ts';
import { SecretUsesReader } from './secretUses.ts';
import { parseCpus, parseMemory } from './units.ts';

/** Reads an entry that names an image. */
export class ImageServerReader extends DockerEntryReader {
  read(entry: YAMLMap, image: string): Omit<ImageServer, 'tools' | 'line'> {
    const { snapshot: docker, variables, missing } = new SnapshotFiller(this.document, this.at).fill(entry, this.snapshot(entry));
    const own = this.optionalMap(entry, 'wharf');
    if (!isImageReference(image)) {
      throw this.bad(this.value(entry, 'image'), `"${image}" is not a reference of an image`);
    }
    this.refuseNeeds(entry, docker);
    const secrets = new SecretUsesReader(this.document, this.at).read(entry, docker, own, variables);
    const common = this.common(own, 'image', { share: this.sharing(docker) });
    const isolation = new IsolationReader(this.document, this.at).read(entry, docker, own);
    return {
      kind: 'image',
      name: this.name(entry, own, [entry, docker], nameFromImage(image)),
      image,
      ...common,
      // Two that write the same files may spoil them, as few programs expect another one there.
      maxInstances: common.maxInstances ?? (isolation.volumes.some(({ readOnly }) => !readOnly) ? 1 : null),
      missingConfig: missing,
      command: this.command(docker),
      ...this.environment(docker, entry, secrets, variables),
      secrets,
      network: this.network(own, entry, docker),
      isolation,
      limits: this.limits(own),
      promisedTools: new PromisedToolsReader(this.document, this.at).read(docker),
    };
  }

  private limits(own: YAMLMap | undefined): ImageServer['limits'] {
    const cpus = this.setting(own, 'cpus', parseCpus, 'a number above 0');
    const memory = this.setting(own, 'memory', parseMemory, 'a size of at least 6m, such as 512m or 2g');
    return { ...(cpus === undefined ? {} : { cpus }), ...(memory === undefined ? {} : { memory }) };
  }
}
