import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

import type Docker from 'dockerode';

import { buildGatewayImage, type GatewayImage } from '../../scripts/gatewayImage.ts';
import { Demultiplexer } from '../../src/docker/demultiplexer.ts';
import { docker } from './dockerLane.ts';
import { builtPrograms } from './programs.ts';
import { until } from './until.ts';

const tag = 'wharf-test/gateway:1';
const socket = '/var/run/docker.sock';
const gatewayPort = '8811/tcp';
let built: Promise<GatewayImage> | undefined;

/** The gateway's image, of the programs as they are now. The one that it takes the place of is removed. */
export function gatewayImage(): Promise<GatewayImage> {
  built ??= build();
  return built;
}

async function build(): Promise<GatewayImage> {
  const [before] = await docker.listImages({ filters: { reference: [tag] } });
  const image = await buildGatewayImage({ dist: await builtPrograms(), tag, docker });
  if (before !== undefined && before.Id !== image.id) {
    await docker
      .getImage(before.Id)
      .remove()
      .catch(() => undefined);
  }
  return image;
}

export interface GatewayContainerOptions {
  /** Profiles by id, mounted as the container's user's own. */
  readonly profiles?: Readonly<Record<string, string>>;
  /** Files of the project by their path, mounted at /workspace. */
  readonly project?: Readonly<Record<string, string>>;
  /** Behind `wharf`. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Without a network nothing is published. Default `bridge`. */
  readonly network?: 'bridge' | 'none';
}

/** Options of `docker run` as docs/ci has them: the socket with its group, nothing else of the host but what is given. */
async function createOptions(t: TestContext, options: GatewayContainerOptions): Promise<Docker.ContainerCreateOptions> {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-gateway-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const binds = [`${socket}:${socket}`];
  for (const [id, yaml] of Object.entries(options.profiles ?? {})) {
    const path = join(folder, `${id}.yaml`);
    await writeFile(path, yaml);
    binds.push(`${path}:/var/lib/wharf/config/profiles/${id}.yaml:ro`);
  }
  for (const [path, text] of Object.entries(options.project ?? {})) {
    await mkdir(join(folder, 'project', path, '..'), { recursive: true });
    await writeFile(join(folder, 'project', path), text);
  }
  if (options.project !== undefined) {
    binds.push(`${join(folder, 'project')}:/workspace:ro`);
  }
  const network = options.network ?? 'bridge';
  return {
    Image: (await gatewayImage()).tag,
    Cmd: [...options.args],
    Env: Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`),
    HostConfig: {
      Binds: binds,
      GroupAdd: [String((await stat(socket)).gid)],
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      Init: true,
      Tmpfs: { '/tmp': 'rw', '/var/lib/wharf': 'rw,uid=65532,gid=65532,mode=0700' },
      NetworkMode: network,
      PortBindings: network === 'none' ? {} : { [gatewayPort]: [{ HostIp: '127.0.0.1', HostPort: '' }] },
    },
  };
}

/** A gateway in a container. It is stopped, and so ends what it started, when the test ends. */
export class GatewayContainer {
  readonly container: Docker.Container;
  /** The bearer token that it was given. */
  readonly token: string;

  constructor(container: Docker.Container, token: string) {
    this.container = container;
    this.token = token;
  }

  /** Such as `http://127.0.0.1:32768`. */
  async url(): Promise<string> {
    const port = await until(async () => (await this.container.inspect()).NetworkSettings.Ports[gatewayPort]?.[0]?.HostPort, {
      what: 'the port to be published',
    });
    return `http://127.0.0.1:${port}`;
  }

  /** Everything that it wrote so far. */
  async log(): Promise<string> {
    const words: Buffer[] = [];
    const keep = (bytes: Buffer): number => words.push(bytes);
    new Demultiplexer(keep, keep).push(await this.container.logs({ stdout: true, stderr: true }));
    return Buffer.concat(words).toString();
  }

  /** Waits until it answers at `/health`; fails at once, with its words, when it ends. Gives its address. */
  async untilServing(): Promise<string> {
    const url = await this.url();
    const end = await until(
      async () => {
        const { State: state } = await this.container.inspect();
        return !state.Running ? `It ended with ${state.ExitCode}:\n${await this.log()}` : (await fetch(`${url}/health`)).ok && 'serving';
      },
      { timeoutMs: 30_000, everyMs: 100, what: 'the gateway in the container to serve' },
    );
    assert.equal(end, 'serving');
    return url;
  }

  async stop(): Promise<void> {
    await this.container.stop({ t: 20 }).catch(() => undefined);
    await this.container.remove({ force: true, v: true }).catch(() => undefined);
  }
}

/** Starts the container; it may not serve yet. */
export async function startGatewayContainer(t: TestContext, options: GatewayContainerOptions): Promise<GatewayContainer> {
  const token = randomBytes(24).toString('hex');
  const env = { MCP_GATEWAY_AUTH_TOKEN: token, ...options.env };
  const container = await docker.createContainer(await createOptions(t, { ...options, env }));
  const gateway = new GatewayContainer(container, token);
  t.after(() => gateway.stop());
  await container.start();
  return gateway;
}

/** Runs the container, without a network, to its end. Gives its exit code and everything that it wrote. */
export async function runGatewayContainer(
  t: TestContext,
  options: GatewayContainerOptions,
): Promise<{ readonly code: number; readonly output: string }> {
  const gateway = await startGatewayContainer(t, { ...options, network: 'none' });
  const { StatusCode: code } = (await gateway.container.wait()) as { readonly StatusCode: number };
  return { code, output: await gateway.log() };
}

/** An id that no other test's profile has: the containers of its servers carry it. */
export function uniqueProfile(): string {
  return `image_${randomUUID().slice(0, 8)}`;
}

/** Ids of the containers that any gateway runs for a profile. */
export async function serversOf(profile: string): Promise<readonly string[]> {
  const listed = await docker.listContainers({ all: true, filters: { label: ['wharf.managed=true', `wharf.profile=${profile}`] } });
  return listed.map(({ Id }) => Id);
}

/** The images of the containers that any gateway started for a profile since then (milliseconds), whether they run or not. */
export async function serversStarted(profile: string, since: number): Promise<readonly string[]> {
  const stream = await docker.getEvents({
    since: Math.floor(since / 1000),
    until: Math.ceil(Date.now() / 1000),
    filters: { type: ['container'], event: ['start'], label: [`wharf.profile=${profile}`] },
  });
  const lines = (await text(stream)).split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { readonly from: string }).from).sort();
}
