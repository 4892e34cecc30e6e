import { big, echo, listTools, parse, type BenchClient } from '../client/messages.ts';
import type { Variant } from '../variants/variant.ts';
import { quantile, timed } from './stats.ts';

export const megabyte = 1024 * 1024;

/** How much is measured in one round. */
export interface Effort {
  readonly starts: number;
  readonly warmUpCalls: number;
  readonly calls: number;
  readonly inFlight: number;
  readonly throughputMs: number;
  readonly bigCalls: number;
}

/** From the start of a new client until it has the list of tools, in milliseconds. */
export async function startToList(variant: Variant): Promise<number> {
  const from = performance.now();
  const client = variant.open();
  try {
    await listTools(client);
    return performance.now() - from;
  } finally {
    await client.close();
  }
}

/** Small calls one after the other: the median and the 95th percentile, in milliseconds. */
export async function smallCalls(client: BenchClient, effort: Effort): Promise<{ readonly p50: number; readonly p95: number }> {
  for (let count = 0; count < effort.warmUpCalls; count++) {
    await echo(client);
  }
  const times: number[] = [];
  for (let count = 0; count < effort.calls; count++) {
    times.push(await timed(() => echo(client)));
  }
  return { p50: quantile(times, 0.5), p95: quantile(times, 0.95) };
}

/** Small calls with several in flight: how many are answered in a second. */
export async function callsPerSecond(client: BenchClient, effort: Effort): Promise<number> {
  await keepCalling(client, effort.inFlight, effort.throughputMs / 4);
  const from = performance.now();
  const done = await keepCalling(client, effort.inFlight, effort.throughputMs);
  return (done / (performance.now() - from)) * 1000;
}

async function keepCalling(client: BenchClient, inFlight: number, forMs: number): Promise<number> {
  const end = performance.now() + forMs;
  let done = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < end) {
      await echo(client);
      done++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return done;
}

/** Calls whose result is 1 MB, one after the other: medians in milliseconds until it is there, and until it is parsed. */
export async function bigCalls(client: BenchClient, effort: Effort): Promise<{ readonly answered: number; readonly parsed: number }> {
  await big(client, megabyte);
  await big(client, megabyte);
  const answered: number[] = [];
  const parsed: number[] = [];
  for (let count = 0; count < effort.bigCalls; count++) {
    const from = performance.now();
    const answer = await big(client, megabyte);
    answered.push(performance.now() - from);
    parse(answer);
    parsed.push(performance.now() - from);
  }
  return { answered: quantile(answered, 0.5), parsed: quantile(parsed, 0.5) };
}
