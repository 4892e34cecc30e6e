import type { ContainerEngine, PullProgress } from '../core/ports.ts';
import * as problems from '../core/problems.ts';
import { fail, type Result } from '../shared/result.ts';

/** An engine that hangs must not keep a thread from its other tools. */
const patienceMs = 3_000;

interface Pull {
  readonly listeners: Set<(progress: PullProgress) => void>;
  readonly done: Promise<Result<null>>;
  cancel(): void;
}

/** Which images the references of profiles stand for, and the downloads that are under way. */
export class Images {
  private readonly engine: () => Promise<ContainerEngine>;
  private ids = new Map<string, Promise<string | null>>();
  private readonly pulls = new Map<string, Pull>();

  constructor(engine: () => Promise<ContainerEngine>) {
    this.engine = engine;
  }

  /** The content id behind a reference; null when the engine has no such image, or does not answer in time. */
  idOf(reference: string): Promise<string | null> {
    let id = this.ids.get(reference);
    if (id === undefined) {
      const { ids } = this;
      id = this.ask(reference).then((answer) => {
        if (answer === null) {
          ids.delete(reference);
        }
        return answer;
      });
      ids.set(reference, id);
    }
    return id;
  }

  /** As `ContainerEngine.imageDigests`; none when the engine does not answer in time. */
  async digestsOf(reference: string): Promise<readonly string[]> {
    return (await this.inTime((engine) => engine.imageDigests(reference))) ?? [];
  }

  /** References may stand for other images now. */
  forget(): void {
    this.ids = new Map();
  }

  /** Downloads an image once, whoever waits for it. Ends when each of them has given up. */
  async pull(reference: string, onProgress: (progress: PullProgress) => void, givenUp: Promise<void>): Promise<Result<null>> {
    const pull = this.pulls.get(reference) ?? (await this.begin(reference));
    pull.listeners.add(onProgress);
    const left = givenUp.then(() => fail(problems.serverGone(reference)));
    const answer = await Promise.race([pull.done, left]);
    pull.listeners.delete(onProgress);
    if (pull.listeners.size === 0) {
      pull.cancel();
    }
    return answer;
  }

  private async begin(reference: string): Promise<Pull> {
    const engine = await this.engine();
    const known = this.pulls.get(reference);
    if (known !== undefined) {
      return known;
    }
    const listeners = new Set<(progress: PullProgress) => void>();
    const download = engine.pull(reference, (progress) => listeners.forEach((hear) => hear(progress)));
    const ended = download.done.finally(() => {
      this.pulls.delete(reference);
      this.ids.delete(reference);
    });
    const pull = { listeners, done: ended, cancel: () => download.cancel() };
    this.pulls.set(reference, pull);
    return pull;
  }

  private ask(reference: string): Promise<string | null> {
    return this.inTime((engine) => engine.imageId(reference));
  }

  private async inTime<T>(ask: (engine: ContainerEngine) => Promise<Result<T>>): Promise<T | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), patienceMs).unref()));
    try {
      const answer = await Promise.race([this.engine().then(ask), late]);
      return answer?.ok === true ? answer.value : null;
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }
}
