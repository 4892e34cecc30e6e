import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import Docker from 'dockerode';
import { nodeFiles, nodeInImage } from '../../scripts/nodeFiles.ts';
import { tar, type TarEntry } from '../../scripts/tar.ts';
import { toolsFolder } from './tools.mjs';

/**
 * Images of real MCP servers, built without pulling anything: the Node binary of this checkout, the libraries that
 * it loads, and a server package from the tools cache. Used by tests and by `npm start`.
 */
export interface SampleImage {
  readonly tag: string;
  /** `sha256:…` of the image's configuration. */
  readonly id: string;
  /** False when an image of the same content was there already. */
  readonly built: boolean;
}

export interface ServerImageOptions {
  /** An npm package of test/tools/package.json with exactly one program in `bin`. */
  readonly package: string;
  readonly tag: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly docker?: Docker;
}

export const sampleTags = {
  everything: 'wharf-sample/everything:2026.8.31',
  memory: 'wharf-sample/memory:2026.8.31',
  probe: 'wharf-sample/probe:1',
  toolProgram: 'wharf-sample/tool-program:1',
  interceptor: 'wharf-sample/interceptor:1',
  hostile: 'wharf-sample/hostile:1',
  leaky: 'wharf-sample/leaky:1',
} as const;

interface Manifest {
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const contentLabel = 'wharf.test-image';

/** An npm server with everything that it needs at run time, as it lies in an image. */
export async function npmServer(name: string): Promise<{ readonly files: readonly TarEntry[]; readonly program: string }> {
  const modules = join(await toolsFolder(), 'node_modules');
  const packageFolder = join(modules, name);
  const { bin } = await readManifest(packageFolder);
  const program = typeof bin === 'string' ? bin : Object.values(bin ?? {})[0];
  if (program === undefined) {
    throw new Error(`The package ${name} names no program in "bin".`);
  }
  const files = await Promise.all((await dependencyFolders(packageFolder, modules)).map((folder) => packageFiles(folder, modules)));
  return { files: files.flat(), program: join('/app/node_modules', name, program) };
}

/** Builds the image of one npm server, or finds the one built before from the same content. */
export async function buildServerImage(options: ServerImageOptions): Promise<SampleImage> {
  const { files, program } = await npmServer(options.package);
  return build({ tag: options.tag, app: files, program, env: options.env ?? {} }, options.docker ?? new Docker());
}

/** Builds the image of test/support/servers/probe.mjs. */
export function buildProbeImage(docker = new Docker()): Promise<SampleImage> {
  const source = join(import.meta.dirname, 'servers', 'probe.mjs');
  const app: TarEntry[] = [{ path: 'app/probe.mjs', mode: 0o644, file: source }];
  return build({ tag: sampleTags.probe, app, program: '/app/probe.mjs', env: {} }, docker);
}

/** Builds the image of test/support/servers/interceptor.mjs. */
export function buildInterceptorImage(docker = new Docker()): Promise<SampleImage> {
  const source = join(import.meta.dirname, 'servers', 'interceptor.mjs');
  const app: TarEntry[] = [{ path: 'app/interceptor.mjs', mode: 0o644, file: source }];
  return build({ tag: sampleTags.interceptor, app, program: '/app/interceptor.mjs', env: {} }, docker);
}

/** Builds the image of test/support/servers/toolProgram.mjs. */
export function buildToolProgramImage(docker = new Docker()): Promise<SampleImage> {
  const source = join(import.meta.dirname, 'servers', 'toolProgram.mjs');
  const app: TarEntry[] = [{ path: 'app/toolProgram.mjs', mode: 0o644, file: source }];
  return build({ tag: sampleTags.toolProgram, app, program: '/app/toolProgram.mjs', env: {} }, docker);
}

/** Builds the image of test/support/servers/hostile. */
export async function buildHostileImage(docker = new Docker()): Promise<SampleImage> {
  const folder = join(import.meta.dirname, 'servers', 'hostile');
  const app = (await readdir(folder)).map((name): TarEntry => ({ path: `app/${name}`, mode: 0o644, file: join(folder, name) }));
  return build({ tag: sampleTags.hostile, app, program: '/app/main.mjs', env: {} }, docker);
}

/** Builds the image of test/support/servers/leaky.mjs, under another tag where one is given. */
export function buildLeakyImage(docker = new Docker(), tag: string = sampleTags.leaky): Promise<SampleImage> {
  const source = join(import.meta.dirname, 'servers', 'leaky.mjs');
  const app: TarEntry[] = [{ path: 'app/leaky.mjs', mode: 0o644, file: source }];
  return build({ tag, app, program: '/app/leaky.mjs', env: {} }, docker);
}

/** The two servers from npm that samples and tests use. */
export async function buildSampleImages(docker = new Docker()): Promise<readonly SampleImage[]> {
  const everything = await buildServerImage({ package: '@modelcontextprotocol/server-everything', tag: sampleTags.everything, docker });
  // By default it writes beside its own code, which a read-only root forbids.
  const env = { MEMORY_FILE_PATH: '/tmp/memory.jsonl' };
  const memory = await buildServerImage({ package: '@modelcontextprotocol/server-memory', tag: sampleTags.memory, env, docker });
  return [everything, memory];
}

interface ImageContent {
  readonly tag: string;
  readonly app: readonly TarEntry[];
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
}

async function build({ tag, app, program, env }: ImageContent, docker: Docker): Promise<SampleImage> {
  const files = [
    ...(await runtimeFiles()).map((entry) => ({ ...entry, path: `runtime/${entry.path}` })),
    ...app.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  ];
  const lines = [
    'FROM scratch',
    'COPY runtime/ /',
    'COPY app/ /app/',
    ...Object.entries(env).map(([name, value]) => `ENV ${name}=${JSON.stringify(value)}`),
    `ENTRYPOINT ${JSON.stringify([`/${nodeInImage}`, program])}`,
  ];
  return buildImage({ tag, lines, files }, docker);
}

/** Builds an image by the lines of a Dockerfile from files, unless the engine has one under the tag from just these. */
export async function buildImage(
  { tag, lines, files }: { readonly tag: string; readonly lines: readonly string[]; readonly files: readonly TarEntry[] },
  docker: Docker,
): Promise<SampleImage> {
  const hash = createHash('sha256').update(lines.join('\n'));
  for await (const chunk of tar(files)) {
    hash.update(chunk);
  }
  const digest = hash.digest('hex');
  const existing = await findImage(docker, tag, digest);
  if (existing !== undefined) {
    return { tag, id: existing, built: false };
  }
  const dockerfile: TarEntry = {
    path: 'Dockerfile',
    mode: 0o644,
    data: Buffer.from([...lines, `LABEL ${contentLabel}=${digest}`, ''].join('\n')),
  };
  const stream = await docker.buildImage(Readable.from(tar([dockerfile, ...files])), { t: tag, forcerm: true });
  await followBuild(docker, stream, tag);
  const id = await findImage(docker, tag, digest);
  if (id === undefined) {
    throw new Error(`The engine built ${tag} but does not list it.`);
  }
  return { tag, id, built: true };
}

async function findImage(docker: Docker, tag: string, digest: string): Promise<string | undefined> {
  const images = await docker.listImages({ filters: { reference: [tag], label: [`${contentLabel}=${digest}`] } });
  return images[0]?.Id;
}

/** The engine answers 200 at once and reports a failed step inside the stream. */
function followBuild(docker: Docker, stream: NodeJS.ReadableStream, tag: string): Promise<void> {
  return new Promise((resolve, reject) => {
    docker.modem.followProgress(stream, (error: Error | null, steps: readonly { readonly error?: string }[]) => {
      const failure = error?.message ?? steps.find((step) => step.error !== undefined)?.error;
      if (failure === undefined) {
        resolve();
      } else {
        reject(new Error(`Could not build ${tag}: ${failure}`));
      }
    });
  });
}

/** Node and the few files that a process expects. */
async function runtimeFiles(): Promise<readonly TarEntry[]> {
  return [
    { path: 'tmp/', mode: 0o1777 },
    { path: 'etc/passwd', mode: 0o644, data: Buffer.from('root:x:0:0:root:/root:/\nnode:x:1000:1000:node:/home/node:/\n') },
    ...(await nodeFiles()),
  ];
}

/** The package and everything that it needs at run time, each found as Node's resolver finds it. */
export async function dependencyFolders(start: string, modules: string): Promise<readonly string[]> {
  const found = new Set([start]);
  for (const folder of found) {
    const { dependencies, optionalDependencies, peerDependencies } = await readManifest(folder);
    for (const name of Object.keys({ ...peerDependencies, ...optionalDependencies, ...dependencies })) {
      const resolved = resolvePackage(name, folder, modules);
      if (resolved !== undefined) {
        found.add(resolved);
      } else if (dependencies?.[name] !== undefined) {
        throw new Error(`${name}, which ${folder} needs, is not installed.`);
      }
    }
  }
  return [...found];
}

function resolvePackage(name: string, from: string, modules: string): string | undefined {
  for (let folder = from; folder.startsWith(modules); folder = join(folder, '..')) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(candidate)) {
      return candidate;
    }
  }
  const candidate = join(modules, name);
  return existsSync(candidate) ? candidate : undefined;
}

/** The package's own files as they lie in the image; nested packages come as packages of their own. */
async function packageFiles(folder: string, modules: string): Promise<readonly TarEntry[]> {
  const entries: TarEntry[] = [];
  for (const item of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, item.name);
    if (item.isDirectory() && item.name !== 'node_modules') {
      entries.push(...(await packageFiles(path, modules)));
    } else if (item.isFile() && !/\.(map|d\.[cm]?ts)$/.test(item.name)) {
      entries.push({ path: join('app', 'node_modules', relative(modules, path)), mode: 0o644, file: path });
    }
  }
  return entries;
}

async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
}

if (import.meta.main) {
  for (const image of [...(await buildSampleImages()), await buildProbeImage()]) {
    console.log(`${image.tag} ${image.id.slice(7, 19)} ${image.built ? 'built' : 'already there'}`);
  }
}
