import * as vscode from 'vscode';

import { ControlClient } from '../node/controlClient.ts';
import { connectOrStartDaemon } from '../node/daemonProcess.ts';
import { daemonSocket } from '../node/locations.ts';
import { protocolVersion, type ControlMethods } from '../shared/controlProtocol.ts';
import type { CallSummary } from '../shared/calls.ts';
import type { Problem } from '../shared/problem.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { version } from '../shared/version.ts';
import type { Home } from './home.ts';

export type GatewayState =
  /** Nothing has needed the gateway yet, or for a while. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected'; readonly client: ControlClient; readonly version: string; readonly pid: number }
  | { readonly kind: 'disconnected'; readonly problem: Problem };

const firstRetryMs = 500;
const longestRetryMs = 30_000;
/** How long an unused connection is kept: the next command usually follows soon. */
const lingerMs = 10_000;

/**
 * The connection to the gateway daemon. It is opened (and the daemon started) when something
 * first needs it, opened again with growing pauses while something holds it, and closed
 * some time after the last holder let go.
 */
export class GatewayClient implements vscode.Disposable {
  private readonly home: Home;
  private readonly log: vscode.LogOutputChannel;
  private readonly stateChanged = new vscode.EventEmitter<GatewayState>();
  private readonly profileChanged = new vscode.EventEmitter<string>();
  private readonly callChanged = new vscode.EventEmitter<CallSummary>();
  private readonly secretsChanged = new vscode.EventEmitter<void>();
  private current: GatewayState = { kind: 'idle' };
  private opening: Promise<Result<ControlClient>> | undefined;
  private holders = 0;
  private retryMs = firstRetryMs;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private disposed = false;

  readonly onDidChangeState = this.stateChanged.event;
  /** The id of a profile, as its file says it, whose tools or server states changed. */
  readonly onDidChangeProfile = this.profileChanged.event;
  /** A call of any profile began or changed. */
  readonly onDidChangeCall = this.callChanged.event;
  /** What the vault has, or whether it is open, may have changed. */
  readonly onDidChangeSecrets = this.secretsChanged.event;

  constructor(home: Home, log: vscode.LogOutputChannel) {
    this.home = home;
    this.log = log;
  }

  get state(): GatewayState {
    return this.current;
  }

  /** Keeps the connection open until the returned object is disposed. */
  hold(): vscode.Disposable {
    this.holders += 1;
    void this.connect();
    let held = true;
    return new vscode.Disposable(() => {
      if (held) {
        held = false;
        this.letGo();
      }
    });
  }

  async request<Name extends keyof ControlMethods>(
    method: Name,
    params: ControlMethods[Name]['params'],
  ): Promise<Result<ControlMethods[Name]['result']>> {
    this.holders += 1;
    try {
      const client = await this.connect();
      return client.ok ? await client.value.request(method, params) : client;
    } finally {
      this.letGo();
    }
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timer);
    this.close();
    this.stateChanged.dispose();
    this.profileChanged.dispose();
    this.callChanged.dispose();
    this.secretsChanged.dispose();
  }

  private connect(): Promise<Result<ControlClient>> {
    clearTimeout(this.timer);
    if (this.current.kind === 'connected') {
      return Promise.resolve(ok(this.current.client));
    }
    this.opening ??= this.open().finally(() => (this.opening = undefined));
    return this.opening;
  }

  private async open(): Promise<Result<ControlClient>> {
    this.change({ kind: 'connecting' });
    const locations = this.home.locations();
    if (!locations.ok) {
      return this.lose(locations.problem);
    }
    const hello = { wharf: protocolVersion, role: 'control', version } as const;
    const connection = await connectOrStartDaemon(locations.value, this.home.program, hello);
    if (!connection.ok) {
      return this.lose(connection.problem);
    }
    const client = new ControlClient(connection.value.socket, daemonSocket(locations.value));
    if (this.disposed) {
      client.close();
      return ok(client);
    }
    client.on('profile/changed', ({ profile }) => this.profileChanged.fire(profile));
    client.on('secrets/changed', () => this.secretsChanged.fire());
    client.on('call/changed', (call) => this.callChanged.fire(call));
    // Without it the daemon sends no notification at all, and the tree would wait for the inspector to ask.
    void client.request('calls/follow', {});
    void this.watch(client);
    this.retryMs = firstRetryMs;
    this.closeLater();
    this.change({ kind: 'connected', client, version: connection.value.reply.version, pid: connection.value.reply.pid });
    return ok(client);
  }

  private async watch(client: ControlClient): Promise<void> {
    const problem = await client.closed;
    if (this.current.kind === 'connected' && this.current.client === client) {
      this.lose(problem);
    }
  }

  private lose(problem: Problem): Result<ControlClient> {
    this.change({ kind: 'disconnected', problem });
    if (this.holders > 0 && !this.disposed) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.connect(), this.retryMs);
      this.retryMs = Math.min(this.retryMs * 2, longestRetryMs);
    }
    return fail(problem);
  }

  private letGo(): void {
    this.holders -= 1;
    this.closeLater();
  }

  private closeLater(): void {
    if (this.holders === 0 && !this.disposed) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.close(), lingerMs);
    }
  }

  private close(): void {
    const before = this.current;
    this.change({ kind: 'idle' });
    if (before.kind === 'connected') {
      before.client.close();
    }
  }

  private change(next: GatewayState): void {
    this.current = next;
    const detail = next.kind === 'connected' ? ` (daemon ${next.version}, process ${next.pid})` : '';
    this.log.debug(`Gateway: ${next.kind}${detail}`);
    if (!this.disposed) {
      this.stateChanged.fire(next);
    }
  }
}
