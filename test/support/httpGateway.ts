import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { until } from './until.ts';
import type { WharfHome } from './wharfHome.ts';

/** A gateway over HTTP, with servers of its own. */
export interface HttpGateway {
  /** Where the first profile is served. */
  readonly url: string;
  readonly token: string;
  /** What it wrote for people so far. */
  readonly stderr: () => string;
}

/** Starts `wharf gateway run --transport streaming` for these profiles of a home, with more arguments. It ends with the test. */
export async function startHttpGateway(
  t: TestContext,
  home: WharfHome,
  profiles: readonly string[],
  more: readonly string[] = [],
): Promise<HttpGateway> {
  const token = randomUUID();
  const args = ['--transport', 'streaming', '--port', '0', ...profiles.flatMap((profile) => ['--profile', profile]), ...more];
  const gateway = await home.gateway(args, { env: { MCP_GATEWAY_AUTH_TOKEN: token } });
  t.after(async () => {
    gateway.kill('SIGTERM');
    await gateway.exited;
  });
  const url = await until(
    () => {
      assert.ok(gateway.isRunning, gateway.stderr);
      return / at (http:\/\/\S+)/.exec(gateway.stderr)?.[1];
    },
    { what: 'the gateway to say where it serves' },
  );
  return { url, token, stderr: () => gateway.stderr };
}

/** One client of an endpoint with sessions. Everything that it gets is kept as it came. */
export class HttpClient {
  readonly answers: string[] = [];
  private readonly gateway: HttpGateway;
  private session: string | undefined;
  private nextId = 1;

  constructor(gateway: HttpGateway) {
    this.gateway = gateway;
  }

  async initialize(): Promise<string> {
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'http-client', version: '1' } };
    return this.request('initialize', params);
  }

  /** Gives the answer's bytes, be they JSON or events. */
  async request(method: string, params: object = {}): Promise<string> {
    const response = await fetch(this.gateway.url, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.gateway.token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(this.session === undefined ? {} : { 'mcp-session-id': this.session, 'mcp-protocol-version': '2025-06-18' }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: this.nextId++, method, params }),
    });
    this.session ??= response.headers.get('mcp-session-id') ?? undefined;
    const text = await response.text();
    this.answers.push(text);
    return text;
  }
}
