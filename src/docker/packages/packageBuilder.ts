import type Docker from 'dockerode';

import { installCommand, registryCommand } from '../../core/packages/installScript.ts';
import { treeText, type LockedPackage } from '../../core/packages/lockedPackage.ts';
import { readNpmLock } from '../../core/packages/npmLock.ts';
import { engineTags, isBuiltFor, packageImageReference, packageLabel, type PackageImage } from '../../core/packages/packageImage.ts';
import { packageReferenceText, type PackageReference } from '../../core/packages/packageReference.ts';
import { readPipReport } from '../../core/packages/pipReport.ts';
import { registryEnv, registryHosts } from '../../core/packages/registryHosts.ts';
import type { AllowedHost } from '../../core/network/allowedHost.ts';
import { allowedHostText } from '../../core/network/allowedHost.ts';
import type { ContainerEngine, Egress } from '../../core/ports.ts';
import * as problems from '../../core/problems.ts';
import type { Problem } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { ask, statusOf, tellPatienceMs, type ProblemOf } from '../answers.ts';
import type { Answer } from './answer.ts';
import { BuildFailed, runStep, type BuildStep } from './buildContainer.ts';
import { makeImage, removeHalfImages } from './packageImages.ts';

const mebibyte = 1024 ** 2;
const largestLock = 16 * mebibyte;
const largestArchive = 1024 * mebibyte;

/** What is to be built. */
export interface PackageWish {
  readonly reference: PackageReference;
  /** The image to install in, and to run on. */
  readonly base: string;
  /** The address of another registry than the installer's own; it may lie in a private network. */
  readonly registry: string | null;
  readonly allowScripts: boolean;
  /** Everything is installed and looked at, and no image is made of it. */
  readonly isDryRun: boolean;
  /** What was built before, here or elsewhere: it has to come out again. */
  readonly expected: { readonly tree: string; readonly integrity: string; readonly resolvedAt: string } | null;
}

/** What it became. */
export interface BuiltImage {
  readonly image: PackageImage;
  /** By which a profile names it. */
  readonly reference: string;
  readonly integrity: string;
  readonly description: string;
  /** ISO 8601: when the registry was asked. */
  readonly resolvedAt: string;
  /** Packages that wanted to run something when they were installed. */
  readonly withScripts: readonly string[];
  /** False where the engine had exactly this already. */
  readonly isNew: boolean;
}

export interface BuilderHost {
  readonly docker: Docker;
  readonly engine: ContainerEngine;
  /** Name the process that builds, so that what it leaves when it is killed is found. */
  readonly labels: Readonly<Record<string, string>>;
  readonly sha256: (text: string) => string;
  readonly problemOf: ProblemOf;
  /** A step that takes some time, for people. */
  readonly onStep: (step: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Installs a package in a container that reaches its registry and nothing else, and makes an image of what was installed. No part of
 * the package runs on this computer, and in the container only with `allowScripts`. Leaves nothing but the image, also when it fails.
 */
export async function buildPackageImage(wish: PackageWish, host: BuilderHost): Promise<Result<BuiltImage>> {
  await removeHalfImages(host.docker).catch(() => undefined);
  const base = await host.engine.imageId(wish.base);
  if (!base.ok) {
    return base.problem.code === 'WHARF_IMAGE_MISSING'
      ? fail(problems.packageBaseMissing(wish.base, packageReferenceText(wish.reference)))
      : base;
  }
  try {
    return await new Builder(wish, base.value, host).build();
  } catch (error) {
    return fail(problemOf(wish, error, host));
  }
}

class Builder {
  private readonly wish: PackageWish;
  private readonly base: string;
  private readonly host: BuilderHost;
  private readonly refused = new Set<string>();

  constructor(wish: PackageWish, base: string, host: BuilderHost) {
    this.wish = wish;
    this.base = base;
    this.host = host;
  }

  async build(): Promise<Result<BuiltImage>> {
    const { wish, host } = this;
    const name = packageReferenceText(wish.reference);
    const addresses = wish.registry === null ? await this.usualRegistry() : [wish.registry];
    const hosts = registryHosts(addresses);
    if (hosts === undefined) {
      return fail(problems.packageFailed(name, `Its registry is no address of the web: ${addresses.join(' ')}`));
    }
    const way = await this.openWay(hosts);
    if (!way.ok) {
      return way;
    }
    try {
      host.onStep(`installing ${name} from ${hosts[0]?.host ?? ''}`);
      const resolvedAt = new Date().toISOString();
      const command = installCommand({ ...wish, before: wish.expected?.resolvedAt ?? null });
      return await runStep(this.step(command, way.value.network), (answer) => this.take(answer, resolvedAt));
    } catch (error) {
      if (error instanceof BuildFailed && this.refused.size > 0) {
        throw new BuildFailed(error.code, `${error.words}\nRefused: ${[...this.refused].join(', ')}`);
      }
      throw error;
    } finally {
      await way.value.close();
    }
  }

  /** What the installer has where nobody names another; it knows that itself. */
  private usualRegistry(): Promise<readonly string[]> {
    const { wish, host } = this;
    host.onStep(`looking into ${wish.base}`);
    return runStep(this.step(registryCommand(wish.reference), { kind: 'none' }), async (answer) => {
      const [length = 0] = await answer.lengths([4096]);
      return (await answer.text(length)).trim().split('\n');
    });
  }

  private openWay(hosts: readonly AllowedHost[]): Promise<Result<Egress>> {
    const { wish, host } = this;
    return host.engine.openEgress({
      server: 'build',
      labels: host.labels,
      hosts,
      learn: false,
      // Whoever names a registry means it, wherever it is.
      allowPrivate: wish.registry === null ? [] : hosts,
      onContact: ({ host: name, port, outcome }) => {
        if (outcome === 'notAllowed' || outcome === 'privateAddress') {
          this.refused.add(port === null ? name : allowedHostText({ host: name, port }));
        }
      },
    });
  }

  private step(command: BuildStep['command'], network: BuildStep['network']): BuildStep {
    const { docker, labels, signal, problemOf, onStep } = this.host;
    const { reference, registry } = this.wish;
    const env = registryEnv(reference.kind, registry);
    const onLine = (line: string): void => {
      const [, fetched] = /http fetch GET 200 \S*\/(\S+)/.exec(line) ?? /^\s*Downloading (\S+)/.exec(line) ?? [];
      if (fetched !== undefined) {
        onStep(`fetched ${fetched.slice(0, 100)}`);
      }
    };
    return { docker, image: this.base, title: 'build', labels, network, env, command, signal, problemOf, onLine };
  }

  private async take(answer: Answer, resolvedAt: string): Promise<Result<BuiltImage>> {
    const { wish, host } = this;
    const { kind, package: name } = wish.reference;
    const [first = 0, second = 0, size = 0] = await answer.lengths([largestLock, largestLock, largestArchive]);
    const texts = [await answer.text(first), await answer.text(second)] as const;
    const read = kind === 'npx' ? readNpmLock(name, ...texts) : readPipReport(name, ...texts);
    const asked = packageReferenceText(wish.reference);
    if (!read.ok) {
      return fail(problems.packageUnusable(asked, read.why));
    }
    const locked = read.value;
    const image = {
      kind,
      name,
      version: locked.version,
      tree: `sha256:${host.sha256(treeText(wish.reference, locked, wish.allowScripts))}`,
    };
    const change = changeOf(wish, locked, image.tree);
    if (change !== undefined) {
      return fail(problems.packageChanged(asked, change));
    }
    const built = {
      image,
      reference: packageImageReference(image),
      integrity: locked.integrity,
      description: locked.description,
      resolvedAt: wish.expected?.resolvedAt ?? resolvedAt,
      withScripts: locked.withScripts,
    };
    const isThere = await this.isThere(image);
    if (isThere || wish.isDryRun) {
      return ok({ ...built, isNew: !isThere });
    }
    host.onStep(`making the image of ${name} ${locked.version}`);
    const { program, integrity } = locked;
    const { signal } = host;
    await makeImage(host.docker, { image, base: this.base, program, integrity, size, archive: answer.bytes(size), signal });
    return ok({ ...built, isNew: true });
  }

  /** On the same base. */
  private async isThere(image: PackageImage): Promise<boolean> {
    const tags = engineTags(image);
    try {
      const { Config: config } = await ask(tellPatienceMs, () => this.host.docker.getImage(`${tags.repository}:${tags.content}`).inspect());
      return isBuiltFor(packageImageReference(image), config.Labels) && config.Labels[`${packageLabel}.base`] === this.base;
    } catch (error) {
      if (statusOf(error) === 404) {
        return false;
      }
      throw error;
    }
  }
}

function changeOf({ expected }: PackageWish, locked: LockedPackage, tree: string): string | undefined {
  if (expected === null) {
    return undefined;
  }
  if (locked.integrity !== expected.integrity) {
    return `its registry now has other content under the same version: ${locked.integrity}, and ${expected.integrity} was recorded`;
  }
  return tree === expected.tree ? undefined : 'the packages that it needs are not the ones that were recorded';
}

function problemOf({ reference }: PackageWish, error: unknown, { signal, problemOf: engineProblem }: BuilderHost): Problem {
  const name = packageReferenceText(reference);
  if (signal.aborted) {
    return problems.packageFailed(name, 'It was cancelled.');
  }
  if (!(error instanceof BuildFailed)) {
    const isEngines = statusOf(error) !== undefined;
    return isEngines
      ? engineProblem(`build ${name}`, error)
      : problems.packageFailed(name, error instanceof Error ? error.message : String(error));
  }
  const { words } = error;
  if (/\bEINTEGRITY\b|THESE PACKAGES DO NOT MATCH THE HASHES/.test(words)) {
    return problems.packageChanged(name, 'its registry sent other content than it told of');
  }
  // pip takes a registry that it cannot reach for one that has nothing.
  const isReached = !/^Refused: |^WARNING: Retrying /m.test(words);
  const isUnknown = isReached && /npm error code (?:E404|ETARGET|ENOVERSIONS)\b|No matching distribution found/.test(words);
  return isUnknown ? problems.packageUnknown(name, errorLines(words)) : problems.packageFailed(name, errorLines(words));
}

/** What an installer says of its failure, without what it said before. */
function errorLines(words: string): string {
  const lines = words
    .split('\n')
    .filter((line) => line.trim() !== '' && !/npm (?:http|error A complete log|error\s*$)|npm error code/.test(line));
  const errors = lines.filter((line) => /^npm error|^ERROR|^Refused/.test(line));
  return (errors.length > 0 ? errors : lines.slice(-6)).map((line) => line.replace(/^(?:npm error|ERROR:)\s*(?:network )?/, '')).join(' ');
}
