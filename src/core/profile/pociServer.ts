import { isSeq, type YAMLMap } from 'yaml';

import { DockerEntryReader } from './dockerEntry.ts';
import { SnapshotFiller } from './filledSnapshot.ts';
import { isImageReference } from './imageReference.ts';
import { IsolationReader } from './isolationSettings.ts';
import type { ImageServer, PociServer, ToolContainer } from './profile.ts';
import { PromisedToolsReader } from './promisedTools.ts';
import { SecretUsesReader } from './secretUses.ts';
import { parseCpus, parseMemory } from './units.ts';

/** Reads an entry whose tools are containers of their own. */
export class PociServerReader extends DockerEntryReader {
  read(entry: YAMLMap): Omit<PociServer, 'tools' | 'line'> {
    const { snapshot: docker, variables, missing } = new SnapshotFiller(this.document, this.at).fill(entry, this.snapshot(entry));
    const own = this.optionalMap(entry, 'wharf');
    this.refuseNeeds(entry, docker);
    const secrets = new SecretUsesReader(this.document, this.at).read(entry, docker, own, variables);
    const { env } = this.environment(docker, entry, secrets, variables);
    return {
      kind: 'poci',
      name: this.name(entry, own, [entry, docker], undefined),
      // Nothing is left of a call.
      ...this.common(own, 'poci', { share: 'user', startTimeoutMs: 10_000 }),
      missingConfig: missing,
      toolContainers: this.toolContainers(entry, docker),
      env,
      secrets,
      network: this.network(own, entry, docker),
      isolation: new IsolationReader(this.document, this.at).read(entry, undefined, own),
      limits: this.limits(own),
      promisedTools: new PromisedToolsReader(this.document, this.at).read(docker),
    };
  }

  private toolContainers(entry: YAMLMap, docker: YAMLMap | undefined): readonly ToolContainer[] {
    const list = docker && this.value(docker, 'tools');
    const containers = (isSeq(list) ? list.items : []).flatMap((item) => {
      const tool = this.map(item, 'a tool of its snapshot');
      const container = this.optionalMap(tool, 'container');
      const name = this.text(tool, 'name');
      return name === undefined || container === undefined ? [] : [this.toolContainer(name, container)];
    });
    if (containers.length === 0) {
      throw this.bad(entry, 'each of its tools should be a container of its own, and none names one');
    }
    return containers;
  }

  private toolContainer(tool: string, container: YAMLMap): ToolContainer {
    const image = this.text(container, 'image') ?? '';
    if (!isImageReference(image)) {
      throw this.bad(this.value(container, 'image') ?? container, `the tool "${tool}" names no image`);
    }
    return {
      tool,
      image,
      command: this.texts(container, 'command') ?? [],
      volumes: this.texts(container, 'volumes') ?? [],
      user: this.unlessEmpty(container, 'user') ?? null,
    };
  }

  private limits(own: YAMLMap | undefined): ImageServer['limits'] {
    const cpus = this.setting(own, 'cpus', parseCpus, 'a number above 0');
    const memory = this.setting(own, 'memory', parseMemory, 'a size of at least 6m, such as 512m or 2g');
    return { ...(cpus === undefined ? {} : { cpus }), ...(memory === undefined ? {} : { memory }) };
  }
}
