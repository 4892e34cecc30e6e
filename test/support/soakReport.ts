import type { DaemonFigures } from './soakHome.ts';

export const cycleKinds = ['clients', 'daemon killed', 'Codex killed', 'own gateway killed', 'engine restarted'] as const;
export type CycleKind = (typeof cycleKinds)[number];

export interface KindFigures {
  readonly cycles: number;
  /** Milliseconds from the end of the last client, or of what was killed, until there was no container. */
  readonly longestUntilGoneMs: number;
}

/** A daemon that lived through it all: before, after the first half, after the second. */
export interface DaemonLife {
  readonly home: string;
  readonly figures: readonly DaemonFigures[];
}

export interface SoakReport {
  readonly seconds: number;
  readonly kinds: Readonly<Partial<Record<CycleKind, KindFigures>>>;
  /** Those that the common engine made, and those of them that it has not removed; those that a restarted engine lists and does not have. */
  readonly containers: { readonly made: number; readonly left: number; readonly ghosts: number };
  readonly daemons: readonly DaemonLife[];
  /** What was left, and what did not go as it should. Nothing is expected. */
  readonly complaints: readonly string[];
}

/** The figures as lines of text. */
export function soakLines({ seconds, kinds, containers, daemons }: SoakReport): readonly string[] {
  const cycles = Object.values(kinds).reduce((sum, kind) => sum + kind.cycles, 0);
  const width = Math.max(...daemons.map(({ home }) => home.length), ...Object.keys(kinds).map((name) => name.length));
  return [
    `${cycles} cycles in ${seconds.toFixed(0)} s; ${containers.made} containers of the common engine, ${containers.left} left` +
      (containers.ghosts === 0 ? '' : `; ${containers.ghosts} entries without a container in the restarted engine`),
    ...Object.entries(kinds).map(
      ([name, figures]) =>
        `${name.padEnd(width)}  ${String(figures.cycles).padStart(4)} cycles, no container after ${Math.round(figures.longestUntilGoneMs)} ms at most`,
    ),
    ...daemons.flatMap(({ home, figures }) => [
      `${home.padEnd(width)}  open files ${figures.map(({ openFiles }) => openFiles).join(' → ')}, ` +
        `RSS ${figures.map(({ rss }) => rss.toFixed(0)).join(' → ')} MB (before, half, end)`,
    ]),
  ];
}
