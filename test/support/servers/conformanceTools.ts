import { setTimeout as pause } from 'node:timers/promises';

import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  CreateMessageResultSchema,
  ElicitResultSchema,
  type CallToolResult,
  type ElicitRequestFormParams,
  type ServerNotification,
  type ServerRequest,
  type Tool,
} from '@modelcontextprotocol/sdk/types.js';

import { emptyWav, onePixelPng } from './conformanceMedia.ts';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;
type Arguments = Readonly<Record<string, unknown>>;
type Content = CallToolResult['content'];

export interface ConformanceTool {
  readonly description: string;
  readonly inputSchema: Tool['inputSchema'];
  run(args: Arguments, extra: Extra, server: McpServer['server']): Content | Promise<Content>;
}

const stepMs = 50;
const nothing: Tool['inputSchema'] = { type: 'object', properties: {} };

function text(words: string): Content[number] {
  return { type: 'text', text: words };
}

function takesText(name: string, description: string): Tool['inputSchema'] {
  return { type: 'object', properties: { [name]: { type: 'string', description } }, required: [name] };
}

async function log(extra: Extra, data: string): Promise<void> {
  await extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data } });
}

async function progress(extra: Extra, done: number): Promise<void> {
  const progressToken = extra._meta?.progressToken;
  if (progressToken !== undefined) {
    await extra.sendNotification({ method: 'notifications/progress', params: { progressToken, progress: done, total: 100 } });
  }
}

async function elicit(
  extra: Extra,
  server: McpServer['server'],
  message: string,
  requestedSchema: ElicitRequestFormParams['requestedSchema'],
): Promise<string> {
  if (server.getClientCapabilities()?.elicitation === undefined) {
    throw new Error('The client offers no elicitation.');
  }
  const result = await extra.sendRequest({ method: 'elicitation/create', params: { message, requestedSchema } }, ElicitResultSchema);
  return `action=${result.action}, content=${JSON.stringify(result.content ?? {})}`;
}

const options = ['option1', 'option2', 'option3'];
const titled = (noun: string): { const: string; title: string }[] =>
  ['First', 'Second', 'Third'].map((word, index) => ({ const: `value${index + 1}`, title: `${word} ${noun}` }));

/** The tools that the suite `@modelcontextprotocol/conformance` calls by name, as its scenarios describe them. */
export const conformanceTools: Readonly<Record<string, ConformanceTool>> = {
  test_simple_text: {
    description: 'Gives a simple text',
    inputSchema: nothing,
    run: () => [text('This is a simple text response for testing.')],
  },
  test_image_content: {
    description: 'Gives an image',
    inputSchema: nothing,
    run: () => [{ type: 'image', data: onePixelPng, mimeType: 'image/png' }],
  },
  test_audio_content: {
    description: 'Gives a sound',
    inputSchema: nothing,
    run: () => [{ type: 'audio', data: emptyWav, mimeType: 'audio/wav' }],
  },
  test_embedded_resource: {
    description: 'Gives a resource inside the result',
    inputSchema: nothing,
    run: () => [
      {
        type: 'resource',
        resource: { uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'This is an embedded resource content.' },
      },
    ],
  },
  test_multiple_content_types: {
    description: 'Gives a text, an image and a resource in one result',
    inputSchema: nothing,
    run: () => [
      text('Multiple content types test:'),
      { type: 'image', data: onePixelPng, mimeType: 'image/png' },
      {
        type: 'resource',
        resource: { uri: 'test://mixed-content-resource', mimeType: 'application/json', text: '{"test":"data","value":123}' },
      },
    ],
  },
  test_tool_with_logging: {
    description: 'Logs three times while it runs',
    inputSchema: nothing,
    async run(_args, extra) {
      await log(extra, 'Tool execution started');
      await pause(stepMs);
      await log(extra, 'Tool processing data');
      await pause(stepMs);
      await log(extra, 'Tool execution completed');
      return [text('Logged three times.')];
    },
  },
  test_tool_with_progress: {
    description: 'Reports progress while it runs',
    inputSchema: nothing,
    async run(_args, extra) {
      await progress(extra, 0);
      await pause(stepMs);
      await progress(extra, 50);
      await pause(stepMs);
      await progress(extra, 100);
      return [text('Done, in three steps.')];
    },
  },
  test_error_handling: {
    description: 'Always fails',
    inputSchema: nothing,
    run() {
      throw new Error('This tool intentionally returns an error for testing');
    },
  },
  test_sampling: {
    description: "Asks the client's model",
    inputSchema: takesText('prompt', 'What the model is asked'),
    async run({ prompt }, extra, server) {
      if (server.getClientCapabilities()?.sampling === undefined) {
        throw new Error('The client offers no sampling.');
      }
      const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: String(prompt) } }];
      const result = await extra.sendRequest(
        { method: 'sampling/createMessage', params: { messages, maxTokens: 100 } },
        CreateMessageResultSchema,
      );
      return [text(`LLM response: ${result.content.type === 'text' ? result.content.text : result.content.type}`)];
    },
  },
  test_elicitation: {
    description: 'Asks the user',
    inputSchema: takesText('message', 'What the user is asked'),
    async run({ message }, extra, server) {
      const answer = await elicit(extra, server, String(message), {
        type: 'object',
        properties: {
          username: { type: 'string', description: "User's response" },
          email: { type: 'string', description: "User's email address" },
        },
        required: ['username', 'email'],
      });
      return [text(`User response: ${answer}`)];
    },
  },
  test_elicitation_sep1034_defaults: {
    description: 'Asks the user, with a default for each kind of value',
    inputSchema: nothing,
    async run(_args, extra, server) {
      const answer = await elicit(extra, server, 'Please look at the defaults', {
        type: 'object',
        properties: {
          name: { type: 'string', default: 'John Doe' },
          age: { type: 'integer', default: 30 },
          score: { type: 'number', default: 95.5 },
          status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
          verified: { type: 'boolean', default: true },
        },
      });
      return [text(`Elicitation completed: ${answer}`)];
    },
  },
  test_elicitation_sep1330_enums: {
    description: 'Asks the user to choose, in each form that a choice can have',
    inputSchema: nothing,
    async run(_args, extra, server) {
      const answer = await elicit(extra, server, 'Please choose', {
        type: 'object',
        properties: {
          untitledSingle: { type: 'string', enum: options },
          titledSingle: { type: 'string', oneOf: titled('Option') },
          legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Option One', 'Option Two', 'Option Three'] },
          untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
          titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
        },
      });
      return [text(`Elicitation completed: ${answer}`)];
    },
  },
  json_schema_2020_12_tool: {
    description: 'Tool with JSON Schema 2020-12 features',
    inputSchema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      $defs: { address: { type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } } },
      properties: { name: { type: 'string' }, address: { $ref: '#/$defs/address' } },
      additionalProperties: false,
    },
    run: (args) => [text(JSON.stringify(args))],
  },
  test_reconnection: {
    description: 'Ends the stream of its call before it answers',
    inputSchema: nothing,
    async run(_args, extra) {
      extra.closeSSEStream?.();
      await pause(stepMs);
      return [text('Answered after the stream ended.')];
    },
  },
};
