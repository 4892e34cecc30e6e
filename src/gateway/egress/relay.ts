import type { Socket } from 'node:net';

import type { AllowedHost } from '../../core/network/allowedHost.ts';
import type { Contact, ContactOutcome } from '../../core/network/contact.ts';
import { covers, isPattern, webPorts, type ProxyPlan } from '../../core/network/egressPlan.ts';
import { readClientHello, type Naming } from './clientHello.ts';
import { readHttpHost } from './httpHost.ts';
import { connectTo } from './outgoing.ts';

/** How long a client may take to say which host it means. */
const namePatienceMs = 15_000;
const mostFirstBytes = 64 * 1024;
const mostConnections = 200;

/** Passes connections on: to the one host of a port, or to the one that TLS or HTTP names. */
export class Relay {
  private readonly plan: ProxyPlan;
  private readonly report: (contact: Contact) => void;
  private open = 0;

  constructor(plan: ProxyPlan, report: (contact: Contact) => void) {
    this.plan = plan;
    this.report = report;
  }

  async take(client: Socket, port: number): Promise<void> {
    client.on('error', () => client.destroy());
    if (this.open >= mostConnections) {
      this.deny(client, '', port, 'busy');
      return;
    }
    this.open++;
    client.once('close', () => this.open--);
    const entries = this.plan.hosts.filter((entry) => entry.port === port);
    const [only, ...others] = entries;
    if (only !== undefined && others.length === 0 && !isPattern(only)) {
      await this.passOn(client, only, undefined);
    } else {
      await this.passByName(client, port, entries);
    }
  }

  private async passByName(client: Socket, port: number, entries: readonly AllowedHost[]): Promise<void> {
    const timer = setTimeout(() => client.destroy(), namePatienceMs);
    const { naming, bytes } = await firstWords(client);
    clearTimeout(timer);
    if (naming.kind !== 'named') {
      this.deny(client, client.remoteAddress ?? '', port, 'unnamed');
    } else if (!entries.some((entry) => covers(entry, naming.name))) {
      this.deny(client, naming.name, port, 'notAllowed');
    } else {
      await this.passOn(client, { host: naming.name, port }, bytes);
    }
  }

  /** `said` is what the client said already. Where the port has one host, it may wait for the server to speak, but must not name another. */
  private async passOn(client: Socket, to: AllowedHost, said: Buffer | undefined): Promise<void> {
    const outgoing = await connectTo(to, this.plan);
    if (outgoing.kind === 'failed') {
      this.deny(client, to.host, to.port, outgoing.outcome);
      return;
    }
    const server = outgoing.socket;
    if (client.destroyed) {
      server.destroy();
      return;
    }
    this.report({ host: to.host, port: to.port, outcome: 'opened', sent: 0, received: 0 });
    join(client, server, () =>
      this.report({ host: to.host, port: to.port, outcome: 'closed', sent: server.bytesWritten, received: server.bytesRead }),
    );
    server.pipe(client);
    const { naming, bytes } = said === undefined ? await firstWords(client) : { naming: { kind: 'other' } as const, bytes: said };
    const refused = refusal(naming, to);
    if (refused !== undefined) {
      this.report({ ...refused, port: to.port, sent: 0, received: 0 });
      server.destroy();
      return;
    }
    // Not put back: that is refused where the client has ended already.
    server.write(bytes);
    client.pipe(server);
  }

  private deny(client: Socket, host: string, port: number, outcome: ContactOutcome): void {
    client.destroy();
    this.report({ host, port, outcome, sent: 0, received: 0 });
  }
}

/**
 * Why a connection does not go on to the one host of its port. What is neither TLS nor HTTP names nobody anywhere; on other
 * ports than those of the web, TLS without a name is usual among databases, which have one host at one address.
 */
function refusal(naming: Naming, { host, port }: AllowedHost): Pick<Contact, 'host' | 'outcome'> | undefined {
  if (naming.kind === 'named') {
    return naming.name === host ? undefined : { host: naming.name, outcome: 'notAllowed' };
  }
  return naming.kind === 'unnamed' && webPorts.includes(port) ? { host, outcome: 'unnamed' } : undefined;
}

/** Reads until it is clear what is spoken; `bytes` are to be passed on. */
async function firstWords(client: Socket): Promise<{ readonly naming: Naming; readonly bytes: Buffer }> {
  let bytes = Buffer.alloc(0);
  return new Promise((resolve) => {
    const done = (naming: Naming): void => {
      client.off('data', onData).off('end', onEnd).off('close', onEnd);
      client.pause();
      resolve({ naming, bytes });
    };
    // It ended in the middle of TLS or HTTP, or without a word.
    const onEnd = (): void => done({ kind: bytes.length === 0 ? 'other' : 'unnamed' });
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const naming = namingIn(bytes);
      if (naming.kind !== 'more') {
        done(naming);
      } else if (bytes.length >= mostFirstBytes) {
        done({ kind: 'unnamed' });
      }
    };
    client.on('data', onData).once('end', onEnd).once('close', onEnd);
    client.resume();
  });
}

function namingIn(bytes: Uint8Array): Naming {
  const tls = readClientHello(bytes);
  return tls.kind === 'other' ? readHttpHost(bytes) : tls;
}

/** The end of one side is the end of the other. */
function join(client: Socket, server: Socket, onEnd: () => void): void {
  for (const socket of [client, server]) {
    socket.setKeepAlive(true, 60_000);
    socket.setNoDelay(true);
  }
  server.on('error', () => server.destroy());
  client.once('close', () => server.destroy());
  server.once('close', () => {
    client.destroySoon();
    onEnd();
  });
}
