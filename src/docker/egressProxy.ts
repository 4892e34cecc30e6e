import type Docker from 'dockerode';

import { bareSpec } from '../core/container/spec.ts';
import type { Contact } from '../core/network/contact.ts';
import type { ProxyPlan } from '../core/network/egressPlan.ts';
import type { ServerProcess } from '../core/ports.ts';
import { ask, workPatienceMs, type ProblemOf } from './answers.ts';
import { attachContainer } from './attachedContainer.ts';
import { containerName } from './containerName.ts';
import { createOptions } from './createOptions.ts';
import { egressLines } from './egressLines.ts';
import { heldContainers } from './heldContainers.ts';
import { removeContainer, removeWhenReachable } from './removal.ts';

const mebibyte = 1024 * 1024;
/** On a busy machine; it takes less than half a second otherwise. */
const readyPatienceMs = 30_000;
const longestComplaint = 600;
/** The user of Wharf's image. */
const user = '65532:65532';

export interface ProxySettings {
  readonly image: string;
  readonly server: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Where the server is. */
  readonly network: string;
  /** Where the hosts are. */
  readonly outgoing: string;
  /** Names that the proxy finds at these addresses, as in `/etc/hosts`. */
  readonly extraHosts: readonly string[];
  /** Where it looks names up; empty is where the engine does. */
  readonly nameServers: readonly string[];
  readonly plan: ProxyPlan;
  readonly onContact: (contact: Contact) => void;
}

export interface EgressProxy {
  readonly name: string;
  /** In the server's network. */
  readonly address: string;
  readonly process: ServerProcess;
  /** What it wrote on stderr, in the end. */
  readonly complaint: () => string;
}

/** Makes and starts one proxy, and waits until it listens. Throws what the engine or the proxy says, and leaves nothing then. */
export async function startProxy(docker: Docker, settings: ProxySettings, problemOf: ProblemOf): Promise<EgressProxy> {
  const name = containerName({
    server: `${settings.server}-egress`,
    labels: { ...settings.labels, 'wharf.server': `${settings.server}-egress` },
  });
  const container = await ask(workPatienceMs, (abortSignal) => {
    const parts = { _query: { name }, _body: proxyOptions(settings), abortSignal };
    return docker.createContainer(parts);
  }).catch((error: unknown) => {
    void removeWhenReachable(docker.getContainer(name));
    throw error;
  });
  heldContainers.add(container.id);
  try {
    await ask(workPatienceMs, () => docker.getNetwork(settings.outgoing).connect({ Container: container.id }));
    const process = await attachContainer(container, problemOf);
    void process.exited.finally(() => heldContainers.delete(container.id));
    const complaint = await untilReady(process, settings);
    const { NetworkSettings: now } = await ask(workPatienceMs, (abortSignal) => container.inspect({ abortSignal }));
    return { name, process, complaint, address: now.Networks[settings.network]?.IPAddress ?? '' };
  } catch (error) {
    await removeContainer(container).catch(() => void removeWhenReachable(container));
    heldContainers.delete(container.id);
    throw error;
  }
}

async function untilReady(process: ServerProcess, { onContact }: ProxySettings): Promise<() => string> {
  let complaint = '';
  let timer: NodeJS.Timeout | undefined;
  process.onStderr((bytes) => (complaint = (complaint + Buffer.from(bytes).toString()).slice(-longestComplaint)));
  const ready = new Promise<void>((resolve) => process.onStdout(egressLines({ onReady: resolve, onContact })));
  const ended = process.exited.then(({ code }) => {
    throw new Error(`The proxy ended with code ${code}. ${complaint}`);
  });
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`The proxy was not ready after ${readyPatienceMs / 1000} s. ${complaint}`)), readyPatienceMs);
  });
  try {
    await Promise.race([ready, ended, late]);
  } finally {
    clearTimeout(timer);
    ended.catch(() => undefined);
  }
  return () => complaint;
}

/** Like a server's container, only smaller; it may listen on any port of its own. */
function proxyOptions({ image, server, labels, network, plan, extraHosts, nameServers }: ProxySettings): Docker.ContainerCreateOptions {
  const options = createOptions(
    {
      ...bareSpec,
      server,
      image,
      command: ['egress', JSON.stringify(plan)],
      env: { NODE_OPTIONS: '--max-old-space-size=24 --max-semi-space-size=2' },
      labels: { ...labels, 'wharf.role': 'egress' },
      cpus: 0.5,
      memory: 64 * mebibyte,
      pids: 32,
      network: { kind: 'egress', network, dns: '', links: [] },
      user,
    },
    { volumes: [], user },
  );
  const { Dns: _itsOwn, ...host } = options.HostConfig ?? {};
  return {
    ...options,
    // The image's own check asks the gateway that does not run here.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      ...host,
      ExtraHosts: [...extraHosts],
      ...(nameServers.length === 0 ? {} : { Dns: [...nameServers] }),
      Sysctls: { 'net.ipv4.ip_unprivileged_port_start': '0', 'net.ipv4.ip_forward': '0' },
    },
  };
}
