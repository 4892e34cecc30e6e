import type { Relaxation } from './relaxation.ts';

/** An expected failure, written for a person. Every one is made by a factory in src/core/problems.ts. */
export interface Problem {
  /** Stable and documented, such as `WHARF_PROFILE_SYNTAX`. Scripts may match on it. */
  readonly code: string;
  /** One sentence: what happened, and to what. */
  readonly message: string;
  /** One sentence: what to do next. */
  readonly next: string;
  /** Where in a file, when the failure is about one. */
  readonly place?: Place;
  /** Raw evidence, such as the last lines of a server's stderr. */
  readonly detail?: string;
  /** What would help a server whose container is too strict for it. A person decides. */
  readonly relaxation?: Relaxation;
}

/** Whether something that came over a connection is one. */
export function isProblem(value: unknown): value is Problem {
  const { code, message, next } = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  return typeof code === 'string' && code.startsWith('WHARF_') && typeof message === 'string' && typeof next === 'string';
}

export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
}

/** `path:line:column: message (CODE) next`, the form used on stderr and in logs. */
export function describeProblem(problem: Problem): string {
  const place = problem.place;
  const where = place === undefined ? '' : `${place.file}:${place.line}:${place.column}: `;
  const detail = problem.detail === undefined || problem.detail === '' ? '' : `\n${problem.detail}`;
  return `${where}${problem.message} (${problem.code}) ${problem.next}${detail}`;
}
