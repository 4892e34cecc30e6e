import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import assert from 'node:assert/strict';

import { catalogsFolder } from '../../../src/node/catalogs/storedFile.ts';
import { nameOf } from '../../../src/node/catalogs/names.ts';
import { pullCatalogue, type Kept } from '../../../src/node/catalogs/pullCatalogue.ts';
import { artifactManifest, catalogArtifact } from '../../../src/core/registry/artifact.ts';
import { digestOf } from '../../../src/node/registry/digest.ts';
import type { Locations } from '../../../src/node/locations.ts';
import type { Result } from '../../../src/shared/result.ts';
import type { MemoryRegistry } from '../registry/memoryRegistry.ts';
import { temporaryFolder } from '../node/folders.ts';

/** The folders of a user who has nothing yet. */
export function places(t: TestContext): Locations {
  const folder = temporaryFolder(t);
  const [configFolder, dataFolder, runtimeFolder] = ['config', 'data', 'run'].map((name) => join(folder, name)) as [string, string, string];
  return { configFolder, dataFolder, runtimeFolder, environment: {} };
}

/** The files of the store, whatever they are. */
export function storedNames(locations: Locations): readonly string[] {
  try {
    return readdirSync(catalogsFolder(locations));
  } catch {
    return [];
  }
}

export interface DocumentServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly host: string;
  readonly asked: readonly IncomingMessage[];
}

/** A web server that answers as a test wants it to. */
export async function documentServer(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
): Promise<DocumentServer> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    response.on('error', () => undefined);
    answer(request, response, asked.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin: `http://${host}`, host, asked };
}

export const never = new AbortController().signal;
export const patience = { signal: never, patienceMs: 5000, firstPauseMs: 1 };

/** `wharf catalog pull`, without its words. */
export async function pull(locations: Locations, text: string, as?: string, more: object = {}): Promise<Result<Kept>> {
  const name = nameOf(text);
  assert.ok(name.ok);
  const ref = as === undefined ? name.value.ref : (nameOf(as) as Extract<typeof name, { readonly ok: true }>).value.ref;
  return pullCatalogue(locations, name.value, ref, { ...patience, ...more });
}

export function codeOf(result: Result<unknown>): string {
  return result.ok ? 'ok' : result.problem.code;
}

/** Puts a catalogue into a registry, without the command that does it. */
export function putCatalogue(registry: MemoryRegistry, tag: string, payload: string): void {
  const digest = digestOf(Buffer.from(payload));
  registry.blobs.set(digest, payload);
  registry.manifests.set(tag, artifactManifest(catalogArtifact, { digest, size: payload.length }));
}

/** A catalogue of Docker's older form. */
export function legacy(...names: readonly string[]): string {
  const servers = names.map(
    (name) => `  ${name}:\n    title: The ${name}\n    description: Does ${name} things\n    type: server\n    image: mcp/${name}:1\n`,
  );
  return `version: 3\nname: test\ndisplayName: Test Catalog\nregistry:\n${servers.join('')}`;
}

/** What a command prints, on both streams. The test runner's own messages, which are bytes, go their way. */
export async function said(t: TestContext, run: () => Promise<number>): Promise<{ readonly code: number; readonly text: string }> {
  let text = '';
  const mocks = [process.stdout, process.stderr].map((stream) => {
    const write = stream.write.bind(stream);
    return t.mock.method(stream, 'write', (chunk: string | Uint8Array): boolean => {
      if (typeof chunk !== 'string') {
        return write(chunk);
      }
      text += chunk;
      return true;
    });
  });
  try {
    return { code: await run(), text };
  } finally {
    mocks.forEach(({ mock }) => mock.restore());
  }
}
