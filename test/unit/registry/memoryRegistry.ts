import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';

import { digestOf } from '../../../src/node/registry/digest.ts';
import { scriptedRegistry, type ScriptedRegistry } from './scriptedRegistry.ts';

export interface MemoryRegistry extends ScriptedRegistry {
  readonly blobs: Map<string, string>;
  /** By tag and by digest. */
  readonly manifests: Map<string, string>;
  /** `METHOD path` of what was asked, without queries, such as `PUT /v2/team/server/manifests/1`. */
  lines(): readonly string[];
}

/** True where the answer is given already. */
export type Trouble = (request: IncomingMessage, response: ServerResponse, count: number) => boolean;

/** A registry that takes and gives, apart from what a test does to a request; `count`: how often this one came. */
export async function memoryRegistry(t: TestContext, trouble: Trouble = () => false): Promise<MemoryRegistry> {
  const [blobs, manifests, counts] = [new Map<string, string>(), new Map<string, string>(), new Map<string, number>()];
  const registry = await scriptedRegistry(t, (request, response, body) => {
    const { method = '', url = '' } = request;
    const { pathname, searchParams } = new URL(url, 'http://x');
    const key = `${method} ${pathname}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (trouble(request, response, counts.get(key) ?? 0)) {
      return;
    }
    const [, kind = '', name = ''] = /^\/v2\/team\/server\/(blobs|manifests)\/(.*)$/.exec(pathname) ?? [];
    const known = (kind === 'blobs' ? blobs : manifests).get(name);
    if (method === 'POST') {
      response.writeHead(202, { location: '/v2/team/server/blobs/uploads/some?state=a%2Fb' }).end();
    } else if (method === 'PUT') {
      const digest = digestOf(Buffer.from(body));
      if (kind === 'blobs') {
        blobs.set(searchParams.get('digest') ?? '', body);
      } else {
        manifests.set(name, body).set(digest, body);
      }
      response.writeHead(201, { 'docker-content-digest': digest }).end();
    } else {
      response.writeHead(known === undefined ? 404 : 200).end(method === 'HEAD' ? undefined : known);
    }
  });
  const lines = (): readonly string[] => registry.requests.map(({ method, url }) => `${method} ${url.replace(/\?.*/, '')}`);
  return { ...registry, blobs, manifests, lines };
}
