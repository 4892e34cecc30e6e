import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import type { TestContext } from 'node:test';

import type { ContainerOwner } from '../../src/core/container/labels.ts';
import { packageLabel, treeLabel } from '../../src/core/packages/packageImage.ts';
import { parsePackageReference } from '../../src/core/packages/packageReference.ts';
import { PackageBuilder } from '../../src/docker/packages/builder.ts';
import type { BuiltImage, PackageWish } from '../../src/docker/packages/packageBuilder.ts';
import { sha256 } from '../../src/node/scanning.ts';
import type { Result } from '../../src/shared/result.ts';
import { containersOn, endpoint, testOwner } from './dockerEngine.ts';
import { docker } from './dockerLane.ts';
import { packageBase } from './packageBase.ts';
import type { Manifest, PackageRegistry } from './packageRegistry.ts';

/** No other run has it, so that an image of it is always new. */
export function newVersion(): string {
  return `1.0.${randomInt(1e9)}`;
}

/** A server of one tool, `echo`, that needs no other package. */
export function tinyServer(
  version: string,
  more: Readonly<Record<string, unknown>> = {},
): { manifest: Manifest; files: Record<string, string> } {
  return {
    manifest: { name: 'tiny-server', version, description: 'A small server', bin: 'server.js', ...more },
    files: { 'server.js': `#!/usr/bin/env node\n${serverCode}` },
  };
}

const serverCode = `require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  const results = {
    initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'tiny', version: '1' } },
    'tools/list': { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [{ type: 'text', text: process.cwd() + ' ' + process.getuid() }] },
  };
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] ?? {} }));
}).on('close', () => process.exit(0));
`;

/** The same in Python. */
export const pythonServer = `import json, os, sys
def main():
    results = {
        "initialize": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "tiny", "version": "1"}},
        "tools/list": {"tools": [{"name": "shout", "inputSchema": {"type": "object"}}]},
        "tools/call": {"content": [{"type": "text", "text": "%s %d" % (os.getcwd(), os.getuid())}]},
    }
    for line in sys.stdin:
        asked = json.loads(line)
        if "id" in asked:
            print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": results.get(asked["method"], {})}), flush=True)
`;

export interface BuildLane {
  readonly owner: ContainerOwner;
  /** Images of it are removed after the test. */
  build(reference: string, more?: Partial<PackageWish>, signal?: AbortSignal): Promise<Result<BuiltImage>>;
  /** Fails where it was not built. */
  built(reference: string, more?: Partial<PackageWish>): Promise<BuiltImage>;
  /** Nothing of a build is left on the engine but whole images. */
  assertClean(): Promise<void>;
  /** Hears of each step of a build. */
  onStep: (step: string) => void;
}

export function buildLane(t: TestContext, registry: PackageRegistry): BuildLane {
  const owner = testOwner();
  const builder = new PackageBuilder({ endpoint, owner, isOwnerAlive: () => true, sha256 });
  const build: BuildLane['build'] = async (text, more = {}, signal = AbortSignal.timeout(120_000)) => {
    const reference = parsePackageReference(text) ?? assert.fail(text);
    const wish = { reference, base: packageBase, registry: registry.url, allowScripts: false, isDryRun: false, expected: null, ...more };
    const built = await builder.build(wish, { onStep: (step) => lane.onStep(step), signal });
    if (built.ok) {
      removeImageAfter(t, built.value.image.tree);
    }
    return built;
  };
  const lane: BuildLane = {
    owner,
    onStep: () => undefined,
    build,
    async built(text, more) {
      const built = await build(text, more);
      assert.ok(built.ok, built.ok ? '' : `${built.problem.message} ${built.problem.detail}`);
      return built.value;
    },
    async assertClean() {
      assert.deepEqual(await containersOn(owner), []);
      assert.deepEqual(await networksOn(owner), []);
      const volumes = await docker.listVolumes({ filters: JSON.stringify({ label: [`wharf.machine=${owner.machine}`] }) });
      assert.deepEqual(volumes.Volumes ?? [], []);
    },
  };
  return lane;
}

async function networksOn({ machine }: ContainerOwner): Promise<readonly string[]> {
  return (await docker.listNetworks({ filters: { label: [`wharf.machine=${machine}`] } })).map(({ Name }) => Name);
}

/** How many images of a package there are, also those without a name. */
export async function imagesOfPackage(reference: string): Promise<number> {
  return (await docker.listImages({ filters: { label: [`${packageLabel}=${reference}`] } })).length;
}

/** The ids of all images of a tree, with and without a name. */
export async function imagesOf(tree: string): Promise<readonly string[]> {
  return (await docker.listImages({ all: false, filters: { label: [`${treeLabel}=${tree}`] } })).map(({ Id }) => Id);
}

export function removeImageAfter(t: TestContext, tree: string): void {
  t.after(async () => {
    for (const id of await imagesOf(tree)) {
      await docker.getImage(id).remove({ force: true });
    }
  });
}
