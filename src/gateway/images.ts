import type { ContainerEngine, PullProgress } from '../core/ports.ts';
import type { Result } from '../shared/result.ts';

/** An engine that hangs must not keep a thread from its other tools. */
const patienceMs = 3_000;

interface Pull {
  readonly listeners: Set<(progress: PullProgress) => void>;
  readonly done: Promise<Result<null>>;
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

  /** References may stand for other images now. */
  forget(): void {
    this.ids = new Map();
  }

  /** Downloads an image once, whoever waits for it. */
  async pull(reference: string, onProgress: (progress: PullProgress) => void): Promise<Result<null>> {
    let pull = this.pulls.get(reference);
    if (pull === undefined) {
      const listeners = new Set<(progress: PullProgress) => void>();
      const done = this.engine()
        .then((engine) => engine.pull(reference, (progress) => listeners.forEach((hear) => hear(progress))).done)
        .finally(() => {
          this.pulls.delete(reference);
          this.ids.delete(reference);
        });
      pull = { listeners, done };
      this.pulls.set(reference, pull);
    }
    pull.listeners.add(onProgress);
    return pull.done.finally(() => pull.listeners.delete(onProgress));
  }

  private async ask(reference: string): Promise<string | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), patienceMs).unref()));
    try {
      const answer = await Promise.race([this.engine().then((engine) => engine.imageId(reference)), late]);
      return answer?.ok === true ? answer.value : null;
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }
}
