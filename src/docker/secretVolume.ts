import { posix } from 'node:path';

import type Docker from 'dockerode';

import { holderLabel, secretsLabel } from '../core/container/labels.ts';
import { bareSpec, secretsFolder, type ContainerSpec } from '../core/container/spec.ts';
import { runAs } from '../core/container/user.ts';
import type { ServerProcess } from '../core/ports.ts';
import { ask, statusOf, workPatienceMs, type ProblemOf } from './answers.ts';
import { archiveEnd, archiveHeader, padding } from './archive.ts';
import { attachContainer } from './attachedContainer.ts';
import { containerName } from './containerName.ts';
import { createOptions } from './createOptions.ts';
import { heldContainers } from './heldContainers.ts';
import { removeContainer, removeVolume, removeWhenReachable } from './removal.ts';

const mebibyte = 1024 ** 2;
/** What a Node that waits needs. */
const holderMemory = 96 * mebibyte;

/** Thrown where Wharf's own image is not on the engine. */
export class OwnImageMissing extends Error {
  readonly image: string;
  constructor(image: string) {
    super(`There is no image ${image}.`);
    this.image = image;
  }
}

/**
 * The secret files of one container, in a volume that exists in memory alone. The engine drops its content as soon as no
 * running container has it mounted, so a helper holds it from before it is filled until the server's container runs. The
 * engine's archive API fills it, which works for engines elsewhere too, and shows nothing in "docker inspect".
 */
export class SecretVolume {
  readonly name: string;
  private readonly docker: Docker;
  private readonly spec: ContainerSpec;
  private holder: ServerProcess | undefined;

  private constructor(docker: Docker, spec: ContainerSpec, name: string) {
    this.docker = docker;
    this.spec = spec;
    this.name = name;
  }

  /** Throws as dockerode does. */
  static async create(docker: Docker, spec: ContainerSpec): Promise<SecretVolume> {
    const volume = new SecretVolume(docker, spec, `${containerName(spec)}-secrets`);
    await ask(workPatienceMs, (abortSignal) =>
      docker.createVolume({
        Name: volume.name,
        Driver: 'local',
        Labels: { ...spec.labels },
        DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: `size=${sizeOf(spec.files)},mode=0711` },
        abortSignal,
      }),
    );
    return volume;
  }

  /** The labels by which whoever finds the container finds its volume. */
  get labels(): Readonly<Record<string, string>> {
    return { [secretsLabel]: this.name };
  }

  /** `owner`: the number of the only user who may read the files; null is everyone in the container. Throws as dockerode does. */
  async fill(image: string, owner: number | null, problemOf: ProblemOf): Promise<void> {
    const spec = holderSpec(this.spec, image);
    const options = createOptions(spec, { volumes: [], user: runAs(spec, '', null), secrets: { volume: this.name, isReadOnly: false } });
    const parts = { _query: { name: containerName(spec) }, _body: options };
    const container = await ask(workPatienceMs, (abortSignal) => this.docker.createContainer({ ...parts, abortSignal })).catch(
      (error: unknown) => {
        throw statusOf(error) === 404 ? new OwnImageMissing(image) : error;
      },
    );
    heldContainers.add(container.id);
    try {
      this.holder = await attachContainer(container, problemOf);
      void this.holder.exited.finally(() => heldContainers.delete(container.id));
    } catch (error) {
      await removeContainer(container).catch(() => void removeWhenReachable(container));
      heldContainers.delete(container.id);
      throw error;
    }
    const archive = archiveOf(this.spec.files, owner);
    await ask(workPatienceMs, (abortSignal) => container.putArchive(archive, { path: secretsFolder, abortSignal }));
  }

  /** The server's container holds it from now on. */
  async release(): Promise<void> {
    await this.holder?.stop();
  }

  /** Resolves when nothing is left of it, or when the engine could not be asked: then it is empty, and whoever looks next removes it. */
  async remove(): Promise<void> {
    await this.release();
    await removeVolume(this.docker.getVolume(this.name)).catch(() => undefined);
  }
}

function holderSpec({ server, labels }: ContainerSpec, image: string): ContainerSpec {
  const limits = { cpus: 1, memory: holderMemory, pids: 32 };
  return { ...bareSpec, server, image, command: ['hold'], labels: { ...labels, [holderLabel]: 'true' }, ...limits };
}

/** Bytes. A file takes whole pages, and the largest pages in use have 64 KB. */
function sizeOf(files: ContainerSpec['files']): number {
  const page = 64 * 1024;
  return Object.values(files).reduce((sum, text) => sum + Math.ceil(Buffer.byteLength(text) / page) * page, mebibyte);
}

function archiveOf(files: ContainerSpec['files'], owner: number | null): Buffer {
  const parts = Object.entries(files).flatMap(([path, text]) => {
    if (posix.dirname(path) !== secretsFolder) {
      throw new Error(`A secret file lies directly in ${secretsFolder}, not at ${path}.`);
    }
    const data = Buffer.from(text);
    const header = { path: posix.basename(path), mode: owner === null ? 0o444 : 0o400, owner: owner ?? 0 };
    return [archiveHeader(header, data.length), data, padding(data.length)];
  });
  return Buffer.concat([...parts, archiveEnd]);
}

/**
 * The number of the user as whom a container will run, or null where it cannot be known: a program that begins as root and
 * changes to another user reads its files as that one. `user` is `number[:group]`.
 */
export function readerOf(user: string, capAdd: readonly string[]): number | null {
  return capAdd.includes('SETUID') ? null : Number(user.split(':')[0]);
}
