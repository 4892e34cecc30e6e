import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';

import { toolsFolder } from './tools.mjs';
import { until } from './until.ts';

export interface OauthEvent {
  readonly event: string;
  readonly type?: string;
  readonly path?: string;
  readonly method?: string;
  readonly issuer?: string;
}

export interface OauthServerOptions {
  readonly tokenSeconds?: number;
  readonly registration?: boolean;
  readonly scopes?: readonly string[];
}

/** A running authorization server. */
export interface OauthServer {
  readonly issuer: string;
  readonly events: readonly OauthEvent[];
  /** The secret of its client `known`. */
  readonly knownSecret: string;
  /** What it says of an access token (RFC 7662). */
  introspect(token: string): Promise<{ readonly active: boolean; readonly aud?: string; readonly scope?: string }>;
  /** How many grants of a type it gave. */
  grants(type: 'authorization_code' | 'refresh_token'): Promise<number>;
  stop(): Promise<void>;
}

/** Starts oidc-provider on a free port. It ends with the test. */
export async function startOauthServer(t: TestContext, options: OauthServerOptions = {}): Promise<OauthServer> {
  const [introspectionSecret, knownSecret] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')];
  const script = join(import.meta.dirname, 'servers', 'oauthServer.mjs');
  const child = spawn(process.execPath, [script, await toolsFolder(), JSON.stringify(options)], {
    env: { PATH: process.env['PATH'], INTROSPECTION_SECRET: introspectionSecret, KNOWN_CLIENT_SECRET: knownSecret },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  t.after(stop);
  const events: OauthEvent[] = [];
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  createInterface({ input: child.stdout }).on('line', (line) => {
    // The library itself warns there too.
    if (line.startsWith('{')) {
      events.push(JSON.parse(line) as OauthEvent);
    }
  });
  const issuer = await until(() => events.find(({ event }) => event === 'listening')?.issuer, {
    what: 'the authorization server to listen',
    timeoutMs: 20_000,
  }).catch((error: unknown) => {
    throw new Error(`The authorization server did not start: ${errors}`, { cause: error });
  });
  return {
    issuer,
    events,
    knownSecret,
    introspect: async (token) => {
      const response = await fetch(`${issuer}/token/introspection`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`mcp-server:${introspectionSecret}`).toString('base64')}` },
        body: new URLSearchParams({ token }),
      });
      return (await response.json()) as { active: boolean };
    },
    grants: async (type) => {
      // What it tells comes in order: behind this request is all that was before it.
      const path = `/nothing/${randomBytes(8).toString('hex')}`;
      await fetch(`${issuer}${path}`);
      await until(() => events.some((one) => one.path === path));
      return events.filter((one) => one.event === 'grant' && one.type === type).length;
    },
    stop,
  };
}

/** What a person's browser does with the address of a login: gives the address that it is sent back to, without visiting it. */
export async function sayYes(address: string): Promise<URL> {
  const { origin } = new URL(address);
  const cookies = new Map<string, string>();
  let url = new URL(address);
  for (let step = 0; step < 10; step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    const location = response.headers.get('location');
    if (location === null) {
      throw new Error(`The authorization server stopped at ${url.href}: HTTP ${response.status} ${await response.text()}`);
    }
    url = new URL(location, url);
    if (url.origin !== origin) {
      return url;
    }
  }
  throw new Error('The authorization server goes round in circles.');
}

/** The whole of what a person does: gives the text of the last page. */
export async function logInAt(address: string): Promise<string> {
  const response = await fetch(await sayYes(address));
  return response.text();
}
