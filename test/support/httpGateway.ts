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
}

/** Starts `wharf gateway run --transport streaming` for these profiles of a home. It ends with the test. */
export async function startHttpGateway(t: TestContext, home: WharfHome, profiles: readonly string[]): Promise<HttpGateway> {
  const token = randomUUID();
  const args = ['--transport', 'streaming', '--port', '0', ...profiles.flatMap((profile) => ['--profile', profile])];
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
  return { url, token };
}
