import type Docker from 'dockerode';

import { holderLabel } from '../core/container/labels.ts';
import type { ContainerSpec } from '../core/container/spec.ts';
import { isRoot, runAs } from '../core/container/user.ts';
import * as problems from '../core/problems.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { ask, statusOf, workPatienceMs } from './answers.ts';
import { containerName } from './containerName.ts';
import { createOptions } from './createOptions.ts';
import { heldContainers } from './heldContainers.ts';
import type { ImageFacts } from './imageCatalog.ts';
import { removeContainer, removeWhenReachable } from './removal.ts';

/** Bytes: the most of a list of users that is looked through. */
const passwdLimit = 1024 ** 2;
const headerLength = 512;

/** Says by its number who a container's server is: an image may give any name the number of root. */
export class ImageUsers {
  /** By the content of the image: who is in it does not change. */
  private readonly lists = new Map<string, Promise<string>>();

  /**
   * `user[:group]` with a number for the user, as `runAs` has it (src/core/container/user.ts). Whom the image names and does not
   * plainly list is taken for root; a profile gets nobody of whom that is so. Throws as dockerode does.
   */
  async numbered(docker: Docker, spec: ContainerSpec, image: ImageFacts, own: string | null): Promise<Result<string>> {
    const wanted = runAs(spec, image.user, own);
    const [name = '', ...group] = wanted.split(':');
    if (/^\d+$/.test(name)) {
      return ok(wanted);
    }
    const id = isRoot(name) ? 0 : userNumber(await this.list(docker, spec, image), name);
    if (id !== null && (id > 0 || isRoot(name))) {
      return ok([id, ...group].join(':'));
    }
    return spec.user === null
      ? ok(runAs(spec, 'root', own))
      : fail(
          problems.dockerFailed(
            `run "${spec.server}" as "${name}"`,
            id === 0 ? `In ${spec.image} "${name}" is root; say "user: root" if that is meant.` : `${spec.image} lists no user "${name}".`,
          ),
        );
  }

  private async list(docker: Docker, spec: ContainerSpec, { id, volumes }: ImageFacts): Promise<string> {
    const list = this.lists.get(id) ?? readPasswd(docker, spec, volumes);
    this.lists.set(id, list);
    list.catch(() => this.lists.delete(id));
    return list;
  }
}

/** The image's `/etc/passwd`, out of a container that is never started; empty where there is none that is a plain file. */
async function readPasswd(docker: Docker, spec: ContainerSpec, volumes: readonly string[]): Promise<string> {
  const labels = { ...spec.labels, [holderLabel]: 'true' };
  const bare: ContainerSpec = { ...spec, labels, env: {}, mounts: [], volumes: [], files: {}, tmpfs: {}, network: { kind: 'none' } };
  const parts = { _query: { name: containerName(bare) }, _body: createOptions(bare, { volumes, user: runAs(bare, 'root', null) }) };
  const container = await ask(workPatienceMs, (abortSignal) => docker.createContainer({ ...parts, abortSignal }));
  heldContainers.add(container.id);
  try {
    const stream = await ask(workPatienceMs, (abortSignal) => container.getArchive({ path: '/etc/passwd', abortSignal }));
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > passwdLimit) {
        return '';
      }
      chunks.push(chunk);
    }
    return fileIn(Buffer.concat(chunks));
  } catch (error) {
    if (statusOf(error) === undefined) {
      throw error;
    }
    return '';
  } finally {
    await removeContainer(container).catch(() => void removeWhenReachable(container));
    heldContainers.delete(container.id);
  }
}

/** The one plain file of an archive. A link, or a file with more headers, is none. */
function fileIn(archive: Buffer): string {
  const kind = archive.toString('latin1', 156, 157);
  const size = Number.parseInt(archive.toString('latin1', 124, 136), 8);
  return kind === '0' || kind === '\0' ? archive.toString('utf8', headerLength, headerLength + size) : '';
}

/** `list` has lines `name:password:number:…`. Null where the name is not there, or its number is none. */
export function userNumber(list: string, name: string): number | null {
  const entry = list
    .split('\n')
    .map((line) => line.split(':'))
    .find(([entryName]) => entryName === name);
  return entry !== undefined && /^\d{1,10}$/.test(entry[2] ?? '') ? Number(entry[2]) : null;
}
