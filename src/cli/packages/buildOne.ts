import * as problems from '../../core/problems.ts';
import type { BuiltImage, PackageWish } from '../../docker/packages/packageBuilder.ts';
import type { PackageBuilder } from '../../docker/packages/builder.ts';
import type { Locations } from '../../node/locations.ts';
import { ImageGate } from '../../node/provenance/imageGate.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { ask } from '../ask.ts';
import { note } from '../output.ts';

/** A build that is slower than this has come to nothing. */
const patienceMs = 20 * 60_000;

/**
 * Builds, and says on stderr what takes time. The image to install in has to be one that the policy lets run, and is downloaded when a
 * person agrees. A signal that would end this process ends the build first, so that nothing is left of it.
 */
export async function buildOne(
  locations: Locations,
  builder: PackageBuilder,
  wish: PackageWish,
  options: { readonly yes?: boolean },
): Promise<Result<BuiltImage>> {
  const controller = new AbortController();
  const cancel = (): void => controller.abort();
  const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(patienceMs)]);
  process.once('SIGINT', cancel).once('SIGTERM', cancel);
  const progress = new Progress();
  const gate = new ImageGate({ locations, log: (line) => note(`wharf: ${line}`), digestsOf: (image) => builder.digestsOf(image) });
  try {
    const present = await withBase(builder, gate, wish.base, { yes: options.yes === true, signal, progress });
    // What was looked at is what it is installed in.
    const checked = present.ok ? await gate.check(wish.base, noWish) : present;
    if (!checked.ok && checked.problem.code !== missingCode) {
      return checked;
    }
    const base = (checked.ok ? checked.value.pinned : null) ?? wish.base;
    return await builder.build({ ...wish, base }, { signal, onStep: (step) => progress.tell(step) });
  } finally {
    progress.end();
    process.off('SIGINT', cancel).off('SIGTERM', cancel);
  }
}

/** Only what policy files ask for. */
const noWish = { requireDigest: false, verify: false } as const;
/** Then the build says what to do. */
const missingCode = 'WHARF_IMAGE_MISSING';

interface Asking {
  readonly yes: boolean;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

async function withBase(builder: PackageBuilder, gate: ImageGate, base: string, { yes, signal, progress }: Asking): Promise<Result<null>> {
  const has = await builder.has(base);
  if (!has.ok || has.value) {
    return has.ok ? ok(null) : has;
  }
  const allowed = await gate.check(base, noWish);
  if (!allowed.ok && allowed.problem.code !== missingCode) {
    return allowed;
  }
  const question = `Packages are installed in ${base}, which is not on this Docker engine. Download it?`;
  if (!yes && !(process.stdin.isTTY && (await ask(question)))) {
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
