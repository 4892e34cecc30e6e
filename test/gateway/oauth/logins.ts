import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { serverDefaults, type RemoteServer } from '../../../src/core/profile/profile.ts';
import type { TokenStore } from '../../../src/core/secrets/tokenStore.ts';
import { readLogin, type Login } from '../../../src/gateway/oauth/login.ts';
import { Logins } from '../../../src/gateway/oauth/logins.ts';
import { MemoryTokenStore } from '../../../src/gateway/oauth/memoryTokenStore.ts';
import { openRemoteChannel } from '../../../src/gateway/upstreams/remoteChannel.ts';
import type { LoginClientChoice, LoginSummary } from '../../../src/shared/controlProtocol.ts';
import type { Problem } from '../../../src/shared/problem.ts';
import type { Result } from '../../../src/shared/result.ts';
import { logInAt } from '../../support/oauthServer.ts';
import { ChannelOwner } from '../upstreams/channelOwner.ts';

export function remote(url: string, transport: RemoteServer['transport'] = 'streamable'): RemoteServer {
  return {
    ...serverDefaults,
    kind: 'remote',
    name: 'far',
    tools: null,
    line: 1,
    url,
    transport,
    headers: {},
    secrets: [],
    oauthScopes: null,
  };
}

/** The logins of one program of the user; two with one store and one folder are two programs. */
export class Program {
  readonly store: TokenStore;
  readonly folder: string;
  readonly logins: Logins;
  readonly log: string[] = [];
  private readonly t: TestContext;

  constructor(t: TestContext, store: TokenStore, folder: string) {
    this.t = t;
    this.store = store;
    this.folder = folder;
    this.logins = new Logins({ store, lockFolder: folder, log: (line) => void this.log.push(line) });
    t.after(() => this.logins.close());
  }

  another(): Program {
    return new Program(this.t, this.store, this.folder);
  }

  /** A thread's connection to a server. */
  thread(url: string, transport: RemoteServer['transport'] = 'streamable', headers: Readonly<Record<string, string>> = {}): ChannelOwner {
    const server = remote(url, transport);
    const access = { authorizer: this.logins.authorizerFor(server, 'dev'), headers };
    return new ChannelOwner(
      this.t,
      openRemoteChannel(server, () => [], access),
    );
  }

  /** Why a thread cannot be connected. */
  async refusal(url: string): Promise<Problem | undefined> {
    const owner = this.thread(url);
    owner.begin('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'owner', version: '1' } });
    return (await owner.ended()).problem;
  }

  /** Begins a login. */
  begin(url: string, scopes: readonly string[] = [], client?: LoginClientChoice) {
    return this.logins.begin({ server: remote(url), scopes, client });
  }

  /** Begins a login that goes as far as its page. */
  async page(url: string, scopes: readonly string[] = [], client?: LoginClientChoice) {
    const begun = await this.begin(url, scopes, client);
    assert.ok(begun.ok, JSON.stringify(begun));
    return { ...begun.value, outcome: this.logins.wait(begun.value.login) };
  }

  /** The whole of a login. */
  async logIn(url: string, scopes: readonly string[] = [], client?: LoginClientChoice): Promise<LoginSummary> {
    const { address, outcome } = await this.page(url, scopes, client);
    await logInAt(address);
    return value(await outcome);
  }

  /** What the store holds of the logins. */
  async kept(): Promise<readonly Login[]> {
    const texts = await Promise.all(value(await this.store.keys()).map((key) => this.store.get(key)));
    return texts.flatMap((text) => readLogin(value(text) ?? '') ?? []);
  }
}

export async function startProgram(t: TestContext, store: TokenStore = new MemoryTokenStore()): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-login-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return new Program(t, store, folder);
}

export function value<T>(result: Result<T>): T {
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

export function problemOf(result: Result<unknown>): Problem {
  assert.ok(!result.ok, 'it should have failed');
  return result.problem;
}
