import { createSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';

import { decode, encode, type Packet, type Question } from 'dns-packet';

import { covers } from '../../core/network/egressPlan.ts';
import type { AllowedHost } from '../../core/network/allowedHost.ts';

const dnsPort = 53;
/** Short, because a proxy that is started anew has another address. */
const ttlSeconds = 30;
const refused = 5;
const noSuchName = 3;
const formatError = 1;
const longestQuery = 1024;
const mostTcpClients = 16;
const tcpPatienceMs = 5_000;

export interface Names {
  readonly hosts: readonly AllowedHost[];
  /** The proxy's own, which every allowed name gets. */
  readonly address: string;
  /** Hears of each name that is looked up. */
  onName(name: string, isAllowed: boolean): void;
}

/**
 * Answers a query by itself, and asks nobody: an allowed name has the proxy's address, and every other one does not exist, so that
 * names carry nothing out. Undefined for what deserves no answer. Exported for tests.
 */
export function answer(query: Uint8Array, names: Names): Buffer | undefined {
  let packet: Packet;
  try {
    packet = decode(Buffer.from(query));
  } catch {
    return undefined;
  }
  if (packet.type !== 'query' || query.length > longestQuery) {
    return undefined;
  }
  const [question, ...others] = packet.questions ?? [];
  const reply = (code: number, answers: Packet['answers'] = []): Buffer | undefined => encodeReply(packet, question, code, answers);
  if (question === undefined || others.length > 0) {
    return reply(formatError);
  }
  const name = question.name.toLowerCase().replace(/\.$/, '');
  const isAllowed = names.hosts.some((entry) => covers(entry, name));
  if (question.type === 'A' || question.type === 'AAAA') {
    names.onName(name, isAllowed);
  }
  if (!isAllowed) {
    return reply(question.type === 'A' || question.type === 'AAAA' ? noSuchName : refused);
  }
  return question.type === 'A' ? reply(0, [{ type: 'A', name: question.name, ttl: ttlSeconds, data: names.address }]) : reply(0);
}

function encodeReply(query: Packet, question: Question | undefined, code: number, answers: Packet['answers']): Buffer | undefined {
  // RD as it was asked, RA and AA set (RFC 1035 §4.1.1); the low bits are the code.
  const flags = ((query.flags ?? 0) & 0x0100) | 0x0480 | code;
  try {
    return encode({
      type: 'response',
      id: query.id ?? 0,
      flags,
      questions: question === undefined ? [] : [question],
      answers: answers ?? [],
    });
  } catch {
    // A question of a kind that cannot be written again.
    return undefined;
  }
}

/** Serves on UDP and TCP at the given address alone. */
export async function serveNames(names: Names): Promise<void> {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  socket.on('message', (query, from) => {
    const reply = answer(query, names);
    if (reply !== undefined) {
      socket.send(reply, from.port, from.address);
    }
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(dnsPort, names.address, resolve);
  });
  const server: Server = createServer((client) => serveOverTcp(client, names));
  server.maxConnections = mostTcpClients;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(dnsPort, names.address, resolve);
  });
}

/** Each message stands behind its length in two bytes (RFC 1035 §4.2.2). */
function serveOverTcp(client: Socket, names: Names): void {
  let waiting = Buffer.alloc(0);
  client.setTimeout(tcpPatienceMs, () => client.destroy());
  client.on('error', () => client.destroy());
  client.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
      const end = 2 + waiting.readUInt16BE(0);
      const reply = answer(waiting.subarray(2, end), names);
      waiting = waiting.subarray(end);
      if (reply === undefined) {
        client.destroy();
        return;
      }
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      client.write(Buffer.concat([length, reply]));
    }
    if (waiting.length > 2 + longestQuery) {
      client.destroy();
    }
  });
}
