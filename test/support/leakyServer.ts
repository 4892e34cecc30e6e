import { randomBytes } from 'node:crypto';

import { ScriptedServer } from './scriptedServer.ts';
import { TestGateway } from './testSession.ts';

/** A value that no server was ever given, and that has every kind of character. */
export function newSecret(): string {
  return `cnry-${randomBytes(9).toString('hex')}/"x"+${randomBytes(6).toString('base64')}`;
}

export const toolKinds = ['text', 'structured', 'embedded', 'blob', 'key', 'failure', 'nested'] as const;

function resultWith(kind: string, secret: string): unknown {
  const text = (value: string): unknown => ({ type: 'text', text: value });
  switch (kind) {
    case 'structured':
      return { content: [], structuredContent: { user: 'me', token: secret } };
    case 'embedded':
      return { content: [{ type: 'resource', resource: { uri: `memo://${encodeURIComponent(secret)}`, text: `key: ${secret}` } }] };
    case 'blob':
      return {
        content: [{ type: 'resource', resource: { uri: 'memo://1', blob: Buffer.from(`API_KEY=${secret}\n`).toString('base64') } }],
      };
    case 'key':
      return { content: [], structuredContent: { [secret]: 1 } };
    case 'failure':
      return { content: [text(`No access with ${secret}`)], isError: true };
    case 'nested':
      return { content: [text(JSON.stringify({ env: JSON.stringify({ API_KEY: secret }) }))] };
    default:
      return { content: [text(`The key is ${secret}.`)] };
  }
}

/** A server that says its secret in whatever way it is asked to. */
export function leakyServer(secret: string): ScriptedServer {
  const lists: Readonly<Record<string, unknown>> = {
    initialize: {
      protocolVersion: '2025-06-18',
      capabilities: { tools: {}, prompts: {}, resources: {}, completions: {}, logging: {} },
      serverInfo: { name: 'leaky', version: '1' },
      instructions: `Use ${secret}.`,
    },
    'tools/list': {
      tools: [...toolKinds, 'error', 'progress', 'log', 'ask'].map((name) => ({
        name,
        description: `With ${secret}`,
        inputSchema: { type: 'object' },
      })),
    },
    'prompts/list': { prompts: [{ name: 'greet', description: secret }] },
    'resources/list': { resources: [{ uri: 'memo://1', name: secret }] },
    'resources/templates/list': { resourceTemplates: [{ uriTemplate: 'memo://{id}', name: secret }] },
    'prompts/get': { messages: [{ role: 'user', content: { type: 'text', text: secret } }] },
    'resources/read': { contents: [{ uri: 'memo://1', text: secret }] },
    'completion/complete': { completion: { values: [secret] } },
  };
  return new ScriptedServer(({ id, method, params }, server) => {
    if (id === undefined || method === undefined) {
      return;
    }
    const kind = String(params?.['name']);
    if (method !== 'tools/call') {
      server.send({ id, result: lists[method] ?? {} });
    } else if (kind === 'error') {
      server.send({ id, error: { code: -32000, message: `Refused: ${secret}`, data: { secret } } });
    } else if (kind === 'progress') {
      const { progressToken } = (params?.['_meta'] ?? {}) as { readonly progressToken?: number };
      server.send({ method: 'notifications/progress', params: { progressToken, progress: 1, message: secret } });
      server.send({ id, result: { content: [] } });
    } else if (kind === 'log') {
      server.send({ method: 'notifications/message', params: { level: 'info', data: { secret } } });
      server.send({ id, result: { content: [] } });
    } else if (kind === 'ask') {
      server.send({
        id: 900,
        method: 'elicitation/create',
        params: { message: `Is ${secret} right?`, requestedSchema: { type: 'object' } },
      });
    } else {
      server.send({ id, result: resultWith(kind, secret) });
    }
  });
}

/** A gateway whose server "leaky" was given a secret. */
export function leakyGateway(secret: string): { readonly gateway: TestGateway; readonly server: ScriptedServer } {
  const server = leakyServer(secret);
  const gateway = new TestGateway({ leaky: () => server });
  gateway.scanning.add([{ name: 'API_KEY', value: secret }]);
  return { gateway, server };
}

/** Whether a text holds the secret in one of the usual forms. */
export function holds(text: string, secret: string): boolean {
  const json = (value: string): string => JSON.stringify(value).slice(1, -1);
  const forms = [secret, json(secret), json(json(secret)), json(json(json(secret))), encodeURIComponent(secret)];
  const base64 = [...text.matchAll(/[A-Za-z0-9+/]{20,}={0,2}/g)].map(([found]) => Buffer.from(found, 'base64').toString());
  return forms.some((form) => text.includes(form)) || base64.some((decoded) => decoded.includes(secret));
}
