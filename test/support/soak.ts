import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { docker, probeImage } from './dockerLane.ts';
import { sampleTags } from './images.ts';
import { startDockerd } from './privateDockerd.ts';
import { clientCycle, daemonKilled, ownGatewayKilled, type Cycle } from './soakClients.ts';
import { codexKilled } from './soakCodex.ts';
import { ContainerCount } from './soakContainers.ts';
import { engineRestarted } from './soakEngine.ts';
import { makeSoakHome, type DaemonFigures, type SoakHome } from './soakHome.ts';
import type { CycleKind, KindFigures, SoakReport } from './soakReport.ts';

export interface SoakOptions {
  /** How many cycles, of all kinds together. */
  readonly cycles: number;
  /** Hears of progress, one sentence at a time. */
  readonly say: (line: string) => void;
  /** No cycle begins any more. */
  readonly signal?: AbortSignal;
  /** Kinds that are not wanted, as a restart of an engine costs seconds. */
  readonly without?: readonly CycleKind[];
}

/** Cycles of some kinds in a home of their own, one batch after the other. */
interface Lane {
  readonly home: SoakHome;
  readonly work: readonly { readonly kind: CycleKind; readonly cycle: Cycle; readonly share: number; readonly atOnce: number }[];
  /** Its daemon is never killed. */
  readonly isSteady: boolean;
}

/** Files that a daemon may have open more than before: connections to the engine that were just used. */
export const mostMoreFiles = 4;
/** Megabytes that the second half may add. */
const mostMoreMemory = 32;
const batch = 8;
/** Whatever takes longer hangs. */
const cycleMs = 120_000;

/** Starts and ends clients, daemons, Codex and an engine in every way, and looks for what is left. */
export async function runSoak(t: TestContext, options: SoakOptions): Promise<SoakReport> {
  await probeImage();
  const from = performance.now();
  const lanes = await makeLanes(t, options);
  const count = await ContainerCount.start(t, docker, new Set(lanes.map(({ home }) => home.profile)));
  const run = new SoakRun(lanes, options);
  options.say(`${lanes.length} homes are ready; each daemon is used once before it is measured`);
  await run.warmUp();
  await run.measure();
  for (const half of [1, 2]) {
    await run.half(half);
    await run.measure();
  }
  await run.finish();
  return {
    seconds: (performance.now() - from) / 1000,
    kinds: Object.fromEntries(run.kinds),
    containers: { made: count.made, left: await count.left(), ghosts: lanes.reduce((sum, { home }) => sum + home.ghosts.size, 0) },
    daemons: lanes.filter(({ isSteady }) => isSteady).map((lane) => ({ home: nameOf(lane), figures: run.lives.get(lane) ?? [] })),
    complaints: run.complaints,
  };
}

async function makeLanes(t: TestContext, { without = [], say }: SoakOptions): Promise<readonly Lane[]> {
  say('making homes');
  const wanted = (work: Lane['work']): Lane['work'] => work.filter(({ kind }) => !without.includes(kind));
  const lanes = await Promise.all([
    steadyLane(t, wanted([{ kind: 'clients', cycle: clientCycle, share: 0.78, atOnce: 3 }])),
    steadyLane(t, wanted([{ kind: 'daemon killed', cycle: daemonKilled, share: 0.1, atOnce: 1 }])).then(
      (lane) => lane && { ...lane, isSteady: false },
    ),
    steadyLane(
      t,
      wanted([
        { kind: 'Codex killed', cycle: codexKilled(t), share: 0.06, atOnce: 1 },
        { kind: 'own gateway killed', cycle: ownGatewayKilled, share: 0.04, atOnce: 1 },
      ]),
    ),
    without.includes('engine restarted') ? undefined : engineLane(t),
  ]);
  return lanes.filter((lane) => lane !== undefined);
}

async function steadyLane(t: TestContext, work: Lane['work']): Promise<Lane | undefined> {
  return work.length === 0 ? undefined : { home: await makeSoakHome(t), work, isSteady: true };
}

async function engineLane(t: TestContext): Promise<Lane | undefined> {
  const dockerd = await startDockerd(t, sampleTags.probe);
  if (dockerd === undefined) {
    return undefined;
  }
  const home = await makeSoakHome(t, dockerd.docker, String(dockerd.endpoint.options['socketPath']));
  return { home, isSteady: true, work: [{ kind: 'engine restarted', cycle: engineRestarted(dockerd), share: 0.02, atOnce: 1 }] };
}

function nameOf({ work }: Lane): string {
  return work.map(({ kind }) => kind).join(', ');
}

class SoakRun {
  readonly kinds = new Map<CycleKind, KindFigures>();
  readonly lives = new Map<Lane, DaemonFigures[]>();
  readonly complaints: string[] = [];
  private readonly lanes: readonly Lane[];
  private readonly options: SoakOptions;

  constructor(lanes: readonly Lane[], options: SoakOptions) {
    this.lanes = lanes;
    this.options = options;
  }

  /** What is loaded once, and opened for good, is there before anything is compared. */
  async warmUp(): Promise<void> {
    await Promise.all(
      this.lanes.map(async ({ home }) => {
        await clientCycle(home, 0);
        await home.untilNoContainer();
      }),
    );
  }

  async measure(): Promise<void> {
    await Promise.all(
      this.lanes.map(async (lane) => {
        for (const left of await lane.home.leftovers()) {
          this.complain(`Left of "${nameOf(lane)}": ${left}`);
        }
        if (lane.isSteady) {
          const life = this.lives.get(lane) ?? [];
          this.lives.set(lane, [...life, await lane.home.figures(life[0])]);
        }
      }),
    );
  }

  async half(half: number): Promise<void> {
    await Promise.all(this.lanes.map((lane) => this.runLane(lane, half)));
  }

  /** Compares, stops the daemons, and looks for the last time. */
  async finish(): Promise<void> {
    for (const [lane, [before, ...later]] of this.lives) {
      const most = Math.max(...later.map(({ openFiles }) => openFiles));
      if (before === undefined || most > before.openFiles + mostMoreFiles) {
        this.complain(`The daemon of "${nameOf(lane)}" has ${most} files open, and had ${before?.openFiles}.`);
      }
      const [half, end] = later;
      if (half !== undefined && end !== undefined && end.rss > half.rss + mostMoreMemory) {
        this.complain(`The daemon of "${nameOf(lane)}" grew from ${half.rss.toFixed(0)} to ${end.rss.toFixed(0)} MB.`);
      }
    }
    for (const lane of this.lanes) {
      for (const left of await lane.home.stop()) {
        this.complain(`Left of "${nameOf(lane)}" after its daemon: ${left}`);
      }
    }
  }

  private async runLane(lane: Lane, half: number): Promise<void> {
    for (const { kind, cycle, share, atOnce } of lane.work) {
      const all = Math.max(2, Math.round(this.options.cycles * share));
      const [from, to] = half === 1 ? [0, Math.floor(all / 2)] : [Math.floor(all / 2), all];
      const size = atOnce === 1 ? 1 : batch;
      for (let first = from; first < to && this.options.signal?.aborted !== true; first += size) {
        const turns = Array.from({ length: Math.min(size, to - first) }, (_, index) => first + index);
        await this.runBatch(lane.home, kind, cycle, turns, atOnce);
        this.options.say(`${kind}: ${first + turns.length} of ${all}`);
      }
    }
  }

  /** Cycles, some at the same time, and then the wait until there is no container. */
  private async runBatch(home: SoakHome, kind: CycleKind, cycle: Cycle, turns: readonly number[], atOnce: number): Promise<void> {
    const rest = [...turns];
    const worker = async (): Promise<void> => {
      for (let turn = rest.shift(); turn !== undefined; turn = rest.shift()) {
        await inTime(cycle(home, turn)).catch((error: unknown) => this.complain(`${kind}, cycle ${turn}: ${describe(error)}`));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    try {
      const gone = await home.untilNoContainer();
      const { cycles = 0, longestUntilGoneMs = 0 } = this.kinds.get(kind) ?? {};
      this.kinds.set(kind, { cycles: cycles + turns.length, longestUntilGoneMs: Math.max(longestUntilGoneMs, gone) });
    } catch (error) {
      this.complain(`${kind}, after cycle ${turns.at(-1)}: ${describe(error)}`);
    }
  }

  private complain(text: string): void {
    if (this.options.signal?.aborted !== true) {
      this.complaints.push(text);
      this.options.say(`! ${text}`);
    }
  }
}

async function inTime(work: Promise<void>): Promise<void> {
  const timer = new AbortController();
  const late = pause(cycleMs, undefined, { signal: timer.signal }).then((): never => {
    throw new Error(`It did not end within ${cycleMs} ms.`);
  });
  late.catch(() => undefined);
  await Promise.race([work, late]).finally(() => timer.abort());
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  return error.cause === undefined ? (error.stack ?? error.message) : `${error.message}\n  ${describe(error.cause)}`;
}
