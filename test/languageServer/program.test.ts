import assert from 'node:assert/strict';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { build } from 'esbuild';
import {
  createProtocolConnection,
  ExitNotification,
  IPCMessageReader,
  IPCMessageWriter,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
  type ProtocolConnection,
} from 'vscode-languageserver/node';
import { root } from '../support/sharedData.ts';
import { TestClient } from './testClient.ts';

const uri = 'file:///work/app/.codex/config.toml';
let folder = '';
let program = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wharf-server-'));
  program = join(folder, 'server.cjs');
  const entry = join(root, 'src', 'languageServer', 'main.ts');
  await build({ entryPoints: [entry], outfile: program, bundle: true, platform: 'node', format: 'cjs', minify: true, logLevel: 'silent' });
});
after(() => rm(folder, { recursive: true, force: true }));

interface Started {
  readonly client: TestClient;
  readonly ended: Promise<unknown[]>;
  readonly leave: () => void;
}

/** Starts the program as a child and leaves nothing of it behind. */
async function start(t: TestContext, transport: 'stdio' | 'ipc'): Promise<Started> {
  const child = transport === 'stdio' ? startOverStdio() : startOverIpc();
  t.after(() => child.process.kill('SIGKILL'));
  const client = new TestClient(child.connection);
  t.after(() => client.connection.dispose());
  await client.initialise({ codexHome: '/home/someone/.codex' });
  return { client, ended: once(child.process, 'exit'), leave: child.leave };
}

function startOverStdio() {
  const child = spawn(process.execPath, [program, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const connection: ProtocolConnection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  return { process: child, connection, leave: () => void child.stdin.end() };
}

function startOverIpc() {
  const child = fork(program, ['--node-ipc']);
  const connection: ProtocolConnection = createProtocolConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
  return { process: child, connection, leave: () => child.disconnect() };
}

for (const transport of ['stdio', 'ipc'] as const) {
  test(`the bundled program reports a misspelt key over ${transport}, and ends when it is told to`, async (t) => {
    const { client, ended } = await start(t, transport);
    await client.open(uri, '[mcp_servers.x]\ncommand = "node"\nstartup_timeout = 60\n');
    const diagnostics = await client.diagnostics(uri);
    const misspelt = diagnostics.find((diagnostic) => diagnostic.range.start.line === 2);
    assert.deepEqual(misspelt?.range, { start: { line: 2, character: 0 }, end: { line: 2, character: 15 } });
    assert.equal(misspelt.source, 'wharf');
    await client.connection.sendRequest(ShutdownRequest.type);
    await client.connection.sendNotification(ExitNotification.type);
    assert.deepEqual(await ended, [0, null]);
  });

  test(`the program ends when its ${transport} client goes away without a word`, async (t) => {
    const { ended, leave } = await start(t, transport);
    leave();
    await ended;
  });
}
