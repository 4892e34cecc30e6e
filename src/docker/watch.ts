import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

import type Docker from 'dockerode';

import { machineLabel, managedLabel, ownerFromLabels, secretsLabel, type ContainerOwner } from '../core/container/labels.ts';
import type { WatchHost } from '../core/ports.ts';
import { ask, tellPatienceMs } from './answers.ts';
import { heldContainers, heldNetworks } from './heldContainers.ts';
import { jsonLines } from './jsonLines.ts';
import { quietDocker } from './quietDocker.ts';
import { removeContainer, removeNetwork, removeOrphanVolumes, removeVolume } from './removal.ts';

/** Together with a removal this stays below the 10 seconds of DESIGN §2.4. */
const checkEveryMs = 5_000;
/** A container of our own that nobody knows may be one whose creation was not answered yet. Less than one check. */
const graceMs = 4_000;
const firstPauseMs = 500;
const longestPauseMs = 10_000;
const keepAliveMs = 30_000;

const events = ['create', 'destroy', 'tag', 'untag', 'pull', 'delete', 'load', 'import'];

export interface WatchSettings {
  /** dockerode's. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly owner: ContainerOwner;
  readonly isOwnerAlive: (owner: ContainerOwner) => boolean;
  /** Called when changes of images begin to be heard; the returned function, when they are not heard any more. */
  readonly beginHearing: () => () => void;
}

interface DockerEvent {
  readonly Type?: string;
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> };
}

type Kind = 'container' | 'network';

/** A container or a network that may become a leftover. */
interface Suspect {
  readonly kind: Kind;
  readonly owner: ContainerOwner;
  readonly seenAt: number;
}

/** Follows the engine's events and removes the containers and networks that nobody looks after any more. */
export class Watch {
  private readonly settings: WatchSettings;
  private readonly host: WatchHost;
  private readonly suspects = new Map<string, Suspect>();
  private readonly removing = new Set<string>();
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(settings: WatchSettings, host: WatchHost) {
    this.settings = settings;
    this.host = host;
    void this.run();
  }

  /** Leaves no timer and no socket. */
  stop(): void {
    this.controller.abort();
    this.calm();
  }

  private get isStopped(): boolean {
    return this.controller.signal.aborted;
  }

  private async run(): Promise<void> {
    let pauseMs = firstPauseMs;
    let isToldAway = false;
    while (!this.isStopped) {
      try {
        await this.follow(() => {
          if (isToldAway) {
            this.host.log('Docker answers again.');
          }
          isToldAway = false;
          pauseMs = firstPauseMs;
        });
      } catch (error) {
        if (!isToldAway && !this.isStopped) {
          isToldAway = true;
          this.host.log(
            `Docker's events cannot be followed, and are tried again: ${error instanceof Error ? error.message : String(error)}`,
          );
        }
      }
      this.calm();
      await pause(pauseMs, undefined, { ref: false, signal: this.controller.signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  }

  /** One connection, from its begin to its end. */
  private async follow(onConnected: () => void): Promise<never> {
    const { docker, close } = quietDocker(this.settings.options);
    this.controller.signal.addEventListener('abort', close, { once: true });
    let endHearing: (() => void) | undefined;
    try {
      // First the events, then the list: nothing can happen between them unseen.
      const stream = await this.open(docker);
      await this.lookAtEverything(docker);
      onConnected();
      endHearing = this.settings.beginHearing();
      this.host.imagesChanged();
      for await (const event of jsonLines(stream)) {
        this.take(docker, event as DockerEvent);
      }
      throw new Error('The engine ended them.');
    } finally {
      endHearing?.();
      this.controller.signal.removeEventListener('abort', close);
      close();
    }
  }

  private async open(docker: Docker): Promise<Readable> {
    const filters = JSON.stringify({ type: ['container', 'network', 'image'], event: events });
    const stream = await ask(tellPatienceMs, (patience) => {
      const abortSignal = AbortSignal.any([patience, this.controller.signal]);
      return docker.getEvents({ filters, abortSignal } as Docker.GetEventsOptions);
    });
    const { socket } = stream as Readable & { readonly socket?: Partial<Socket> };
    socket?.setKeepAlive?.(true, keepAliveMs);
    return stream as Readable;
  }

  private async lookAtEverything(docker: Docker): Promise<void> {
    const label = [`${managedLabel}=true`, `${machineLabel}=${this.settings.owner.machine}`];
    const listed = await ask(tellPatienceMs, (abortSignal) => docker.listContainers({ all: true, filters: { label }, abortSignal }));
    for (const { Id: id, Labels: labels } of listed) {
      this.consider(docker, 'container', id, labels);
    }
    await this.lookAtNetworks(docker);
    this.check(docker);
    await removeOrphanVolumes(docker, this.settings.owner.machine, this.settings.isOwnerAlive).catch(() => undefined);
  }

  /** Events of networks do not carry their labels. */
  private async lookAtNetworks(docker: Docker, id?: string): Promise<void> {
    const label = [`${managedLabel}=true`, `${machineLabel}=${this.settings.owner.machine}`];
    const filters = { label, ...(id === undefined ? {} : { id: [id] }) };
    const listed = await ask(tellPatienceMs, (abortSignal) => docker.listNetworks({ filters, abortSignal }));
    for (const { Id, Labels } of listed) {
      this.consider(docker, 'network', Id, Labels ?? {});
    }
  }

  private take(docker: Docker, { Type: type, Action: action, Actor: actor }: DockerEvent): void {
    if (type === 'image') {
      this.host.imagesChanged();
    } else if ((type === 'container' || type === 'network') && actor?.ID !== undefined) {
      if (action === 'create' && type === 'network') {
        // A connection that breaks meanwhile is made anew, and everything looked at.
        void this.lookAtNetworks(docker, actor.ID).catch(() => undefined);
      } else if (action === 'create') {
        this.consider(docker, 'container', actor.ID, actor.Attributes ?? {});
      } else if (action === 'destroy') {
        this.suspects.delete(actor.ID);
        void this.removeSecrets(docker, actor.Attributes ?? {});
      }
    }
  }

  /** A container of a dead gateway that ended by itself leaves its volume, which is empty then. */
  private async removeSecrets(docker: Docker, labels: Readonly<Record<string, string>>): Promise<void> {
    const volume = labels[secretsLabel];
    const owner = ownerFromLabels(labels);
    if (volume !== undefined && owner?.machine === this.settings.owner.machine && !this.settings.isOwnerAlive(owner)) {
      await removeVolume(docker.getVolume(volume)).catch((error: unknown) =>
        this.host.log(`A volume of a gateway that died stays: ${String(error)}`),
      );
    }
  }

  private consider(docker: Docker, kind: Kind, id: string, labels: Readonly<Record<string, string>>): void {
    const owner = ownerFromLabels(labels);
    if (owner?.machine === this.settings.owner.machine && !(this.isOwn(owner) && isHeld(id))) {
      this.suspects.set(id, { kind, owner, seenAt: performance.now() });
      this.timer ??= setInterval(() => this.check(docker), checkEveryMs).unref();
    }
  }

  private check(docker: Docker): void {
    for (const [id, suspect] of this.suspects) {
      const isOwn = this.isOwn(suspect.owner);
      if (isOwn && isHeld(id)) {
        this.suspects.delete(id);
      } else if (isOwn ? this.isForgotten(id, suspect) : !this.settings.isOwnerAlive(suspect.owner)) {
        void this.remove(docker, suspect.kind, id, isOwn ? 'that nobody here uses any more' : 'of a gateway that died');
      }
    }
    if (this.suspects.size === 0) {
      this.calm();
    }
  }

  private isOwn({ boot, pid, startedAt }: ContainerOwner): boolean {
    const { owner } = this.settings;
    return boot === owner.boot && pid === owner.pid && startedAt === owner.startedAt;
  }

  private isForgotten(id: string, { seenAt }: Suspect): boolean {
    return performance.now() - seenAt >= graceMs && !this.host.isKnown(id);
  }

  /** What cannot be removed now stays a suspect, and is tried again. */
  private async remove(docker: Docker, kind: Kind, id: string, whose: string): Promise<void> {
    if (!this.removing.has(id)) {
      this.removing.add(id);
      try {
        await (kind === 'container' ? removeContainer(docker.getContainer(id)) : removeNetwork(docker.getNetwork(id)));
        this.suspects.delete(id);
        this.host.log(`Removed the ${kind} ${id.slice(0, 12)} ${whose}.`);
      } catch (error) {
        if (!this.isStopped) {
          this.host.log(`The ${kind} ${id.slice(0, 12)} ${whose} cannot be removed yet: ${String(error)}`);
        }
      } finally {
        this.removing.delete(id);
      }
    }
  }

  private calm(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.suspects.clear();
  }
}

function isHeld(id: string): boolean {
  return heldContainers.has(id) || heldNetworks.has(id);
}
