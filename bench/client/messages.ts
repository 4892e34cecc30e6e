/** A message of an MCP server as it came, without the end of its line. */
export type Answer = Buffer;

/** A client of one way to the server. Requests may be in flight at the same time; a failed one rejects. */
export interface BenchClient {
  request(method: string, params: unknown): Promise<Answer>;
  notify(method: string, params: unknown): Promise<void>;
  /** The process that was started for this client alone. */
  readonly pid: number | undefined;
  /** Ends the client and what was started for it alone. */
  close(): Promise<void>;
}

/** An id stands at the start of a message or at its end, depending on who wrote it; what is between may be megabytes. */
const edge = 200;

/** The id of an answer, or undefined for what is none. Reads no more than the edges of the message. */
export function idOf(message: Buffer): number | undefined {
  const found = /"id":\s*(\d+)/.exec(edgesOf(message));
  return found === null ? undefined : Number(found[1]);
}

function edgesOf(message: Buffer): string {
  return message.length <= 2 * edge
    ? message.toString('latin1')
    : `${message.toString('latin1', 0, edge)} ${message.toString('latin1', message.length - edge)}`;
}

/** Throws for an answer that says an error. */
export function checked(message: Buffer): Answer {
  const edges = edgesOf(message);
  if (!edges.includes('"result"') || edges.includes('"isError":true')) {
    throw new Error(`The server answered ${edges}`);
  }
  return message;
}

const clientInfo = { name: 'bench', version: '1.0.0' };

/** The handshake, and the list that an agent waits for before its first turn. Gives the names of the tools. */
export async function listTools(client: BenchClient): Promise<readonly string[]> {
  await client.request('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo });
  await client.notify('notifications/initialized', {});
  const answer = await client.request('tools/list', {});
  const { result } = parse(answer) as { result: { tools: readonly { name: string }[] } };
  return result.tools.map(({ name }) => name);
}

/** What every MCP client does with an answer. An event of a stream has a word before it. */
export function parse(answer: Answer): unknown {
  const text = answer.toString();
  return JSON.parse(text.slice(text.indexOf('{')));
}

/** Calls the tool `echo` of the server, or one of another name. Servers differ in what they call the text. */
export async function echo(client: BenchClient, tool = 'echo'): Promise<void> {
  await client.request('tools/call', { name: tool, arguments: { text: 'hello', message: 'hello' } });
}

/** Calls the tool `big`; throws when fewer bytes come back. */
export async function big(client: BenchClient, bytes: number): Promise<Answer> {
  const answer = await client.request('tools/call', { name: 'big', arguments: { bytes } });
  if (answer.length < bytes) {
    throw new Error(`Of ${bytes} bytes only ${answer.length} came back.`);
  }
  return answer;
}
