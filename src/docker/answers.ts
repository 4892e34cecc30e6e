import type { Problem } from '../shared/problem.ts';

/** Says in a person's words what failed. `doing` goes on after "refused to". */
export type ProblemOf = (doing: string, error: unknown) => Problem;

/** How long the engine may take to tell something. */
export const tellPatienceMs = 20_000;
/** How long the engine may take to make, start or remove a container: many may be under way at once. */
export const workPatienceMs = 120_000;

/**
 * Rejects when the engine does not answer in time: an engine may hang, and dockerode never settles a call whose
 * connection broke after the first bytes of the answer.
 */
export async function ask<T>(patienceMs: number, call: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`It gave no answer within ${patienceMs / 1000} s.`));
      controller.abort();
    }, patienceMs).unref();
  });
  try {
    return await Promise.race([call(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The HTTP status of an answer that Docker gave; undefined when it gave none. */
export function statusOf(error: unknown): number | undefined {
  const status = typeof error === 'object' && error !== null ? (error as { statusCode?: unknown }).statusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}
