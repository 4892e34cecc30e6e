import { messageOf, requestOf } from '../../node/envelope.ts';
import { parseSpan, type Span } from '../../node/jsonSpans.ts';
import { errorCodes, type JsonRpcError, type RequestId } from '../../shared/mcp.ts';
import { parseObject, readMembers, withMembers } from './objectBytes.ts';
import { inputMethods } from './revision.ts';

/** What a server wants before it answers: the JSON of the answers by their keys, and of the state to give back. */
export interface NextTry {
  readonly inputResponses: Buffer | null;
  readonly requestState: Buffer | null;
}

/** How a round of questions ended. */
export type RoundEnd = { readonly kind: 'answered'; readonly next: NextTry } | { readonly kind: 'failed'; readonly error: JsonRpcError };

interface Round {
  readonly answers: Map<string, Buffer>;
  readonly open: Set<RequestId>;
  readonly requestState: Buffer | null;
  readonly end: (end: RoundEnd) => void;
  pause: NodeJS.Timeout | undefined;
}

/** Milliseconds before a server is asked again that wants nothing but time. */
const pauseMs = 250;

/** Questions that a server of 2026-07-28 put into a result, asked as a server with a handshake asks them: in requests. */
export class InputRounds {
  private readonly toClient: (message: Buffer) => void;
  private readonly rounds = new Set<Round>();
  private readonly questions = new Map<RequestId, { readonly round: Round; readonly key: string }>();
  private nextId = 1;

  constructor(toClient: (message: Buffer) => void) {
    this.toClient = toClient;
  }

  /** Asks everything that the result at `span` wants. Returns a function that ends it without an answer. */
  begin(message: Buffer, members: ReadonlyMap<string, Span>, end: (end: RoundEnd) => void): () => void {
    const state = members.get('requestState');
    const round: Round = {
      answers: new Map(),
      open: new Set(),
      requestState: state === undefined ? null : message.subarray(state.start, state.end),
      end,
      pause: undefined,
    };
    this.rounds.add(round);
    const asked = members.get('inputRequests');
    const requests = asked === undefined ? [] : readQuestions(message, asked);
    const unusable = requests.find(
      ({ method, params }) => !inputMethods.has(method) || (params !== undefined && parseObject(params) === undefined),
    );
    if (unusable !== undefined) {
      this.finish(round, {
        kind: 'failed',
        error: { code: errorCodes.internal, message: `The server asked for "${unusable.method}" before it answers.` },
      });
    } else if (requests.length === 0) {
      round.pause = setTimeout(() => this.finish(round, answered(round)), pauseMs);
    } else {
      const ids = requests.map(({ key }) => this.note(round, key));
      requests.forEach((request, index) => this.ask(ids[index] ?? '', request));
    }
    return () => this.withdraw(round);
  }

  /** An answer of the client. false when it is to none of these questions. */
  answer(id: RequestId | null, outcome: 'result' | 'error', value: Buffer): boolean {
    const question = id === null ? undefined : this.questions.get(id);
    if (question === undefined || id === null) {
      return false;
    }
    const { round, key } = question;
    this.questions.delete(id);
    round.open.delete(id);
    if (outcome === 'error') {
      const { message } = parseObject(value) ?? {};
      const error = {
        code: errorCodes.internal,
        message: `The server's question was not answered: ${typeof message === 'string' ? message : 'no reason given'}`,
      };
      this.finish(round, { kind: 'failed', error });
    } else {
      round.answers.set(key, value);
      if (round.open.size === 0) {
        this.finish(round, answered(round));
      }
    }
    return true;
  }

  close(): void {
    this.rounds.forEach(({ pause }) => clearTimeout(pause));
    this.rounds.clear();
    this.questions.clear();
  }

  private note(round: Round, key: string): RequestId {
    const id = `wharf-input-${this.nextId++}`;
    this.questions.set(id, { round, key });
    round.open.add(id);
    return id;
  }

  private ask(id: RequestId, { method, params }: InputQuestion): void {
    if (this.questions.has(id)) {
      this.toClient(params === undefined ? messageOf({ id, method }) : requestOf(id, method, olderParams(id, params)));
    }
  }

  private finish(round: Round, end: RoundEnd): void {
    if (this.rounds.has(round)) {
      this.withdraw(round);
      round.end(end);
    }
  }

  private withdraw(round: Round): void {
    this.rounds.delete(round);
    clearTimeout(round.pause);
    for (const id of round.open) {
      this.questions.delete(id);
      this.toClient(
        messageOf({ method: 'notifications/cancelled', params: { requestId: id, reason: 'The request that it belonged to is over.' } }),
      );
    }
    round.open.clear();
  }
}

interface InputQuestion {
  readonly key: string;
  readonly method: string;
  readonly params: Buffer | undefined;
}

function readQuestions(message: Buffer, asked: Span): readonly InputQuestion[] {
  return (readMembers(message, asked.start)?.members ?? []).map(({ name, value }) => {
    const members = new Map(readMembers(message, value.start)?.members.map((member) => [member.name, member.value]));
    const method = members.get('method');
    const params = members.get('params');
    return {
      key: name,
      method: method === undefined ? '' : String(parseSpan(message, method)),
      params: params === undefined ? undefined : message.subarray(params.start, params.end),
    };
  });
}

/** In 2025-11-25 a question by URL has an id of its own. */
function olderParams(id: RequestId, params: Buffer): readonly Buffer[] {
  const isByUrl = parseObject(params)?.['mode'] === 'url';
  return (isByUrl ? withMembers(params, 0, { elicitationId: Buffer.from(JSON.stringify(id)) }) : undefined) ?? [params];
}

function answered({ answers, requestState }: Round): RoundEnd {
  const responses = Buffer.from(`{${[...answers].map(([key, value]) => `${JSON.stringify(key)}:${value.toString()}`).join(',')}}`);
  return { kind: 'answered', next: { inputResponses: answers.size === 0 ? null : responses, requestState } };
}
