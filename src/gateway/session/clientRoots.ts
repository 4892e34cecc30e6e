import type { ClientQuestions } from './clientQuestions.ts';

const patienceMs = 2_000;

/** Asks a client for its roots. `use` gets them as the client wrote them, or null when it does not tell in time; not when it left. */
export function askForRoots(questions: ClientQuestions, use: (roots: string | null) => void): void {
  let isDone = false;
  const done = (roots: string | null): void => {
    clearTimeout(timer);
    if (!isDone && !questions.isClosed) {
      isDone = true;
      use(roots);
    }
  };
  const timer = setTimeout(() => done(null), patienceMs).unref();
  questions.ask('roots/list', (outcome, value) => done(outcome === 'result' ? value.toString() : null));
}
