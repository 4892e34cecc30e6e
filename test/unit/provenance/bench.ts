import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import type { ImageFacts } from '../../../src/core/provenance/imageFacts.ts';
import { Provenance, type ImageReport } from '../../../src/node/provenance/provenance.ts';
import { ok, type Result } from '../../../src/shared/result.ts';
import { pushImage, type Pushed } from '../../support/registryContent.ts';
import { startRegistry, type Registry } from '../../support/registry.ts';

/** A registry with one image, and Wharf's state beside it. */
export interface Bench {
  readonly registry: Registry;
  readonly folder: string;
  readonly path: string;
  /** `host/path`. */
  readonly repository: string;
  readonly image: Pushed;
  /** What the engine says that the tag stands for. */
  engine: readonly string[];
  /** Writes a file into the folder of the policy and returns its path. */
  file(name: string, text: string): string;
  policy(text: string, owner?: 'machine' | 'user'): void;
  /** A new process, as far as `Provenance` can tell. */
  provenance(): Provenance;
  /** `reference`: default is the tag. */
  check(reference?: string, wish?: { readonly requireDigest?: boolean; readonly verify?: boolean }): Promise<Result<ImageFacts>>;
  inspect(reference?: string): Promise<Result<ImageReport>>;
}

const path = 'team/server';

/** Undefined where there is no registry to run; the test is then skipped by name. */
async function openBench(t: TestContext): Promise<Bench | undefined> {
  const registry = await startRegistry(t);
  if (registry === undefined) {
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'wharf-provenance-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'docker'));
  const image = await pushImage(registry, path, '1', 'the image');
  const repository = `${registry.host}/${path}`;
  const bench: Bench = {
    registry,
    folder,
    path,
    repository,
    image,
    engine: [image.digest],
    file: (name, text) => {
      const file = join(folder, name);
      writeFileSync(file, text);
      return file;
    },
    policy: (text, owner = 'user') => void bench.file(`${owner}.yaml`, text),
    provenance: () =>
      new Provenance({
        locations: { configFolder: folder, dataFolder: join(folder, 'data'), environment: { DOCKER_CONFIG: join(folder, 'docker') } },
        log: () => undefined,
        digestsOf: () => Promise.resolve(ok(bench.engine)),
        policyFiles: (['machine', 'user'] as const).map((owner) => ({ owner, path: join(folder, `${owner}.yaml`) })),
      }),
    check: (reference = `${repository}:1`, wish = {}) =>
      bench.provenance().check(reference, { requireDigest: false, verify: false, ...wish }),
    inspect: (reference = `${repository}:1`) => bench.provenance().inspect(reference),
  };
  return bench;
}

/** A test with such a bench; it is skipped by name where there is no registry to run. */
export function benchTest(name: string, run: (bench: Bench, t: TestContext) => Promise<void>): void {
  test(name, async (t) => {
    const bench = await openBench(t);
    if (bench !== undefined) {
      await run(bench, t);
    }
  });
}

/** A policy with one rule for everything, that names these keys. */
export function keyPolicy(...pems: readonly string[]): string {
  return `version: 1\nimages:\n  - match: "**"\n    keys: ${JSON.stringify(pems)}\n`;
}

/** `CODE: message` and the detail, or `ok`. */
export function outcome(result: Result<unknown>): string {
  return result.ok ? 'ok' : `${result.problem.code}: ${result.problem.message} ${result.problem.detail ?? ''}`;
}
