import { createSocket } from 'node:dgram';
import { resolveSrv } from 'node:dns/promises';
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
/** Bytes of answers that a client may leave unread. */
const mostUnread = 64 * 1024;

export interface Names {
  readonly hosts: readonly AllowedHost[];
  /** The proxy's own, which every allowed name gets. */
  readonly address: string;
  /** Hears of each name that is looked up. */
  readonly onName: (name: string, isAllowed: boolean) => void;
}

/**
 * Answers a query by itself, and asks nobody: an allowed name has the proxy's address, and every other one does not exist, so that
 * names carry nothing out. Undefined for what deserves no answer. Exported for tests.
 */
export function answer(query: Uint8Array, names: Names): Buffer | undefined {
  const packet = readQuery(query);
  if (packet === undefined) {
    return undefined;
  }
  const [question, ...others] = packet.questions ?? [];
  const say = (code: number, answers: Packet['answers'] = []): Buffer | undefined => encodeReply(packet, question, code, answers);
  if (question === undefined || others.length > 0) {
    return say(formatError);
  }
  const name = question.name.toLowerCase().replace(/\.$/, '');
  const isAllowed = names.hosts.some((entry) => covers(entry, name));
  if (question.type === 'A' || question.type === 'AAAA') {
    names.onName(name, isAllowed);
  }
  if (!isAllowed) {
    return say(question.type === 'A' || question.type === 'AAAA' ? noSuchName : refused);
  }
  return question.type === 'A' ? say(0, [{ type: 'A', name: question.name, ttl: ttlSeconds, data: names.address }]) : say(0);
}

function readQuery(bytes: Uint8Array): Packet | undefined {
  if (bytes.length > longestQuery) {
    return undefined;
  }
  try {
    const packet = decode(Buffer.from(bytes));
    return packet.type === 'query' ? packet : undefined;
  } catch {
    return undefined;
  }
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

/** MongoDB's `mongodb+srv://` tells the servers of a cluster only this way (its "Initial DNS Seedlist Discovery"). */
const seedList = /^_mongodb\._tcp\.(.+)$/;

/**
 * The one question that is asked outside: the list of servers of a MongoDB cluster, where the cluster's name is allowed. Of its
 * answer those servers are passed on that are allowed themselves. Undefined for every other query.
 */
export async function answerSeedList(
  query: Uint8Array,
  { hosts }: Pick<Names, 'hosts'>,
  resolve = resolveSrv,
): Promise<Buffer | undefined> {
  const packet = readQuery(query);
  const [question, ...others] = packet?.questions ?? [];
  const name = question?.name.toLowerCase().replace(/\.$/, '') ?? '';
  const cluster = seedList.exec(name)?.[1];
  if (packet === undefined || question?.type !== 'SRV' || others.length > 0 || cluster === undefined) {
    return undefined;
  }
  if (!hosts.some((entry) => covers(entry, cluster))) {
    return undefined;
  }
  const found = await resolve(name).catch(() => []);
  const servers = found.filter((server) => hosts.some((entry) => entry.port === server.port && covers(entry, server.name.toLowerCase())));
  return encodeReply(
    packet,
    question,
    0,
    servers.map(({ name: target, port, priority, weight }) => ({
      type: 'SRV',
      name: question.name,
      ttl: ttlSeconds,
      data: { target, port, priority, weight },
    })),
  );
}

async function reply(query: Uint8Array, names: Names): Promise<Buffer | undefined> {
  return (await answerSeedList(query, names)) ?? answer(query, names);
}

/** Serves on UDP and TCP at the given address alone. */
export async function serveNames(names: Names): Promise<void> {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  socket.on('message', (query, from) => {
    void reply(query, names).then((bytes) => (bytes === undefined ? undefined : socket.send(bytes, from.port, from.address)));
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

/** Each message stands behind its length in two bytes (RFC 1035 §4.2.2). One is answered after the other. */
function serveOverTcp(client: Socket, names: Names): void {
  client.setTimeout(tcpPatienceMs, () => client.destroy());
  client.on('error', () => client.destroy());
  void answerAll(client, names).catch(() => client.destroy());
}

async function answerAll(client: Socket, names: Names): Promise<void> {
  let waiting = Buffer.alloc(0);
  for await (const chunk of client as AsyncIterable<Buffer>) {
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
      const end = 2 + waiting.readUInt16BE(0);
      const bytes = await reply(waiting.subarray(2, end), names);
      waiting = waiting.subarray(end);
      if (bytes === undefined || client.writableLength > mostUnread) {
        return;
      }
      const length = Buffer.alloc(2);
      length.writeUInt16BE(bytes.length);
      client.write(Buffer.concat([length, bytes]));
    }
    if (waiting.length > 2 + longestQuery) {
      return;
    }
  }
}
