import type { KeptCall } from '../keptCall.ts';
import type { Finding } from '../../shared/findings.ts';
import type { Batch, CallRecord, PackedCall, Span } from './records.ts';

/** A longer body is left out: it would push thousands of calls out of the journal. */
const longestBody = 16 * 1024 * 1024;

/** Room for the bodies of a usual batch. */
const usualRoom = 2 * 1024 * 1024;
/** As many as there are batches on their way. */
const mostSpare = 2;

/** Memory that this thread and the journal's share: new memory for each batch would cost more than all the rest. */
export class Rooms {
  private readonly spare: SharedArrayBuffer[] = [];

  take(bytes: number): SharedArrayBuffer {
    return (bytes <= usualRoom ? this.spare.pop() : undefined) ?? new SharedArrayBuffer(Math.max(bytes, usualRoom));
  }

  /** The other thread is done with it. */
  giveBack(room: SharedArrayBuffer): void {
    if (room.byteLength === usualRoom && this.spare.length < mostSpare) {
      this.spare.push(room);
    }
  }
}

/** Puts calls into a form that goes to another thread at once: their bodies in one piece of memory. `clean` takes secrets out of a text. */
export function pack(calls: readonly KeptCall[], clean: (text: string) => string, rooms: Rooms): Pick<Batch, 'calls' | 'bodies' | 'bytes'> {
  const records = calls.map((call) => call.record());
  const bytes = records.reduce((sum, record) => sum + lengthOf(record.arguments) + lengthOf(record.result), 0);
  const bodies = rooms.take(bytes);
  const room = new Uint8Array(bodies);
  let end = 0;
  const add = (body: Uint8Array | null): Span => {
    if (body === null || body.length > longestBody) {
      return null;
    }
    const start = end;
    room.set(body, start);
    end += body.length;
    return [start, end];
  };
  const packed = records.map((record) => ({
    ...cleaned(record, clean),
    arguments: add(record.arguments),
    result: add(record.result),
  }));
  return { calls: packed, bodies, bytes };
}

function lengthOf(body: Uint8Array | null): number {
  return body === null || body.length > longestBody ? 0 : body.length;
}

/** Bodies were looked at when they came. Names and what happened may quote a server, and a server says what it wants. */
function cleaned(record: CallRecord, clean: (text: string) => string): Omit<PackedCall, 'arguments' | 'result'> {
  const { arguments: given, result, events, found, ...facts } = record;
  const notes = [given, result].some((body) => (body?.length ?? 0) > longestBody)
    ? [{ atMs: record.durationMs ?? 0, text: 'Its arguments or its result are too long for the journal.' }]
    : [];
  return {
    ...facts,
    client: clean(facts.client),
    thread: facts.thread === null ? null : clean(facts.thread),
    server: clean(facts.server),
    tool: clean(facts.tool),
    events: [...events.map(({ atMs, text }) => ({ atMs, text: clean(text) })), ...notes],
    found: found.map((finding) => cleanedFinding(finding, clean)),
  };
}

/** The preview is masked already, in a way that the scan might take for a secret again. */
function cleanedFinding(finding: Finding, clean: (text: string) => string): Finding {
  return { ...finding, title: clean(finding.title), pointer: clean(finding.pointer), preview: clean(finding.preview) };
}
