import type { Readable } from 'node:stream';

import type Docker from 'dockerode';

import { isPackageImage } from '../core/packages/packageImage.ts';
import type { PullProgress } from '../core/ports.ts';
import * as problems from '../core/problems.ts';
import type { Problem } from '../shared/problem.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { statusOf, type ProblemOf } from './answers.ts';
import { jsonLines } from './jsonLines.ts';
import { LayerProgress, type PullLine } from './layerProgress.ts';
import { registryAuth } from './registryAuth.ts';

/** The engine tells its progress all the time; what is silent for this long has come to nothing. */
const silenceMs = 10 * 60_000;

export interface PullHost {
  docker(): Docker;
  readonly configFolder: string;
  readonly problemOf: ProblemOf;
}

/** Downloads an image. `cancel` ends it early, as a failure. */
export function pullImage(
  host: PullHost,
  reference: string,
  onProgress: (progress: PullProgress) => void,
): { readonly done: Promise<Result<null>>; cancel(): void } {
  if (isPackageImage(reference)) {
    // Whoever answers to that name is no registry of images that Wharf built.
    return { done: Promise.resolve(fail(problems.packageNotBuilt(reference, null))), cancel: () => undefined };
  }
  const controller = new AbortController();
  let end: string | undefined;
  const giveUp = (why: string): void => {
    end ??= why;
    controller.abort();
  };
  const silence = setTimeout(() => giveUp(`Docker told nothing for ${silenceMs / 60_000} minutes.`), silenceMs).unref();
  const run = async (): Promise<Result<null>> => {
    try {
      const authconfig = await registryAuth(reference, host.configFolder, controller.signal);
      const stream = (await host.docker().createImage({
        ...nameAndTag(reference),
        ...(authconfig === undefined ? {} : { authconfig }),
        abortSignal: controller.signal,
      })) as Readable;
      const progress = new LayerProgress();
      for await (const line of jsonLines(stream) as AsyncIterable<PullLine>) {
        silence.refresh();
        if (line.error !== undefined) {
          return fail(problems.pullFailed(reference, line.error));
        }
        const now = progress.take(line);
        if (now !== undefined) {
          onProgress(now);
        }
      }
      return end === undefined ? ok(null) : fail(problems.pullFailed(reference, end));
    } catch (error) {
      return fail(end === undefined ? problemOf(host, reference, error) : problems.pullFailed(reference, end));
    } finally {
      clearTimeout(silence);
    }
  };
  return { done: run(), cancel: () => giveUp('It was cancelled.') };
}

function problemOf(host: PullHost, reference: string, error: unknown): Problem {
  const isAnswer = statusOf(error) !== undefined;
  return isAnswer ? problems.pullFailed(reference, (error as Error).message) : host.problemOf(`download ${reference}`, error);
}

/** As the docker command asks: without a tag an engine would download every tag that there is. */
function nameAndTag(reference: string): { readonly fromImage: string; readonly tag: string } {
  const [named = '', digest] = reference.split('@');
  const [, name = named, tag] = /^(.*?)(?::([^:/]+))?$/.exec(named) ?? [];
  return { fromImage: name, tag: digest ?? tag ?? 'latest' };
}
