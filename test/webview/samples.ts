import type { CallDetail, CallSummary } from '../../src/shared/calls.ts';

/** A finished call; `number` makes its id and its start. */
export function call(number: number, change: Partial<CallSummary> = {}): CallSummary {
  return {
    id: `call-${number}`,
    startedAt: new Date(Date.now() - 600_000 + number * 1370).toISOString(),
    client: 'codex-mcp-client 0.169.0',
    thread: '0198c2f4-6c1e-7b52-9d0a-3f6f0a1f2b77',
    profile: 'dev',
    server: 'everything',
    tool: 'echo',
    status: 'ok',
    durationMs: 12.4,
    requestBytes: 64,
    resultBytes: 230,
    findings: 0,
    ...change,
  };
}

export function detail(summary: CallSummary, change: Partial<CallDetail> = {}): CallDetail {
  return {
    ...summary,
    arguments: { message: 'hello' },
    result: summary.status === 'running' ? null : { content: [{ type: 'text', text: 'Echo: hello' }], isError: false },
    timings: {},
    found: [],
    events: [],
    ...change,
  };
}

/** A list as a working day makes it, newest last and still running. */
export function workingDay(): readonly CallSummary[] {
  const filesystem = { server: 'filesystem' } as const;
  return [
    call(1, { tool: 'get-sum', durationMs: 8.2 }),
    call(2, { ...filesystem, tool: 'list_directory', durationMs: 5, resultBytes: 1840 }),
    call(3, { ...filesystem, tool: 'read_text_file', durationMs: 31, resultBytes: 48_120 }),
    call(4, { ...filesystem, tool: 'read_text_file', status: 'error', durationMs: 3, resultBytes: 190 }),
    call(5, { ...filesystem, tool: 'search_files', durationMs: 1834, resultBytes: 310_400 }),
    call(6, { tool: 'get-env', durationMs: 6, findings: 2, resultBytes: 2210 }),
    call(7, { server: 'memory', tool: 'create_entities', durationMs: 412 }),
    call(8, { server: 'memory', tool: 'delete_entities', status: 'blocked', durationMs: 0.4 }),
    call(9, { tool: 'trigger-long-running-operation', status: 'cancelled', durationMs: 63_200, resultBytes: 0 }),
    call(10, { ...filesystem, tool: 'edit_file', durationMs: 44 }),
    call(11, { ...filesystem, tool: 'directory_tree', durationMs: 120, resultBytes: 91_300 }),
    call(12, {
      tool: 'trigger-long-running-operation',
      status: 'running',
      durationMs: null,
      resultBytes: 0,
      startedAt: new Date(Date.now() - 3200).toISOString(),
    }),
  ];
}

/** What the filesystem server answered to the fifth call of `workingDay`. */
export function searchDetail(): CallDetail {
  const found = workingDay()[4];
  if (found === undefined) {
    throw new Error('The sample has no fifth call.');
  }
  return detail(found, {
    arguments: { path: '/workspace', pattern: '**/*.test.ts', excludePatterns: ['node_modules', 'dist'], maxDepth: 8, followLinks: false },
    result: {
      content: [
        {
          type: 'text',
          text: ['format', 'filter', 'state', 'jsonText'].map((name) => `/workspace/test/webview/${name}.test.ts`).join('\n'),
        },
        { type: 'resource_link', uri: 'file:///workspace/test/webview', mimeType: 'inode/directory', name: 'webview' },
      ],
      isError: false,
    },
    timings: { queue: 0.3, 'container start': 1460, initialize: 168, tool: 198, scan: 4 },
    events: [
      { atMs: 1, text: 'container wharf-filesystem-3f0c created from sha256:5a1e…' },
      { atMs: 1461, text: 'container started' },
      { atMs: 1629, text: 'server ready: secure-filesystem-server 0.2.0' },
    ],
  });
}

/** A call whose result was withheld, with everything that the scan found in it. */
export function blockedDetail(): CallDetail {
  const blocked = workingDay()[7];
  if (blocked === undefined) {
    throw new Error('The sample has no eighth call.');
  }
  return detail(
    { ...blocked, findings: 3 },
    {
      arguments: { entityNames: ['token'] },
      result: {
        code: -32051,
        message: 'The answer of the server "memory" was withheld: it holds a secret (GitHub token at /content/0/text).',
      },
      found: [
        {
          rule: 'github-pat',
          title: 'GitHub token',
          kind: 'secret',
          where: 'result',
          pointer: '/content/0/text',
          preview: 'ghp_…(40)',
          action: 'blocked',
        },
        {
          rule: 'injected-secret',
          title: 'A secret that Wharf gave to the server',
          kind: 'secret',
          where: 'stderr',
          pointer: '',
          preview: '…(32)',
          action: 'redacted',
          secret: 'memory.token',
        },
        {
          rule: 'hidden-unicode',
          title: 'Text that cannot be seen',
          kind: 'hiddenText',
          where: 'list',
          pointer: '/tools/0/description',
          preview: 'a\u202eb',
          action: 'reported',
        },
      ],
    },
  );
}
