import type { CallDetail, CallSummary } from '../src/shared/calls.ts';
import { isFresh } from './state.ts';

/** A key held down passes many calls; only where it rests is worth asking for. */
const restMs = 60;
/** The host does not answer for a call it no longer knows, or while it is away. */
const askAgainMs = 5000;

/**
 * Asks for a call's details when what is known is missing or older than the summary: the first time at once, and then not
 * more often than a hand moves. Call it whenever the page is drawn.
 */
export function createDetailRequests(ask: (id: string) => void): (call: CallSummary, known: CallDetail | undefined) => void {
  let wanted: string | undefined;
  let askedAt = -Infinity;
  let waiting: number | undefined;
  return (call, known) => {
    const key = JSON.stringify([call.id, call.status, call.durationMs]);
    const now = performance.now();
    if (isFresh(known, call) || (wanted === key && now - askedAt < askAgainMs)) {
      return;
    }
    wanted = key;
    window.clearTimeout(waiting);
    const rest = Math.max(0, askedAt + restMs - now);
    askedAt = now;
    const send = (): void => ask(call.id);
    if (rest === 0) {
      send();
    } else {
      waiting = window.setTimeout(send, restMs);
    }
  };
}
