import { createHash } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import Docker from 'dockerode';

import { programs } from '../esbuild.mjs';
import { ownImage } from '../src/core/container/ownImage.ts';
import { version } from '../src/shared/version.ts';
import { nodeFiles, nodeInImage } from './nodeFiles.ts';
import { tar, type TarEntry } from './tar.ts';

export interface GatewayImage {
  readonly tag: string;
  /** `sha256:…` of the image's configuration: the same for the same programs, Node and libraries. */
  readonly id: string;
  /** Bytes of all layers, unpacked. */
  readonly size: number;
  /** False when the engine had exactly this image under the tag. */
  readonly built: boolean;
}

export const defaultTag = ownImage;

/** Where `--port` and the health check meet. */
const port = 8811;
/** The number that images without a shell commonly use for a user with no rights. */
const user = 65_532;
const home = '/var/lib/wharf';
const folder = 'opt/wharf';
const certificates = '/etc/ssl/certs/ca-certificates.crt';
const contentLabel = 'wharf.image-content';
/** In Docker's unit. */
const second = 1e9;

/**
 * Makes the gateway's image and loads it into the engine, without a builder and without pulling anything.
 * `dist` is the folder with the bundles. No file carries a time, so the same input gives the same image.
 */
export async function buildGatewayImage(options: {
  readonly dist: string;
  readonly tag?: string;
  readonly docker?: Docker;
}): Promise<GatewayImage> {
  const { dist, tag = defaultTag, docker = new Docker() } = options;
  const layers = [await layerOf(await runtimeFiles()), await layerOf(await programFiles(dist))];
  const size = layers.reduce((sum, layer) => sum + layer.size, 0);
  const content = sha256(JSON.stringify(imageConfig(layers, '')));
  const existing = await findImage(docker, tag, content);
  if (existing !== undefined) {
    return { tag, id: existing, size, built: false };
  }
  await load(docker, tag, imageConfig(layers, content), layers);
  const id = await findImage(docker, tag, content);
  if (id === undefined) {
    throw new Error(`The engine took ${tag} but does not list it.`);
  }
  return { tag, id, size, built: true };
}

interface Layer {
  readonly entries: readonly TarEntry[];
  readonly digest: string;
  readonly size: number;
}

/** What changes with Node and the machine's libraries, apart from what changes with every version of Wharf. */
async function runtimeFiles(): Promise<readonly TarEntry[]> {
  const node = await nodeFiles();
  const text = (path: string, content: string): TarEntry => ({ path, mode: 0o644, data: Buffer.from(content) });
  return [
    { path: 'tmp/', mode: 0o1777 },
    text('etc/passwd', `root:x:0:0:root:/:/\nwharf:x:${user}:${user}:wharf:${home}:/\n`),
    text('etc/group', `root:x:0:\nwharf:x:${user}:\n`),
    text('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n'),
    ...node,
    ...(await nameServiceFiles(node)),
    ...(existsSync(certificates) ? [{ path: certificates.slice(1), mode: 0o644, file: await realpath(certificates) }] : []),
  ];
}

/** Older C libraries look names up with these, and load them only then. */
async function nameServiceFiles(node: readonly TarEntry[]): Promise<readonly TarEntry[]> {
  const libc = node.find(({ path }) => basename(path) === 'libc.so.6')?.path;
  if (libc === undefined) {
    return [];
  }
  const paths = ['libnss_dns.so.2', 'libnss_files.so.2', 'libresolv.so.2'].map((name) => join('/', dirname(libc), name));
  const found = paths.filter((path) => existsSync(path));
  return Promise.all(found.map(async (path) => ({ path: path.slice(1), mode: 0o755, file: await realpath(path) })));
}

/** The bundles that run without an editor, and the folders that the user of the image may write to. */
async function programFiles(dist: string): Promise<readonly TarEntry[]> {
  const wanted = Object.values(programs).filter(({ entry }) => /^src\/(cli|gateway|node)\//.test(entry));
  const present = new Set(await readdir(dist));
  const missing = ['wharf.cjs', 'gateway.cjs', 'cli.cjs'].filter((name) => !present.has(name));
  if (missing.length > 0) {
    throw new Error(`${dist} has no ${missing.join(', ')}; run \`npm run build\` first.`);
  }
  const own = (path: string, mode: number): TarEntry => ({ path, mode, owner: user });
  return [
    ...wanted
      .filter(({ out }) => present.has(out))
      .map(({ out }) => ({ path: `${folder}/${out}`, mode: 0o644, file: join(dist, out) }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    own(`${home.slice(1)}/`, 0o700),
    own(`${home.slice(1)}/config/`, 0o700),
    own(`${home.slice(1)}/config/profiles/`, 0o700),
    own('workspace/', 0o755),
  ];
}

/** A layer by its content, which is written only where the engine does not have it. */
async function layerOf(entries: readonly TarEntry[]): Promise<Layer> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of tar(entries)) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { entries, digest: hash.digest('hex'), size };
}

const check = 'fetch(process.env.WHARF_HEALTH_URL).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))';

/** The image's configuration (OCI image specification, config.md; `Healthcheck` is Docker's). */
function imageConfig(layers: readonly Layer[], content: string): object {
  const created = '1970-01-01T00:00:00Z';
  const comments = ['Node and its libraries', 'Wharf'];
  return {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    created,
    config: {
      User: `${user}:${user}`,
      WorkingDir: '/workspace',
      Env: [
        'PATH=/usr/local/bin',
        `HOME=${home}`,
        `WHARF_HOME=${home}`,
        `WHARF_HEALTH_URL=http://127.0.0.1:${port}/health`,
        // Certificates of a company can be mounted over the image's.
        `SSL_CERT_FILE=${certificates}`,
        'NODE_USE_SYSTEM_CA=1',
      ],
      Entrypoint: [`/${nodeInImage}`, `/${folder}/wharf.cjs`],
      Cmd: ['gateway', 'run', '--transport', 'streaming', '--host', '0.0.0.0', '--port', String(port), '--profile', 'default'],
      ExposedPorts: { [`${port}/tcp`]: {} },
      StopSignal: 'SIGTERM',
      Healthcheck: {
        Test: ['CMD', `/${nodeInImage}`, '-e', check],
        Interval: 5 * second,
        Timeout: 5 * second,
        StartPeriod: 30 * second,
        // Engines before 25 do not know it and wait for the first interval.
        StartInterval: second,
        Retries: 3,
      },
      Labels: {
        'org.opencontainers.image.title': 'Wharf gateway',
        'org.opencontainers.image.description': 'Runs the MCP servers of a profile in containers, for Codex and other MCP clients.',
        'org.opencontainers.image.version': version,
        'org.opencontainers.image.licenses': 'MIT',
        [contentLabel]: content,
      },
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => `sha256:${digest}`) },
    history: layers.map((_, index) => ({ created, created_by: 'npm run image', comment: comments[index] })),
  };
}

async function load(docker: Docker, tag: string, config: object, layers: readonly Layer[]): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'wharf-image-'));
  try {
    const files = layers.map(({ digest }) => join(scratch, `${digest}.tar`));
    for (const [index, { entries }] of layers.entries()) {
      await pipeline(tar(entries), createWriteStream(files[index] ?? ''));
    }
    await send(docker, tag, config, layers, files);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Sends the image in the form of `docker save` (Docker image specification v1.2, "combined image JSON + filesystem changeset format"). */
async function send(docker: Docker, tag: string, config: object, layers: readonly Layer[], files: readonly string[]): Promise<void> {
  const json = JSON.stringify(config);
  const name = `${sha256(json)}.json`;
  const paths = layers.map(({ digest }) => `${digest}/layer.tar`);
  const archive = tar([
    { path: name, mode: 0o644, data: Buffer.from(json) },
    ...files.map((file, index) => ({ path: paths[index] ?? '', mode: 0o644, file })),
    { path: 'manifest.json', mode: 0o644, data: Buffer.from(JSON.stringify([{ Config: name, RepoTags: [tag], Layers: paths }])) },
  ]);
  const stream = await docker.loadImage(Readable.from(archive), { quiet: true });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error: Error | null, steps: readonly { readonly error?: string }[]) => {
      const failure = error?.message ?? steps.find((step) => step.error !== undefined)?.error;
      if (failure === undefined) {
        resolve();
      } else {
        reject(new Error(`Could not load ${tag}: ${failure}`));
      }
    });
  });
}

async function findImage(docker: Docker, tag: string, content: string): Promise<string | undefined> {
  const images = await docker.listImages({ filters: { reference: [tag], label: [`${contentLabel}=${content}`] } });
  return images[0]?.Id;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
