import { posix } from 'node:path';

import type Docker from 'dockerode';

import { dataLabel, dataOwnerLabel, dataPathLabel, holderLabel, profileLabel, serverLabel } from '../core/container/labels.ts';
import type { ContainerSpec, ContainerVolume } from '../core/container/spec.ts';
import type { StoredData } from '../shared/controlProtocol.ts';
import { ask, statusOf, tellPatienceMs, workPatienceMs } from './answers.ts';
import { archiveEnd, archiveHeader } from './archive.ts';
import { containerName } from './containerName.ts';
import { createOptions } from './createOptions.ts';
import { heldContainers } from './heldContainers.ts';
import { removeContainer, removeVolume, removeWhenReachable } from './removal.ts';

/** Thrown where a volume has the name of one of Wharf's and is not. */
export class ForeignVolume extends Error {
  constructor(name: string) {
    super(`The volume ${name} was not made by Wharf for this server; see "docker volume inspect ${name}".`);
  }
}

/** Several copies of a server may start at once. */
const making = new Map<string, Promise<void>>();

/**
 * Makes the volumes of a container that are not there yet, filled with what its image has there. `owner`: the number of the user
 * who writes to them; null where the image itself has to see to that. Throws as dockerode does, and `ForeignVolume`.
 */
export async function makeDataVolumes(docker: Docker, spec: ContainerSpec, owner: number | null): Promise<void> {
  for (const volume of spec.volumes) {
    const made = making.get(volume.name) ?? makeVolume(docker, spec, volume, owner);
    making.set(volume.name, made);
    await made.finally(() => making.delete(volume.name));
  }
}

async function makeVolume(docker: Docker, spec: ContainerSpec, wanted: ContainerVolume, owner: number | null): Promise<void> {
  const volume = docker.getVolume(wanted.name);
  const found = await ask(tellPatienceMs, (abortSignal) => volume.inspect({ abortSignal })).catch((error: unknown) => {
    if (statusOf(error) === 404) {
      return undefined;
    }
    throw error;
  });
  if (found !== undefined) {
    checkOwn(found, wanted);
    return;
  }
  await ask(workPatienceMs, (abortSignal) =>
    docker.createVolume({ Name: wanted.name, Driver: 'local', Labels: { ...wanted.labels }, abortSignal }),
  );
  try {
    await prepare(docker, spec, wanted, owner);
  } catch (error) {
    await removeVolume(volume).catch(() => undefined);
    throw error;
  }
}

/** Somebody may have made one of this name that leads to a folder of the computer. */
function checkOwn({ Driver, Labels, Options }: Docker.VolumeInspectInfo, { name, labels }: ContainerVolume): void {
  const own = Labels as Readonly<Record<string, string>> | null;
  const isSame = [dataLabel, dataOwnerLabel, dataPathLabel, serverLabel].every((label) => own?.[label] === labels[label]);
  if (!isSame || Driver !== 'local' || Object.keys(Options ?? {}).length > 0) {
    throw new ForeignVolume(name);
  }
}

/**
 * A container of the server's own image, which is never started: as it is made, the engine fills the volume, and through it the
 * folder gets the user who is to write there, as no server may change owners itself.
 */
async function prepare(docker: Docker, spec: ContainerSpec, volume: ContainerVolume, owner: number | null): Promise<void> {
  const helper: ContainerSpec = {
    ...spec,
    labels: { ...spec.labels, [holderLabel]: 'true' },
    env: {},
    files: {},
    mounts: [],
    tmpfs: {},
    volumes: [{ ...volume, readOnly: false }],
    network: { kind: 'none' },
    writableRoot: true,
  };
  const parts = { _query: { name: containerName(helper) }, _body: createOptions(helper, { volumes: [], user: '65532:65532' }) };
  const container = await ask(workPatienceMs, (abortSignal) => docker.createContainer({ ...parts, abortSignal }));
  heldContainers.add(container.id);
  try {
    if (owner !== null) {
      const { dir, base } = posix.parse(volume.target);
      const archive = Buffer.concat([archiveHeader({ path: `${base}/`, mode: 0o755, owner }, 0), archiveEnd]);
      await ask(workPatienceMs, (abortSignal) => container.putArchive(archive, { path: dir, abortSignal }));
    }
  } finally {
    await removeContainer(container).catch(() => void removeWhenReachable(container));
    heldContainers.delete(container.id);
  }
}

/** The volumes with this mark of their owner. Throws as dockerode does. */
export async function listData(docker: Docker, owner: string): Promise<readonly StoredData[]> {
  const filters = JSON.stringify({ label: [`${dataOwnerLabel}=${owner}`] });
  const { Volumes: listed } = await ask(tellPatienceMs, (abortSignal) => docker.listVolumes({ filters, abortSignal }));
  // An engine with none says null.
  const volumes = (listed as (Docker.VolumeInspectInfo & { readonly CreatedAt?: string })[] | null) ?? [];
  return volumes.map(({ Name: volume, Labels: labels, CreatedAt: createdAt }) => ({
    volume,
    name: labels[dataLabel] ?? '',
    profile: labels[profileLabel] ?? '',
    path: labels[dataPathLabel] ?? '',
    server: labels[serverLabel] ?? '',
    createdAt: createdAt ?? null,
  }));
}

/** Whether it is gone; false where a container has it. Throws as dockerode does. */
export async function removeData(docker: Docker, name: string): Promise<boolean> {
  try {
    await ask(workPatienceMs, (abortSignal) => docker.getVolume(name).remove({ abortSignal }));
    return true;
  } catch (error) {
    if (statusOf(error) === 409) {
      return false;
    }
    if (statusOf(error) === 404) {
      return true;
    }
    throw error;
  }
}
