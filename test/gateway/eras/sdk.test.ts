import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Client, InMemoryTransport, type JSONRPCMessage, type VersionNegotiationOptions } from '@modelcontextprotocol/client';
import { acceptedContent, inputRequired, McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

import type { Channel, ChannelEnd } from '../../../src/gateway/channel.ts';
import { adaptClient } from '../../../src/gateway/eras/clientEra.ts';
import { adaptServer } from '../../../src/gateway/eras/serverEra.ts';
import { until } from '../../support/until.ts';
import { BridgeSession } from './bridge.ts';

function hear(transport: InMemoryTransport, listener: (message: JSONRPCMessage) => void): void {
  Object.assign(transport, { onmessage: listener });
}

/** The official SDK (version 2, which speaks both eras) at both ends, so that nobody here decides what the specification means. */
function makeServer(): McpServer {
  const server = new McpServer(
    { name: 'sdk', version: '2' },
    { capabilities: { tools: { listChanged: true }, resources: { listChanged: true } }, instructions: 'Be kind.' },
  );
  server.registerTool('big', { inputSchema: z.object({ size: z.number() }) }, ({ size }) => ({
    content: [{ type: 'text', text: 'ä"\\'.repeat(size) }],
  }));
  server.registerTool('steps', { inputSchema: z.object({}) }, async (_args, { mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    if (progressToken !== undefined) {
      await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: 1, total: 2 } });
    }
    return { content: [] };
  });
  server.registerTool('ask', { inputSchema: z.object({ rounds: z.number() }) }, ({ rounds }, { mcpReq }) => {
    const round = Number(mcpReq.requestState() ?? '0');
    const who = inputRequired.elicit({
      message: `round ${round}`,
      requestedSchema: { type: 'object', properties: { name: { type: 'string' } } },
    });
    return round < rounds
      ? inputRequired({ inputRequests: { who }, requestState: String(round + 1) })
      : { content: [{ type: 'text', text: JSON.stringify(acceptedContent(mcpReq.inputResponses, 'who') ?? null) }] };
  });
  server.registerTool('grow', { inputSchema: z.object({}) }, () => {
    server.registerTool('grown', { inputSchema: z.object({}) }, () => ({ content: [] }));
    return { content: [] };
  });
  server.registerResource('r', 'file:///r', {}, (uri) => ({ contents: [{ uri: uri.href, text: 'R' }] }));
  return server;
}

/** A channel to a server behind the SDK's transport in memory. */
function channelTo(transport: InMemoryTransport): Channel & { readonly versions: string[] } {
  let finish: (end: ChannelEnd) => void = () => undefined;
  const versions: string[] = [];
  return {
    id: 'memory',
    queuedBytes: 0,
    versions,
    // In a later turn, as over a pipe: this transport would answer before `send` returns.
    send: (message) => void setImmediate(() => void transport.send(JSON.parse(message.toString()) as JSONRPCMessage)),
    onMessage: (listener) => hear(transport, (message) => listener(Buffer.from(JSON.stringify(message)))),
    onJunk: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
    negotiated: (version) => versions.push(version),
    ended: new Promise((resolve) => (finish = resolve)),
    stop: async () => {
      finish({ code: 0, lastOutput: '' });
      await transport.close();
    },
  };
}

const modes: readonly [name: string, options: VersionNegotiationOptions, era: string][] = [
  ['with a handshake', { mode: 'legacy' }, 'legacy'],
  ['of both eras', { mode: 'auto' }, 'modern'],
  ['of 2026-07-28 alone', { mode: { pin: '2026-07-28' } }, 'modern'],
];

for (const [clientEra, versionNegotiation, era] of modes) {
  for (const serverEra of ['with a handshake', 'of 2026-07-28 alone']) {
    describe(`The SDK's client ${clientEra} and its server ${serverEra}`, () => {
      test('work together', async (t) => {
        const [serverEnd, ourServerEnd] = InMemoryTransport.createLinkedPair();
        const [clientEnd, ourClientEnd] = InMemoryTransport.createLinkedPair();
        if (serverEra === 'with a handshake') {
          await makeServer().connect(serverEnd);
        } else {
          serveStdio(makeServer, { transport: serverEnd, legacy: 'reject' });
        }
        const channel = channelTo(ourServerEnd);
        const session = adaptClient(
          {
            queuedBytes: 0,
            send: (message) => void ourClientEnd.send(JSON.parse(message.toString()) as JSONRPCMessage),
            cutOff: (reason) => assert.fail(reason),
          },
          (link) => new BridgeSession(adaptServer(channel), link),
        );
        hear(ourClientEnd, (message) => session.receive(Buffer.from(JSON.stringify(message))));
        const client = new Client({ name: 'sdk', version: '2' }, { capabilities: { elicitation: { form: {} } }, versionNegotiation });
        t.after(() => session.close());
        const asked: string[] = [];
        let changes = 0;
        client.setRequestHandler('elicitation/create', ({ params }) => {
          asked.push(params.message);
          return asked.length === 4 ? { action: 'decline' } : { action: 'accept', content: { name: 'Ann' } };
        });
        client.setNotificationHandler('notifications/tools/list_changed', () => void changes++);

        await client.connect(clientEnd);
        assert.equal(client.getProtocolEra(), era);
        assert.deepEqual([client.getServerVersion()?.name, client.getInstructions()], ['sdk', 'Be kind.']);
        assert.deepEqual(channel.versions, [serverEra === 'with a handshake' ? '2025-11-25' : '2026-07-28']);
        assert.deepEqual(
          (await client.listTools()).tools.map(({ name }) => name),
          ['big', 'steps', 'ask', 'grow'],
        );

        const big = await client.callTool({ name: 'big', arguments: { size: 500_000 } });
        assert.ok(JSON.stringify(big.content) === JSON.stringify([{ type: 'text', text: 'ä"\\'.repeat(500_000) }]));
        const progress: number[] = [];
        await client.callTool({ name: 'steps', arguments: {} }, { onprogress: (step) => progress.push(step.progress) });
        assert.deepEqual(progress, [1]);
        assert.deepEqual((await client.readResource({ uri: 'file:///r' })).contents, [{ uri: 'file:///r', text: 'R' }]);

        assert.deepEqual((await client.callTool({ name: 'ask', arguments: { rounds: 3 } })).content, [
          { type: 'text', text: '{"name":"Ann"}' },
        ]);
        assert.deepEqual((await client.callTool({ name: 'ask', arguments: { rounds: 1 } })).content, [{ type: 'text', text: 'null' }]);
        assert.deepEqual(asked, ['round 0', 'round 1', 'round 2', 'round 0']);

        const listening = era === 'modern' ? await client.listen({ toolsListChanged: true }) : undefined;
        await client.callTool({ name: 'grow', arguments: {} });
        await until(() => changes > 0);
        await listening?.close();
      });
    });
  }
}
