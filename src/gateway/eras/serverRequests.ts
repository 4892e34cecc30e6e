import { parseSpan, type Span } from '../../node/jsonSpans.ts';
import { errorCodes, type JsonRpcError, type RequestId } from '../../shared/mcp.ts';
import { InputRounds, type RoundEnd } from './inputRounds.ts';
import { changeMembers, isEmptyObject, readMembers, withMembers, type ReadObject } from './objectBytes.ts';
import { cacheableMethods, metaKeys, roundMethods } from './revision.ts';

export type Reply = (outcome: 'result' | 'error', value: Buffer) => void;

/** What requests need of the server and of their client. */
export interface RequestWires {
  /** Sends a request under an id of the adapter's own, and gives that. */
  ask(method: string, params: Buffer, onReply: Reply): RequestId;
  /** Ends a request at the server. */
  cancel(id: RequestId, reason: string | undefined): void;
  toClient(message: Buffer): void;
}

/** A request of the client that the server works on. */
interface Open {
  readonly id: RequestId;
  readonly method: string;
  /** Kept where the request may have to be made again. */
  readonly params: Buffer | undefined;
  /** Its id at the server now. */
  attempt: RequestId;
  tries: number;
  stopAsking: (() => void) | undefined;
}

const mostRounds = 10;

/** The requests of a client with a handshake that a server of 2026-07-28 works on, with the rounds of questions in between (MRTR). */
export class ServerRequests {
  private readonly wires: RequestWires;
  private readonly rounds: InputRounds;
  private readonly open = new Map<RequestId, Open>();

  constructor(wires: RequestWires) {
    this.wires = wires;
    this.rounds = new InputRounds((message) => wires.toClient(message));
  }

  /** A request goes to the server, under the client's own id. `params` is one JSON object. */
  add(id: RequestId, method: string, params: Buffer | undefined): void {
    const kept = roundMethods.has(method) ? params : undefined;
    this.open.set(id, { id, method, params: kept, attempt: id, tries: 0, stopAsking: undefined });
  }

  /** The server's answer to a first try; `read` are the members of a result, where they are known. */
  settle(id: RequestId, outcome: 'result' | 'error', value: Buffer, read?: ReadObject): void {
    const request = this.open.get(id);
    // Anything else was given up.
    if (request?.attempt === id) {
      this.answer(request, outcome, value, read);
    }
  }

  /** The client's answer to a question. false when it is to none of these. */
  answerQuestion(id: RequestId | null, outcome: 'result' | 'error', value: Buffer): boolean {
    return this.rounds.answer(id, outcome, value);
  }

  /** The client gave a request up. */
  cancel(id: RequestId, reason: string | undefined): void {
    const request = this.open.get(id);
    if (request === undefined) {
      return;
    }
    this.open.delete(id);
    if (request.stopAsking === undefined) {
      this.wires.cancel(request.attempt, reason);
    } else {
      // The server has answered and knows nothing of it any more.
      request.stopAsking();
    }
  }

  close(): void {
    this.rounds.close();
    this.open.clear();
  }

  private answer(request: Open, outcome: 'result' | 'error', value: Buffer, known?: ReadObject): void {
    const read = outcome === 'result' ? (known ?? readMembers(value, 0)) : undefined;
    if (read === undefined) {
      this.finish(request, outcome, [value]);
      return;
    }
    const members = new Map(read.members.map((member) => [member.name, member.value]));
    const span = members.get('resultType');
    const resultType = span === undefined ? 'complete' : parseSpan(value, span);
    if (resultType === 'complete') {
      this.finish(request, 'result', plainResult(value, read, members, request.method));
    } else if (resultType !== 'input_required' || !roundMethods.has(request.method)) {
      this.fail(request, {
        code: errorCodes.internal,
        message: `The server answered "${request.method}" with a result of the type "${String(resultType)}".`,
      });
    } else if (request.tries >= mostRounds) {
      this.fail(request, { code: errorCodes.internal, message: `The server still wanted input after ${mostRounds} rounds.` });
    } else {
      request.tries++;
      let isOver = false;
      const stop = this.rounds.begin(value, members, (end) => {
        isOver = true;
        request.stopAsking = undefined;
        this.goOn(request, end);
      });
      request.stopAsking = isOver ? undefined : stop;
    }
  }

  private goOn(request: Open, end: RoundEnd): void {
    if (this.open.get(request.id) !== request) {
      return;
    }
    if (end.kind === 'failed') {
      this.fail(request, end.error);
      return;
    }
    const params = withMembers(request.params ?? Buffer.from('{}'), 0, { ...end.next });
    request.attempt = this.wires.ask(request.method, Buffer.concat(params ?? []), (outcome, value) => this.answer(request, outcome, value));
  }

  private fail(request: Open, error: JsonRpcError): void {
    this.finish(request, 'error', [Buffer.from(JSON.stringify(error))]);
  }

  private finish({ id }: Open, outcome: 'result' | 'error', value: readonly Buffer[]): void {
    this.open.delete(id);
    const head = Buffer.from(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"${outcome}":`);
    this.wires.toClient(Buffer.concat([head, ...value, Buffer.from('}')]));
  }
}

/** A result without what only revision 2026-07-28 has. */
function plainResult(value: Buffer, read: ReadObject, members: ReadonlyMap<string, Span>, method: string): readonly Buffer[] {
  const meta = members.get('_meta');
  const said = meta === undefined ? undefined : value.subarray(meta.start, meta.end);
  const rest = said === undefined ? undefined : withMembers(said, 0, { [metaKeys.serverInfo]: null });
  const left = rest === undefined ? undefined : Buffer.concat(rest);
  return changeMembers(value, read, {
    resultType: null,
    ...(cacheableMethods.has(method) ? { ttlMs: null, cacheScope: null } : {}),
    ...(left === undefined ? {} : { _meta: isEmptyObject(left) ? null : left }),
  });
}
