import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, test, type TestContext } from 'node:test';

import { until } from '../../support/until.ts';
import { programOfFile, type Program } from './program.ts';

const program = programOfFile();
let wharf: Program;
let config: string;
beforeEach(() => {
  wharf = program();
  config = join(wharf.project, '.codex', 'config.toml');
  mkdirSync(join(wharf.project, '.codex', 'profiles'), { recursive: true });
  writeFileSync(join(wharf.project, '.codex', 'profiles', 'dev.yaml'), 'version: 1\nservers:\n  - image: mcp/x:1\n');
});

const connect = ['client', 'connect', 'codex', '--no-discover', '--profile', 'dev'];

function mode(): string | undefined {
  return /^default_tools_approval_mode = "(\w+)"$/m.exec(readFileSync(config, 'utf8'))?.[1];
}

test('where nobody can be asked, only tools that say that they only read run without asking; each word has its mode', async () => {
  for (const [args, written] of [
    [[], 'writes'],
    [['--approve', 'all'], 'approve'],
    [['--approve', 'prompt'], 'prompt'],
    [['--approve', 'read-only'], 'writes'],
  ] as const) {
    const { code, stderr } = await wharf.run([...connect, ...args]);
    assert.equal(code, 0, stderr);
    assert.equal(mode(), written);
  }
});

test('tools that run without asking by lines of their own are named, and the lines stay', async () => {
  const own =
    '\n[mcp_servers.MCP_DOCKER.tools.drop_table]\napproval_mode = "approve"\n\n[mcp_servers.MCP_DOCKER.tools.look]\napproval_mode = "prompt"\n';
  await wharf.run([...connect, '--approve', 'all']);
  writeFileSync(config, readFileSync(config, 'utf8') + own);
  const { stderr } = await wharf.run([...connect, '--approve', 'prompt']);
  assert.match(stderr, /go on running without asking, by lines of their own .*: drop_table\.\n/);
  assert.ok(readFileSync(config, 'utf8').endsWith(own));
  const all = await wharf.run([...connect, '--approve', 'all']);
  assert.doesNotMatch(all.stderr, /drop_table/);
});

const onTerminal = spawnSync('script', ['--version']).status === 0 ? {} : { skip: 'there is no script(1) for a terminal' };

/** Types an answer at a terminal when the question is shown. */
async function answered(t: TestContext, answer: string): Promise<string> {
  const command = [process.execPath, join(wharf.dist, 'wharf.cjs'), ...connect].join(' ');
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: wharf.project,
    env: { PATH: process.env['PATH'] ?? '', HOME: wharf.home, TERM: 'xterm' },
  });
  t.after(() => child.kill('SIGKILL'));
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  await until(() => shown.includes('[read-only]'), { what: 'the question' });
  child.stdin.write(answer);
  await new Promise((resolve) => child.once('close', resolve));
  return shown;
}

test('on a terminal it asks once, and approves everything only by the whole word', onTerminal, async (t) => {
  for (const [answer, written] of [
    ['\r', 'writes'],
    ['prompt\r', 'prompt'],
    ['a\r', 'writes'],
    ['yes\r', 'writes'],
    ['all\r', 'approve'],
    ['\u0004', 'writes'],
  ] as const) {
    const shown = await answered(t, answer);
    assert.equal(mode(), written, shown);
    assert.equal(shown.split('Which tools may Codex call').length, 2, shown);
  }
});
