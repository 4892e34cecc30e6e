import assert from 'node:assert/strict';
import { randomInt, randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import type { TestContext } from 'node:test';

import type Docker from 'dockerode';

import { buildGatewayImage } from '../../scripts/gatewayImage.ts';
import { containerLabels, type ContainerOwner } from '../../src/core/container/labels.ts';
import { parseAllowedHost, type AllowedHost } from '../../src/core/network/allowedHost.ts';
import type { Contact } from '../../src/core/network/contact.ts';
import type { Egress } from '../../src/core/ports.ts';
import { attachContainer } from '../../src/docker/attachedContainer.ts';
import { createOptions } from '../../src/docker/createOptions.ts';
import { DockerEngine } from '../../src/docker/engine.ts';
import * as problems from '../../src/core/problems.ts';
import { endpoint, probeSpec, removeAfter, testOwner } from './dockerEngine.ts';
import { docker } from './dockerLane.ts';
import { builtPrograms } from './programs.ts';

/** A tag of its own: other tests replace theirs. */
export const egressImage = 'wharf-test/egress:1';
const node = '/usr/local/bin/node';

/** Wharf's image, of the programs as they are now. `WHARF_IMAGE` names it for engines of this process. */
export async function buildEgressImage(): Promise<void> {
  await buildGatewayImage({ dist: await builtPrograms(), tag: egressImage, docker });
  process.env['WHARF_IMAGE'] = egressImage;
}

/** A few hosts with addresses as on the internet, on a network of this engine. */
export interface Internet {
  readonly network: string;
  /** This computer's address in it, which only a grant reaches. */
  readonly here: string;
  /** Lines for the proxies: names and where they are. */
  readonly extraHosts: string[];
  /** Where the proxies look names up. */
  readonly nameServers: string[];
  /** Runs a program of Node at a public address, under these names. Waits for its first line. Gives the address. */
  host(names: readonly string[], code: string): Promise<string>;
  /** A name for any address. */
  name(name: string, address: string): void;
}

export async function makeInternet(t: TestContext): Promise<Internet> {
  const subnet = `11.${randomInt(1, 255)}.${randomInt(255)}`;
  const network = await docker.createNetwork({ Name: `wharf-test-${randomUUID()}`, IPAM: { Config: [{ Subnet: `${subnet}.0/24` }] } });
  t.after(() => network.remove());
  const extraHosts: string[] = [];
  const nameServers: string[] = [];
  let last = 9;
  return {
    network: network.id,
    here: `${subnet}.1`,
    extraHosts,
    nameServers,
    name: (name, address) => void extraHosts.push(`${name}:${address}`),
    async host(names, code) {
      const address = `${subnet}.${++last}`;
      const container = await docker.createContainer({
        Image: egressImage,
        Entrypoint: [node, '-e'],
        Cmd: [code],
        User: 'root',
        AttachStdout: true,
        Healthcheck: { Test: ['NONE'] },
        HostConfig: { NetworkMode: network.id },
        NetworkingConfig: { EndpointsConfig: { [network.id]: { IPAMConfig: { IPv4Address: address } } } },
      });
      // Before the network, which was told to end first.
      endFirst(t, () => container.remove({ force: true }));
      const output = new PassThrough();
      docker.modem.demuxStream(await container.attach({ stream: true, stdout: true, stderr: true }), output, output);
      const lines = createInterface(output);
      const ready = new Promise<string>((resolve) => lines.once('line', resolve));
      await container.start();
      assert.equal(await ready, 'ready');
      names.forEach((name) => extraHosts.push(`${name}:${address}`));
      return address;
    },
  };
}

/** A private address of this computer, on a network of its own. */
export async function hostAddress(t: TestContext): Promise<string> {
  const network = await docker.createNetwork({ Name: `wharf-test-${randomUUID()}` });
  t.after(() => network.remove());
  const { IPAM }: Docker.NetworkInspectInfo = await network.inspect();
  return IPAM?.Config?.[0]?.Gateway ?? assert.fail('no gateway');
}

const ends = new WeakMap<TestContext, (() => Promise<unknown>)[]>();

/** Hooks of a test run in the order in which they were told; these run before all others, the last one first. */
function endFirst(t: TestContext, end: () => Promise<unknown>): void {
  ends.get(t)?.unshift(end);
}

/** To be called before anything else of this file. */
export function beginEgress(t: TestContext): void {
  const list: (() => Promise<unknown>)[] = [];
  ends.set(t, list);
  t.after(async () => {
    for (const end of list) {
      await end();
    }
  });
}

/** A server that carries out what the test says from inside its container. */
export interface Traveller {
  readonly id: string;
  /** Runs the body of an async function, with `net`, `dns`, `tls`, `http` and `tcp(host, port, text?)` at hand. */
  run<T>(code: string): Promise<T>;
}

export interface Way {
  readonly egress: Egress;
  readonly contacts: readonly Contact[];
  readonly owner: ContainerOwner;
  readonly server: Traveller;
}

export interface WayOptions {
  readonly hosts: readonly string[];
  readonly learn?: boolean;
  readonly allowPrivate?: readonly string[];
  readonly internet: Internet;
}

export function hosts(texts: readonly string[]): readonly AllowedHost[] {
  return texts.map((text) => parseAllowedHost(text) ?? assert.fail(text));
}

export function egressEngine(owner: ContainerOwner, internet: Internet): DockerEngine {
  return new DockerEngine(endpoint, owner.machine, () => true, {
    outgoing: internet.network,
    extraHosts: internet.extraHosts,
    nameServers: internet.nameServers,
  });
}

/** A server with its way out, both removed after the test. */
export async function openWay(t: TestContext, options: WayOptions): Promise<Way> {
  const owner = testOwner();
  const contacts: Contact[] = [];
  const labels = containerLabels(owner, { profile: 'test', server: 'traveller' });
  const opened = await egressEngine(owner, options.internet).openEgress({
    server: 'traveller',
    labels,
    hosts: hosts(options.hosts),
    learn: options.learn ?? false,
    allowPrivate: hosts(options.allowPrivate ?? []),
    onContact: (contact) => contacts.push(contact),
  });
  assert.ok(opened.ok, opened.ok ? '' : JSON.stringify(opened.problem));
  endFirst(t, () => opened.value.close());
  return { egress: opened.value, contacts, owner, server: await travel(t, owner, opened.value) };
}

/** Starts the server with exactly the options of a real one. */
export async function travel(t: TestContext, owner: ContainerOwner, egress: Egress): Promise<Traveller> {
  const spec = { ...probeSpec(owner, [], egressImage), network: egress.network };
  const container = await docker.createContainer({
    ...createOptions(spec, { volumes: [], user: '65532:65532' }),
    Entrypoint: [node, '-e', agent],
    Healthcheck: { Test: ['NONE'] },
    Labels: {},
  });
  removeAfter(t, container.id);
  const process = await attachContainer(container, (doing, error) => problems.dockerFailed(doing, String(error)));
  endFirst(t, () => process.stop());
  const output = new PassThrough();
  process.onStdout((bytes) => output.write(bytes));
  process.onStderr((bytes) => console.error(Buffer.from(bytes).toString()));
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  createInterface(output).on('line', (line) => {
    const { id, value, error } = JSON.parse(line) as { id: number; value?: unknown; error?: string };
    const asked = waiting.get(id);
    if (error === undefined) {
      asked?.resolve(value);
    } else {
      asked?.reject(new Error(error));
    }
  });
  void process.exited.then(() => waiting.forEach(({ reject }) => reject(new Error('The server ended.'))));
  let last = 0;
  return {
    id: container.id,
    run: <T>(code: string) =>
      new Promise<T>((resolve, reject) => {
        const id = ++last;
        waiting.set(id, { resolve: (value) => resolve(value as T), reject });
        void process.write(Buffer.from(`${JSON.stringify({ id, code })}\n`));
      }),
  };
}

const agent = `
const modules = { net: require('net'), dns: require('dns').promises, tls: require('tls'), http: require('http'), dgram: require('dgram'), fs: require('fs'), os: require('os') };
// Connects, says something, and gives what comes back until the end, or the error's code.
modules.tcp = (host, port, text, patience = 3000) => new Promise((resolve) => {
  let heard = '';
  const socket = modules.net.connect({ host, port, timeout: patience }, () => { if (text !== undefined) socket.write(text); });
  socket.on('data', (chunk) => (heard += chunk));
  socket.on('error', (error) => resolve(error.code));
  socket.on('timeout', () => { socket.destroy(); resolve(heard === '' ? 'silence' : heard); });
  socket.on('close', () => resolve(heard));
});
const AsyncFunction = (async () => {}).constructor;
require('readline').createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, code } = JSON.parse(line);
  try {
    const value = await new AsyncFunction(...Object.keys(modules), code)(...Object.values(modules));
    console.log(JSON.stringify({ id, value: value === undefined ? null : value }));
  } catch (error) {
    console.log(JSON.stringify({ id, error: String(error.cause?.code ?? error.code ?? error) }));
  }
}).on('close', () => process.exit(0));
`;
