import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** A call of an MCP tool: `namespace` is `mcp__` and Codex's form of the server's name. */
export interface PlannedCall {
  readonly name: string;
  readonly namespace?: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** What the model does in one turn. `afterMs`: how long it thinks first, as a real one does. */
export type PlanStep = { readonly afterMs?: number } & PlannedTurn;

type PlannedTurn =
  | { readonly call: PlannedCall }
  | { readonly calls: readonly PlannedCall[] }
  /** Codex's own tool search, which reveals the tools it deferred. */
  | { readonly search: { readonly query: string; readonly limit?: number } }
  | { readonly custom: { readonly name: string; readonly input: string } }
  | { readonly text: string };

export interface ModelRequest {
  readonly headers: IncomingMessage['headers'];
  readonly body: ModelRequestBody;
}

/** The parts of a Responses API request that tests look at. */
export interface ModelRequestBody {
  readonly model: string;
  readonly input: readonly ModelInput[];
  readonly tools?: readonly ModelTool[];
  readonly [key: string]: unknown;
}

export interface ModelInput {
  readonly type: string;
  readonly call_id?: string;
  readonly output?: string | readonly { readonly type: string; readonly text?: string }[];
  readonly tools?: readonly ModelTool[];
  readonly [key: string]: unknown;
}

export interface ModelTool {
  readonly type: string;
  readonly name?: string;
  readonly description?: string;
  readonly tools?: readonly ModelTool[];
  readonly [key: string]: unknown;
}

export interface MockModel {
  /** Base URL for `[model_providers.*]`, such as `http://127.0.0.1:40123/v1`. */
  readonly url: string;
  /** Every request for a turn so far, oldest first. */
  readonly requests: readonly ModelRequest[];
  close(): Promise<void>;
}

type OutputItem = Readonly<Record<string, unknown>> & { readonly type: string };

/** A Responses API on 127.0.0.1 that answers its n-th request with the n-th step, and says `done` after the last one. */
export async function startMockModel(plan: readonly PlanStep[]): Promise<MockModel> {
  const requests: ModelRequest[] = [];
  const server = createServer((request, response) => {
    void respond(request, response, plan, requests);
  });
  // Codex tries a websocket first and falls back on this answer.
  server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The text that the model got back for its n-th tool call of the whole run (from 0), or undefined. */
export function toolOutput(model: Pick<MockModel, 'requests'>, index = 0): string | undefined {
  const inputs = model.requests.at(-1)?.body.input ?? [];
  const output = inputs.filter((input) => input.type === 'function_call_output' || input.type === 'custom_tool_call_output')[index]?.output;
  return typeof output === 'object' ? output.map((part) => part.text ?? '').join('\n') : output;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  plan: readonly PlanStep[],
  requests: ModelRequest[],
): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Uint8Array);
  }
  if (request.method === 'GET' && request.url?.split('?')[0]?.endsWith('/models') === true) {
    response.setHeader('content-type', 'application/json').end('{"models":[],"data":[]}');
    return;
  }
  if (request.method !== 'POST' || request.url !== '/v1/responses') {
    response.writeHead(404).end();
    return;
  }
  const turn = requests.length;
  requests.push({ headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) as ModelRequestBody });
  response.setHeader('content-type', 'text/event-stream');
  const step = plan[turn] ?? { text: 'done' };
  if (step.afterMs !== undefined) {
    await pause(step.afterMs);
  }
  for (const event of turnEvents(step, turn)) {
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }
  response.end();
}

/** The order of events that Codex 0.169 accepts. */
function turnEvents(step: PlanStep, turn: number): readonly OutputItem[] {
  const id = `response_${turn}`;
  const items = outputItems(step, turn).flatMap((item, index): OutputItem[] => {
    const done = { type: 'response.output_item.done', output_index: index, item };
    if (item.type !== 'message' || !('text' in step)) {
      return [done];
    }
    return [
      { type: 'response.output_item.added', output_index: index, item: { ...item, content: [] } },
      { type: 'response.output_text.delta', item_id: item['id'], output_index: index, content_index: 0, delta: step.text },
      done,
    ];
  });
  const usage = { input_tokens: 1, input_tokens_details: null, output_tokens: 1, output_tokens_details: null, total_tokens: 2 };
  return [{ type: 'response.created', response: { id } }, ...items, { type: 'response.completed', response: { id, usage } }];
}

function outputItems(step: PlanStep, turn: number): readonly OutputItem[] {
  const callId = `call_${turn}`;
  if ('text' in step) {
    return [{ type: 'message', id: `message_${turn}`, role: 'assistant', content: [{ type: 'output_text', text: step.text }] }];
  }
  if ('search' in step) {
    return [{ type: 'tool_search_call', call_id: callId, execution: 'client', arguments: { limit: 20, ...step.search } }];
  }
  if ('custom' in step) {
    return [{ type: 'custom_tool_call', call_id: callId, ...step.custom }];
  }
  const calls = 'call' in step ? [step.call] : step.calls;
  return calls.map((call, index) => ({
    type: 'function_call',
    call_id: `${callId}_${index}`,
    name: call.name,
    ...(call.namespace === undefined ? {} : { namespace: call.namespace }),
    arguments: JSON.stringify(call.arguments),
  }));
}
