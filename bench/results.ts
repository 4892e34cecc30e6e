import type { Machine } from './machine.ts';
import type { VariantName } from './variants/variant.ts';

export type Values = Partial<Record<VariantName, number>>;

/** A measured quantity. Those of one run are comparable with each other, as all were taken by turns. */
export interface Figure {
  readonly id: string;
  readonly title: string;
  readonly unit: 'ms' | 'MB' | '/s' | '';
  readonly digits: number;
  readonly better: 'lower' | 'higher';
  /** What Wharf shall reach, in words, and whether these values do; undefined where they cannot tell. */
  readonly reach?: { readonly words: string; readonly isReached: (values: Values) => boolean | undefined };
}

/** One run, as it is kept for comparison. */
export interface RunResult {
  readonly version: 1;
  /** ISO 8601. */
  readonly at: string;
  readonly machine: Machine;
  readonly rounds: number;
  /** Versions of the programs, by variant. */
  readonly versions: Partial<Record<VariantName, string>>;
  /** By the id of the figure: medians over the rounds. */
  readonly figures: Readonly<Record<string, Values>>;
  /** What could not be measured, a few words each. */
  readonly missing: readonly string[];
}

function both(a: number | undefined, b: number | undefined, compare: (a: number, b: number) => boolean): boolean | undefined {
  return a === undefined || b === undefined ? undefined : compare(a, b);
}

const times = (factor: number) => (values: Values) => both(values.wharf, values.bare, (wharf, bare) => wharf <= factor * bare);
const plus = (more: number) => (values: Values) => both(values.wharf, values.bare, (wharf, bare) => wharf <= bare + more);
const atMost = (most: number) => (values: Values) => both(values.wharf, most, (wharf, limit) => wharf <= limit);

type Reach = Figure['reach'];

function figure(id: string, title: string, unit: Figure['unit'], digits: number, reach?: Reach): Figure {
  return { id, title, unit, digits, better: unit === '/s' ? 'higher' : 'lower', ...(reach === undefined ? {} : { reach }) };
}

/** Figures of every variant, in the order of the table. */
export const sharedFigures: readonly Figure[] = [
  figure('firstList', 'new client → first `tools/list`', 'ms', 1, { words: 'stdio ≤ 1.3 × bare', isReached: times(1.3) }),
  figure('callP50', 'small call, one in flight, p50', 'ms', 3, { words: 'stdio ≤ bare + 0.25 ms', isReached: plus(0.25) }),
  figure('callP95', 'small call, one in flight, p95', 'ms', 3, { words: 'stdio ≤ bare + 0.7 ms', isReached: plus(0.7) }),
  figure('callsPerSecond', 'small calls, 16 in flight', '/s', 0, {
    words: 'stdio ≥ 20,000/s, HTTP ≥ 5,000/s',
    isReached: (values) => both(values.wharf, values['wharf-http'], (stdio, http) => stdio >= 20_000 && http >= 5_000),
  }),
  figure('megabyte', 'result of 1 MB, p50', 'ms', 2, { words: 'stdio ≤ 1.3 × bare', isReached: times(1.3) }),
  figure('megabyteParsed', '… until the client has parsed it', 'ms', 2),
  figure('shimMemory', "one of 20 idle clients' own process (PSS)", 'MB', 1, { words: 'stdio ≤ 10 MB', isReached: atMost(10) }),
  figure('threadsMemory', '20 idle clients, all processes together (PSS)', 'MB', 0),
  figure('realMemory', '… in front of `server-everything`', 'MB', 0),
];

/** Figures of Wharf, some beside the same without it. */
export const ownFigures: readonly Figure[] = [
  figure('daemonMemory', 'daemon that knows and ran 10 servers (RSS)', 'MB', 0, { words: '≤ 90 MB', isReached: atMost(90) }),
  figure('coldCall', 'call that starts its container', 'ms', 0, { words: '≤ bare + 20 ms', isReached: plus(20) }),
  figure('containers', 'containers of 20 threads that call 5 servers each', '', 0, {
    words: '5',
    isReached: (values) => both(values.wharf, 5, (wharf, five) => wharf === five),
  }),
  figure('threadsAnswered', '… until all 100 first calls are answered, no container before', 'ms', 0),
];
