import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';

import type Docker from 'dockerode';

import { tar, type TarEntry } from '../../scripts/tar.ts';
import { docker } from './dockerLane.ts';

/** One version of a package, from a folder or from texts. */
export type TestPackage = { readonly folder: string } | { readonly manifest: Manifest; readonly files: Readonly<Record<string, string>> };

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

/** A small registry of npm, and index of Python wheels, that real clients use. */
export interface PackageRegistry {
  /** As a container reaches it, through a proxy that may: `http://host.docker.internal:PORT/`. */
  readonly url: string;
  /** Paths that were asked for. */
  readonly requests: string[];
  /** Takes the place of the same version. `lie` tells of another hash than the archive has. */
  add(entry: TestPackage, options?: { readonly lie?: boolean }): Promise<void>;
  addWheel(name: string, file: string, bytes: Uint8Array): void;
  /** From now on what matches is asked for in vain: no answer comes. */
  holdBack(path: RegExp): void;
  stop(): Promise<void>;
}

interface Version {
  readonly manifest: Manifest;
  readonly archive: Uint8Array;
  readonly integrity: string;
}

/** Listens where containers find the engine's computer. It is stopped after the test. */
export async function startRegistry(t: TestContext): Promise<PackageRegistry> {
  const versions = new Map<string, Map<string, Version>>();
  const wheels = new Map<string, Map<string, Uint8Array>>();
  const requests: string[] = [];
  let held: RegExp | undefined;
  const published = new Date(Date.now() - 60_000).toISOString();
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = decodeURIComponent((request.url ?? '/').replace(/\?.*$/, '')).slice(1);
    requests.push(path);
    if (held?.test(path) === true) {
      return;
    }
    const base = `http://${request.headers.host}`;
    const [, name = path, file] = /^(.+)\/-\/([^/]+)\.tgz$/.exec(path) ?? [];
    const known = versions.get(name);
    const archive = file === undefined ? undefined : known?.get(file)?.archive;
    const [, project = '', wheel = ''] = /^simple\/([^/]+)\/(.*)$/.exec(path) ?? [];
    if (archive !== undefined) {
      response.end(archive);
    } else if (known !== undefined && file === undefined) {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(packument(name, known, base, published)));
    } else if (wheels.get(project)?.has(wheel) === true) {
      response.end(wheels.get(project)?.get(wheel));
    } else if (wheels.has(project) && wheel === '') {
      response.setHeader('content-type', 'text/html').end(simpleIndex(wheels.get(project) ?? new Map()));
    } else {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}');
    }
  };
  const server = createServer(answer);
  const bridge: Docker.NetworkInspectInfo = await docker.getNetwork('bridge').inspect();
  await new Promise<void>((resolve) => server.listen(0, bridge.IPAM?.Config?.[0]?.Gateway, resolve));
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  t.after(stop);
  return {
    url: `http://host.docker.internal:${(server.address() as AddressInfo).port}/`,
    requests,
    stop,
    async add(entry, { lie = false } = {}) {
      const manifest =
        'folder' in entry ? (JSON.parse(await readFile(join(entry.folder, 'package.json'), 'utf8')) as Manifest) : entry.manifest;
      const archive = await packed(entry);
      const integrity = `sha512-${createHash('sha512')
        .update(lie ? 'another' : archive)
        .digest('base64')}`;
      const known = versions.get(manifest.name) ?? new Map<string, Version>();
      known.set(manifest.version, { manifest, archive, integrity });
      versions.set(manifest.name, known);
    },
    holdBack(path) {
      held = path;
    },
    addWheel(name, file, bytes) {
      wheels.set(name, (wheels.get(name) ?? new Map<string, Uint8Array>()).set(file, bytes));
    },
  };
}

/** As npm's registry tells of a package. */
function packument(name: string, known: ReadonlyMap<string, Version>, base: string, published: string): object {
  const latest = [...known.keys()].at(-1);
  const versions = Object.fromEntries(
    [...known].map(([version, { manifest, integrity }]) => [
      version,
      {
        ...manifest,
        ...(Object.keys(manifest.scripts ?? {}).some((script) => script.endsWith('install')) ? { hasInstallScript: true } : {}),
        dist: { tarball: `${base}/${name}/-/${version}.tgz`, integrity },
      },
    ]),
  );
  return { name, 'dist-tags': { latest }, versions, time: Object.fromEntries([...known.keys()].map((version) => [version, published])) };
}

function simpleIndex(files: ReadonlyMap<string, Uint8Array>): string {
  return [...files]
    .map(([file, bytes]) => `<a href="${file}#sha256=${createHash('sha256').update(bytes).digest('hex')}">${file}</a>`)
    .join('\n');
}

/** As `npm pack` packs it. */
async function packed(entry: TestPackage): Promise<Uint8Array> {
  const files: readonly TarEntry[] =
    'folder' in entry
      ? await filesOf(entry.folder, 'package')
      : Object.entries({ 'package.json': JSON.stringify(entry.manifest), ...entry.files }).map(([path, text]) => ({
          path: `package/${path}`,
          mode: 0o644,
          data: Buffer.from(text),
        }));
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar(files)) {
    chunks.push(chunk);
  }
  return gzipSync(Buffer.concat(chunks), { level: 1 });
}

async function filesOf(folder: string, inArchive: string): Promise<readonly TarEntry[]> {
  const entries: TarEntry[] = [];
  for (const item of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, item.name);
    if (item.isDirectory() && item.name !== 'node_modules') {
      entries.push(...(await filesOf(path, `${inArchive}/${item.name}`)));
    } else if (item.isFile() && !/\.(map|d\.[cm]?ts)$/.test(item.name)) {
      entries.push({ path: `${inArchive}/${item.name}`, mode: 0o644, file: path });
    }
  }
  return entries;
}
