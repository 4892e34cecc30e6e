import { setTimeout as pause } from 'node:timers/promises';

import type Docker from 'dockerode';

import { machineLabel, managedLabel, ownerFromLabels, type ContainerOwner } from '../core/container/labels.ts';
import { ask, statusOf, tellPatienceMs, workPatienceMs } from './answers.ts';

/** An engine that restarts is back within a minute. */
const reachTries = 60;
const reachPauseMs = 1_000;

/** Removes a container, running, paused or not. It may be gone already, or its removal may be under way. */
export async function removeContainer(container: Docker.Container): Promise<void> {
  const remove = (): Promise<void> => ask(workPatienceMs, (abortSignal) => force(container, abortSignal));
  try {
    await remove();
  } catch (error) {
    if (statusOf(error) === undefined) {
      throw error;
    }
    // Some engines kill no paused container.
    await ask(workPatienceMs, (abortSignal) => container.unpause({ abortSignal })).catch(() => undefined);
    await remove();
  }
}

async function force(container: Docker.Container, abortSignal: AbortSignal): Promise<void> {
  try {
    await container.remove({ force: true, v: true, abortSignal });
  } catch (error) {
    if (!isGone(error)) {
      throw error;
    }
  }
}

/** Removes a volume. It may be gone already; one that a container still has is left to whoever removes that. */
export async function removeVolume(volume: Docker.Volume): Promise<void> {
  try {
    await ask(workPatienceMs, (abortSignal) => volume.remove({ abortSignal }));
  } catch (error) {
    if (statusOf(error) !== 404 && statusOf(error) !== 409) {
      throw error;
    }
  }
}

/** Removes the volumes of a machine whose owner is dead: they are empty, since no container runs with them. */
export async function removeOrphanVolumes(
  docker: Docker,
  machine: string,
  isOwnerAlive: (owner: ContainerOwner) => boolean,
): Promise<void> {
  const filters = JSON.stringify({ label: [`${managedLabel}=true`, `${machineLabel}=${machine}`] });
  const { Volumes: listed } = await ask(tellPatienceMs, (abortSignal) => docker.listVolumes({ filters, abortSignal }));
  // An engine with none says null.
  const orphans = ((listed as Docker.VolumeInspectInfo[] | null) ?? []).filter(({ Labels: labels }) => {
    const owner = ownerFromLabels(labels);
    return owner !== undefined && !isOwnerAlive(owner);
  });
  await Promise.allSettled(orphans.map(({ Name: name }) => removeVolume(docker.getVolume(name))));
}

/** After a restart of the engine, or a connection that broke, the container may live on with nobody to talk to. */
export function removeWhenReachable(container: Docker.Container): Promise<void> {
  return whenReachable(() => removeContainer(container));
}

async function whenReachable(remove: () => Promise<void>): Promise<void> {
  for (let left = reachTries; left > 0; left--) {
    try {
      await remove();
      return;
    } catch {
      await pause(reachPauseMs, undefined, { ref: false });
    }
  }
}

/** Removes a network, also when something is attached to it still. It may be gone already. */
export async function removeNetwork(network: Docker.Network): Promise<void> {
  const remove = (): Promise<unknown> => ask(workPatienceMs, (abortSignal) => network.remove({ abortSignal }));
  try {
    await remove();
  } catch (error) {
    if (isGone(error)) {
      return;
    }
    if (statusOf(error) !== 403) {
      throw error;
    }
    const { Containers: attached } = await ask<Docker.NetworkInspectInfo>(workPatienceMs, () => network.inspect());
    for (const id of Object.keys(attached ?? {})) {
      await ask(workPatienceMs, (abortSignal) => network.disconnect({ Container: id, Force: true, abortSignal })).catch(() => undefined);
    }
    await remove();
  }
}

export function removeNetworkWhenReachable(network: Docker.Network): Promise<void> {
  return whenReachable(() => removeNetwork(network));
}

/** 404: it is gone; 409: its removal is under way, or there is nothing to do. */
function isGone(error: unknown): boolean {
  const status = statusOf(error);
  return status === 404 || (status === 409 && /removal|in progress/i.test(String(error))) || status === 304;
}
