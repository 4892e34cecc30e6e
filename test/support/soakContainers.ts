import type { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import type Docker from 'dockerode';
import { jsonLines } from '../../src/docker/jsonLines.ts';
import { until } from './until.ts';

const tellMs = 5_000;

interface ContainerEvent {
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> };
}

/** Counts the containers of some profiles by what the engine itself tells. */
export class ContainerCount {
  private readonly all = new Set<string>();
  private readonly gone = new Set<string>();

  /** Follows the engine until the test ends. */
  static async start(t: Pick<TestContext, 'after'>, docker: Docker, profiles: ReadonlySet<string>): Promise<ContainerCount> {
    const filters = JSON.stringify({ type: ['container'], event: ['create', 'destroy'], label: ['wharf.managed=true'] });
    const stream = (await docker.getEvents({ filters })) as Readable;
    t.after(() => void stream.destroy());
    const count = new ContainerCount();
    // It ends with the test, by being cut.
    void count.follow(stream, profiles).catch(() => undefined);
    return count;
  }

  get made(): number {
    return this.all.size;
  }

  /** How many of them the engine has not removed, after some patience: it tells a little later what it did. */
  async left(): Promise<number> {
    const left = (): number => [...this.all].filter((id) => !this.gone.has(id)).length;
    await until(() => left() === 0, { timeoutMs: tellMs }).catch(() => undefined);
    return left();
  }

  private async follow(stream: Readable, profiles: ReadonlySet<string>): Promise<void> {
    for await (const event of jsonLines(stream)) {
      const { Action: action, Actor: actor } = event as ContainerEvent;
      if (actor?.ID !== undefined && profiles.has(actor.Attributes?.['wharf.profile'] ?? '')) {
        (action === 'create' ? this.all : this.gone).add(actor.ID);
      }
    }
  }
}
