// An MCP server that passes every server scenario of @modelcontextprotocol/conformance: `node conformanceServer.ts stdio`, or
// `node conformanceServer.ts http`, which writes its address on a free loopback port as its first line.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
  type CallToolResult,
} from '@modelcontextprotocol/sdk/types.js';

import { serveConformanceHttp } from './conformanceHttp.ts';
import { conformancePrompts } from './conformancePrompts.ts';
import { conformanceResources, conformanceTemplate, readConformanceResource } from './conformanceResources.ts';
import { conformanceTools } from './conformanceTools.ts';

/** A server of the official SDK for one client. Its lists are set as they go over the wire, since zod cannot say `$defs`. */
export function conformanceServer(): McpServer {
  const capabilities = { tools: {}, prompts: {}, resources: { subscribe: true }, completions: {}, logging: {} };
  const mcp = new McpServer({ name: 'conformance', version: '1.0.0' }, { capabilities });
  offerTools(mcp.server);
  offerPrompts(mcp.server);
  offerResources(mcp.server);
  return mcp;
}

function offerTools(server: McpServer['server']): void {
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: Object.entries(conformanceTools).map(([name, { description, inputSchema }]) => ({ name, description, inputSchema })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra): Promise<CallToolResult> => {
    const tool = conformanceTools[params.name];
    if (tool === undefined) {
      throw new Error(`There is no tool ${params.name}.`);
    }
    try {
      return { content: await tool.run(params.arguments ?? {}, extra, server) };
    } catch (error) {
      return { isError: true, content: [{ type: 'text', text: error instanceof Error ? error.message : String(error) }] };
    }
  });
}

function offerPrompts(server: McpServer['server']): void {
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: Object.entries(conformancePrompts).map(([name, prompt]) => ({
      name,
      description: prompt.description,
      ...(prompt.arguments === undefined ? {} : { arguments: [...prompt.arguments] }),
    })),
  }));
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    const prompt = conformancePrompts[params.name];
    if (prompt === undefined) {
      throw new Error(`There is no prompt ${params.name}.`);
    }
    return { messages: prompt.messages(params.arguments ?? {}) };
  });
  server.setRequestHandler(CompleteRequestSchema, ({ params }) => {
    const values = ['paris', 'park', 'party', 'test'].filter((word) => word.startsWith(params.argument.value));
    return { completion: { values, total: values.length, hasMore: false } };
  });
}

function offerResources(server: McpServer['server']): void {
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: [...conformanceResources] }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: [conformanceTemplate] }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }) => ({ contents: [readConformanceResource(params.uri)] }));
  server.setRequestHandler(SubscribeRequestSchema, () => ({}));
  server.setRequestHandler(UnsubscribeRequestSchema, () => ({}));
}

if (import.meta.main) {
  if (process.argv[2] === 'http') {
    console.log(await serveConformanceHttp(conformanceServer));
  } else {
    await conformanceServer().connect(new StdioServerTransport());
  }
}
