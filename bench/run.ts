import { version } from '../src/shared/version.ts';
import type { Cleanup } from './cleanup.ts';
import { listTools, type BenchClient } from './client/messages.ts';
import { thisMachine } from './machine.ts';
import { bigCalls, callsPerSecond, smallCalls, startToList, type Effort } from './measure/calls.ts';
import { coldCalls, containersOfThreads, prepareContainers } from './measure/containers.ts';
import { daemonMemory, memoryOfThreads } from './measure/memory.ts';
import { median } from './measure/stats.ts';
import type { RunResult, Values } from './results.ts';
import { echoServer, everythingServer, type ServerProgram } from './servers/programs.ts';
import { bareServer } from './variants/bare.ts';
import { startMcpProxy, startSupergateway, toolVersion } from './variants/proxies.ts';
import { startRelays } from './variants/relays.ts';
import { variantTitles, type Variant, type VariantName } from './variants/variant.ts';
import { startWharf, startWharfHttp } from './variants/wharf.ts';

export interface RunOptions {
  readonly variants: readonly VariantName[];
  readonly rounds: number;
  readonly effort: Effort;
  readonly say: (line: string) => void;
}

const threads = 20;
const knownServers = 10;
const threadServers = 5;
const coldStarts = 7;

const starters: Readonly<Record<VariantName, (cleanup: Cleanup, server: ServerProgram) => Promise<Variant>>> = {
  bare: (_cleanup, server) => Promise.resolve(bareServer(server)),
  relays: startRelays,
  wharf: startWharf,
  'wharf-http': startWharfHttp,
  'mcp-proxy': startMcpProxy,
  supergateway: startSupergateway,
};

/** Values of one figure over the rounds, by variant. */
class Samples {
  private readonly byFigure = new Map<string, Map<VariantName, number[]>>();

  add(figure: string, variant: VariantName, value: number): void {
    const byVariant = this.byFigure.get(figure) ?? new Map<VariantName, number[]>();
    this.byFigure.set(figure, byVariant);
    byVariant.set(variant, [...(byVariant.get(variant) ?? []), value]);
  }

  medians(): Record<string, Values> {
    return Object.fromEntries(
      [...this.byFigure].map(([figure, byVariant]) => [
        figure,
        Object.fromEntries([...byVariant].map(([name, values]) => [name, median(values)])),
      ]),
    );
  }
}

/** One run of the benchmark. What fails is named in the result and does not end the rest. */
export class BenchRun {
  private readonly options: RunOptions;
  /** What the caller runs at the end, or when a signal comes. */
  private readonly cleanup: Cleanup;
  private readonly samples = new Samples();
  private readonly missing: string[] = [];

  constructor(options: RunOptions, cleanup: Cleanup) {
    this.options = options;
    this.cleanup = cleanup;
  }

  async run(): Promise<RunResult> {
    const { rounds, say } = this.options;
    const variants: Variant[] = [];
    for (const name of this.options.variants) {
      const started = await this.attempt(variantTitles[name], () => starters[name](this.cleanup, echoServer));
      variants.push(...(started === undefined ? [] : [started]));
    }
    for (let round = 0; round < rounds; round++) {
      say(`Round ${round + 1} of ${rounds} …`);
      // Another one begins each round: what the machine does at that moment meets all alike.
      const first = round % variants.length;
      const order = [...variants.slice(first), ...variants.slice(0, first)];
      await this.round(order);
    }
    say('Memory …');
    for (const { name } of variants) {
      await this.memory(name);
    }
    if (variants.some(({ name }) => name === 'wharf')) {
      await this.measureOwn();
    }
    return {
      version: 1,
      at: new Date().toISOString(),
      machine: thisMachine(),
      rounds,
      versions: await this.versions(),
      figures: this.samples.medians(),
      missing: this.missing,
    };
  }

  private async round(variants: readonly Variant[]): Promise<void> {
    const { effort } = this.options;
    for (let count = 0; count < effort.starts; count++) {
      await this.each(variants, async (variant) => this.samples.add('firstList', variant.name, await startToList(variant)));
    }
    const clients = new Map<Variant, BenchClient>();
    try {
      await this.each(variants, async (variant) => {
        const client = variant.open();
        clients.set(variant, client);
        await listTools(client);
      });
      const measure = (action: (client: BenchClient, name: VariantName) => Promise<void>): Promise<void> =>
        this.each(variants, async (variant) => {
          const client = clients.get(variant);
          await (client === undefined ? undefined : action(client, variant.name));
        });
      await measure(async (client, name) => {
        const { p50, p95 } = await smallCalls(client, effort);
        this.samples.add('callP50', name, p50);
        this.samples.add('callP95', name, p95);
      });
      await measure(async (client, name) => this.samples.add('callsPerSecond', name, await callsPerSecond(client, effort)));
      await measure(async (client, name) => {
        const { answered, parsed } = await bigCalls(client, effort);
        this.samples.add('megabyte', name, answered);
        this.samples.add('megabyteParsed', name, parsed);
      });
    } finally {
      await Promise.all([...clients.values()].map((client) => client.close()));
    }
  }

  private async each(variants: readonly Variant[], action: (variant: Variant) => Promise<void>): Promise<void> {
    for (const variant of variants) {
      await this.attempt(variantTitles[variant.name], () => action(variant));
    }
  }

  /** In processes that have served nobody yet: what the rounds left behind is not counted. */
  private async memory(name: VariantName): Promise<void> {
    const cleanup = this.cleanup.part();
    await this.attempt(`memory of ${variantTitles[name]}`, async () => {
      const { each, total } = await memoryOfThreads(await starters[name](cleanup, echoServer), threads);
      this.samples.add('threadsMemory', name, total);
      if (each !== undefined) {
        this.samples.add('shimMemory', name, each);
      }
      await cleanup.run();
      const real = await memoryOfThreads(await starters[name](cleanup, await everythingServer()), threads);
      this.samples.add('realMemory', name, real.total);
    });
    await cleanup.run();
  }

  private async measureOwn(): Promise<void> {
    await this.attempt('memory of the daemon', async () =>
      this.samples.add('daemonMemory', 'wharf', await daemonMemory(knownServers, this.cleanup)),
    );
    const reason = await prepareContainers();
    if (reason !== undefined) {
      this.missing.push(`what needs containers, because ${reason}`);
      return;
    }
    this.options.say('Containers …');
    await this.attempt('cold calls', async () => {
      const { bare: without, wharf } = await coldCalls(coldStarts, this.cleanup);
      this.samples.add('coldCall', 'bare', without);
      this.samples.add('coldCall', 'wharf', wharf);
    });
    await this.attempt('containers of many threads', async () => {
      const { containers, allAnsweredMs } = await containersOfThreads(threads, threadServers, this.cleanup);
      this.samples.add('containers', 'wharf', containers);
      this.samples.add('threadsAnswered', 'wharf', allAnsweredMs);
    });
  }

  private async attempt<T>(what: string, action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      // The details may name places of this machine, and the result is kept and published.
      this.options.say(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      if (!this.missing.includes(what)) {
        this.missing.push(what);
      }
      return undefined;
    }
  }

  private async versions(): Promise<Partial<Record<VariantName, string>>> {
    return {
      wharf: version,
      'wharf-http': version,
      'mcp-proxy': await toolVersion('mcp-proxy'),
      supergateway: await toolVersion('supergateway'),
    };
  }
}
