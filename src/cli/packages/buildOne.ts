import * as problems from '../../core/problems.ts';
import type { BuiltImage, PackageWish } from '../../docker/packages/packageBuilder.ts';
import type { PackageBuilder } from '../../docker/packages/builder.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { ask } from '../ask.ts';
import { note } from '../output.ts';

/** A build that is slower than this has come to nothing. */
const patienceMs = 20 * 60_000;

/**
 * Builds, and says on stderr what takes time. The image to install in is downloaded when a person agrees. A signal that would end this
 * process ends the build first, so that nothing is left of it.
 */
export async function buildOne(
  builder: PackageBuilder,
  wish: PackageWish,
  options: { readonly yes?: boolean },
): Promise<Result<BuiltImage>> {
  const controller = new AbortController();
  const cancel = (): void => controller.abort();
  const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(patienceMs)]);
  process.once('SIGINT', cancel).once('SIGTERM', cancel);
  const progress = new Progress();
  try {
    const base = await withBase(builder, wish.base, options.yes === true, signal, progress);
    return base.ok ? await builder.build(wish, { signal, onStep: (step) => progress.tell(step) }) : base;
  } finally {
    progress.end();
    process.off('SIGINT', cancel).off('SIGTERM', cancel);
  }
}

async function withBase(
  builder: PackageBuilder,
  base: string,
  yes: boolean,
  signal: AbortSignal,
  progress: Progress,
): Promise<Result<null>> {
  const has = await builder.has(base);
  if (!has.ok || has.value) {
    // The build says why, where it is missing and nobody can be asked.
    return has.ok ? ok(null) : has;
  }
  if (
    !yes &&
    !(process.stdin.isTTY && (await ask(`Packages are installed in ${base}, which is not on this Docker engine. Download it?`)))
  ) {
    return ok(null);
  }
  const pull = builder.pull(base, ({ doneBytes, totalBytes }) =>
    progress.tell(`downloading ${base}: ${megabytes(doneBytes)} of ${megabytes(totalBytes)} MB`),
  );
  signal.addEventListener('abort', () => pull.cancel());
  const pulled = await pull.done;
  return signal.aborted ? fail(problems.pullFailed(base, 'It was cancelled.')) : pulled;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}

/** On a terminal one line that changes; elsewhere nothing but what begins. */
class Progress {
  private readonly isLive = process.stderr.isTTY;
  private lastWord = '';

  tell(step: string): void {
    if (this.isLive) {
      process.stderr.write(`\r\u001b[K${step.replace(/[^\x20-\x7e]/g, '?').slice(0, (process.stderr.columns ?? 80) - 1)}`);
      return;
    }
    const [word = ''] = step.split(' ');
    if (word !== this.lastWord) {
      this.lastWord = word;
      note(`wharf: ${word === 'fetched' ? 'fetching what it needs' : step}`);
    }
  }

  end(): void {
    if (this.isLive) {
      process.stderr.write('\r\u001b[K');
    }
  }
}
