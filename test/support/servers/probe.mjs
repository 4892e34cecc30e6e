#!/usr/bin/env node
// An MCP server over stdio whose tools look around from inside whatever it runs in. Written by hand, so that tests can make it misbehave
// below the level of an SDK: `--misbehave=junk|exit|hang`, or the same word in WHARF_PROBE_MISBEHAVE. `--misbehave=ignore-eof` serves well
// and outlives the end of its input and SIGTERM. `--slow-start=MS` answers nothing for so long.
import { chownSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, setPriority } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const text = { type: 'string' };
const nothing = { type: 'object', properties: {}, additionalProperties: false };
const reads = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };
const changes = { readOnlyHint: false, destructiveHint: true, openWorldHint: false };

/** @param {Record<string, object>} properties */
function takes(properties) {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

/** `allowed`, or the error code of the refusal. @param {() => void} attempt */
function outcome(attempt) {
  try {
    attempt();
    return 'allowed';
  } catch (thrown) {
    const error = /** @type {{ code?: string, info?: { code?: string } }} */ (thrown);
    return error.info?.code ?? error.code ?? String(thrown);
  }
}

/** @param {string} path */
function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}

/** `max` and the engine's "almost 2^63" both mean no limit: null. @param {string | undefined} value */
function limit(value) {
  return value === undefined || value === 'max' || Number(value) < 0 || Number(value) > 2 ** 62 ? null : Number(value);
}

function cgroupLimits() {
  const base = '/sys/fs/cgroup';
  const v2 = read(`${base}/memory.max`);
  if (v2 !== undefined) {
    const [quota, period] = (read(`${base}/cpu.max`) ?? 'max 100000').split(' ');
    const memory = limit(v2);
    const swap = limit(read(`${base}/memory.swap.max`));
    const both = memory === null || swap === null ? null : memory + swap;
    return { version: 2, memory, memoryAndSwap: both, cpus: cpus(quota, period), pids: limit(read(`${base}/pids.max`)) };
  }
  return {
    version: 1,
    memory: limit(read(`${base}/memory/memory.limit_in_bytes`)),
    memoryAndSwap: limit(read(`${base}/memory/memory.memsw.limit_in_bytes`)),
    cpus: cpus(read(`${base}/cpu/cpu.cfs_quota_us`), read(`${base}/cpu/cpu.cfs_period_us`)),
    pids: limit(read(`${base}/pids/pids.max`)),
  };
}

/** @param {string | undefined} quota @param {string | undefined} period */
function cpus(quota, period) {
  const share = limit(quota);
  return share === null ? null : share / Number(period);
}

/** Tries what root may do only with a capability, and says what the kernel records about this process. */
function tryCapability() {
  const file = join(tmpdir(), `probe-${process.pid}`);
  const status = Object.fromEntries((read('/proc/self/status') ?? '').split('\n').map((line) => line.split(':\t')));
  const attempts = {
    chown: outcome(() => {
      writeFileSync(file, '');
      chownSync(file, 12345, 12345);
    }),
    setPriority: outcome(() => setPriority(-5)),
  };
  rmSync(file, { force: true });
  const { Uid: uid, CapEff: capEff, CapBnd: capBnd, NoNewPrivs: noNewPrivs, Seccomp: seccomp } = status;
  return { attempts, uid: uid?.split('\t')[0], capEff, capBnd, noNewPrivs, seccomp };
}

const calls = new Map();

/** Ends early, without an answer, when the client cancels the call. @param {{ ms: number }} args @param {unknown} id */
function slow({ ms }, id) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(`slept ${ms} ms`), ms);
    calls.set(id, () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  }).finally(() => calls.delete(id));
}

/** @type {Record<string, { description: string, inputSchema: object, annotations: object, run: (args: any, id: unknown) => unknown }>} */
const tools = {
  echo: { description: 'Gives the text back.', inputSchema: takes({ text }), annotations: reads, run: (args) => `echo: ${args.text}` },
  read_file: {
    description: 'Reads a file as the server sees it.',
    inputSchema: takes({ path: text }),
    annotations: reads,
    run: ({ path }) => readFileSync(path, 'utf8'),
  },
  write_file: {
    description: 'Writes a file where the server may.',
    inputSchema: takes({ path: text, text }),
    annotations: changes,
    run: (args) => {
      writeFileSync(args.path, args.text);
      return `wrote ${args.path}`;
    },
  },
  list_folder: {
    description: 'The names in a folder.',
    inputSchema: takes({ path: text }),
    annotations: reads,
    run: ({ path }) => readdirSync(path).join('\n'),
  },
  file_facts: {
    description: 'Who owns a file and who may do what with it.',
    inputSchema: takes({ path: text }),
    annotations: reads,
    run: ({ path }) => {
      const { mode, uid, gid } = statSync(path);
      return { mode: (mode & 0o7777).toString(8), uid, gid };
    },
  },
  cgroup_limits: { description: 'Memory, CPU and process limits.', inputSchema: nothing, annotations: reads, run: cgroupLimits },
  try_capability: { description: 'Attempts what needs a capability.', inputSchema: nothing, annotations: reads, run: tryCapability },
  mounts: {
    description: 'The mount table.',
    inputSchema: nothing,
    annotations: reads,
    run: () => readFileSync('/proc/self/mountinfo', 'utf8'),
  },
  environment: {
    description: 'Variables, arguments and identity of the server process.',
    inputSchema: nothing,
    annotations: reads,
    run: () => ({
      env: process.env,
      argv: process.argv,
      cwd: process.cwd(),
      pid: process.pid,
      ppid: process.ppid,
      uid: process.getuid?.() ?? null,
    }),
  },
  big: {
    description: 'A text of this many bytes.',
    inputSchema: takes({ bytes: { type: 'integer', minimum: 0 } }),
    annotations: reads,
    run: ({ bytes }) => 'x'.repeat(bytes),
  },
  slow: {
    description: 'Answers after a while.',
    inputSchema: takes({ ms: { type: 'integer', minimum: 0 } }),
    annotations: reads,
    run: slow,
  },
  crash: { description: 'Ends the server at once.', inputSchema: nothing, annotations: changes, run: () => process.exit(9) },
};

/** @param {object} message */
function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

/** @param {{ name: string, arguments?: object }} params @param {unknown} id */
async function callTool(params, id) {
  const tool = Object.hasOwn(tools, params.name) ? tools[params.name] : undefined;
  if (tool === undefined) {
    send({ id, error: { code: -32602, message: `Unknown tool: ${params.name}` } });
    return;
  }
  try {
    const value = await tool.run(params.arguments ?? {}, id);
    if (value !== undefined) {
      send({ id, result: { content: [{ type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) }] } });
    }
  } catch (error) {
    send({ id, result: { content: [{ type: 'text', text: error instanceof Error ? error.message : String(error) }], isError: true } });
  }
}

/** @param {{ id?: unknown, method?: string, params?: any }} message */
function answer({ id, method, params }) {
  if (method === 'initialize') {
    const serverInfo = { name: 'wharf-probe', version: '1.0.0' };
    const instructions = 'Looks around from inside its container.';
    send({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo, instructions } });
  } else if (method === 'tools/list') {
    const list = Object.entries(tools).map(([name, { description, inputSchema, annotations }]) => ({
      name,
      description,
      inputSchema,
      annotations,
    }));
    send({ id, result: { tools: list } });
  } else if (method === 'tools/call') {
    void callTool(params, id);
  } else if (method === 'ping') {
    send({ id, result: {} });
  } else if (method === 'notifications/cancelled') {
    calls.get(params.requestId)?.();
  } else if (id !== undefined && method !== undefined) {
    send({ id, error: { code: -32601, message: `Method not found: ${method}` } });
  }
}

const misbehave = process.argv.find((arg) => arg.startsWith('--misbehave='))?.slice(12) ?? process.env['WHARF_PROBE_MISBEHAVE'];
const outlives = misbehave === 'ignore-eof';
const answers = misbehave === undefined || outlives;
process.on('SIGTERM', () => outlives || process.exit(0));
if (outlives) {
  setInterval(() => undefined, 60_000);
}
if (misbehave === 'exit') {
  console.error('probe: no configuration found, giving up');
  process.exit(3);
}
if (misbehave === 'junk') {
  console.log('Starting up!\n{"not": "a message"}\n<html>\u0000</html>');
}
const slowStartMs = Number(process.argv.find((arg) => arg.startsWith('--slow-start='))?.slice(13) ?? 0);
const from = Date.now();
/** Nothing is answered before the slow start is over. @param {string} line */
function take(line) {
  const left = from + slowStartMs - Date.now();
  if (left > 0) {
    setTimeout(take, left, line);
  } else if (answers && line !== '') {
    answer(JSON.parse(line));
  }
}
createInterface({ input: process.stdin })
  .on('line', take)
  .on('close', () => outlives || process.exit(0));
