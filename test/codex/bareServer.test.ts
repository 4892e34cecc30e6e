import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { runCodex } from '../support/codex.ts';
import { toolOutput } from '../support/mockModel.ts';
import { root } from '../support/sharedData.ts';

const probe = join(root, 'test', 'support', 'servers', 'probe.mjs');

/** A trusted project with the probe as its one server, and an empty home. Outside the temporary folder, which Codex warns about. */
async function project(
  t: TestContext,
  serverArgs: readonly string[] = [],
  more = '',
): Promise<{ readonly cwd: string; readonly home: string }> {
  const base = join(root, '.wharf-test');
  await mkdir(base, { recursive: true });
  const folder = await mkdtemp(join(base, 'codex-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const cwd = join(folder, 'project');
  const home = join(folder, 'home');
  await mkdir(join(cwd, '.codex'), { recursive: true });
  const args = JSON.stringify([probe, ...serverArgs]);
  await writeFile(
    join(cwd, '.codex', 'config.toml'),
    `[mcp_servers.probe]\ncommand = ${JSON.stringify(process.execPath)}\nargs = ${args}\n${more}`,
  );
  return { cwd, home };
}

test('Codex lists the tools of a bare server, calls one, and the model gets its result', async (t) => {
  const { cwd, home } = await project(t);
  const run = await runCodex({
    cwd,
    home,
    plan: [
      { search: { query: 'echo' } },
      { call: { name: 'echo', namespace: 'mcp__probe', arguments: { text: 'hello' } } },
      { text: 'The tool said hello.' },
    ],
  });
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(
    run.toolCalls.map(({ server, tool, status, error, result }) => ({ server, tool, status, error, text: result?.content[0]?.text })),
    [{ server: 'probe', tool: 'echo', status: 'completed', error: null, text: 'echo: hello' }],
  );
  const found = run.requests[1]?.body.input.find((input) => input.type === 'tool_search_output')?.tools;
  assert.equal(found?.[0]?.name, 'mcp__probe');
  assert.ok(found[0].tools?.some((tool) => tool.name === 'echo'));
  assert.match(toolOutput(run) ?? '', /echo: hello$/);
  assert.equal(run.requests.length, 3);
  assert.equal(run.events.find(({ item }) => item?.type === 'agent_message')?.item?.text, 'The tool said hello.');
});

test('A model that Codex does not know gets the tools directly', async (t) => {
  const { cwd, home } = await project(t);
  const run = await runCodex({ cwd, home, model: 'mock-model', plan: [{ text: 'done' }] });
  const tools = run.requests[0]?.body.tools?.find((tool) => tool.name === 'mcp__probe')?.tools ?? [];
  assert.ok(tools.length >= 9, run.stderr);
});

test('Codex gives a server only the variables that it names, and the home of the run', async (t) => {
  const { cwd, home } = await project(t);
  const run = await runCodex({
    cwd,
    home,
    env: { DOCKER_HOST: 'unix:///nowhere.sock', XDG_RUNTIME_DIR: '/nowhere' },
    plan: [{ call: { name: 'environment', namespace: 'mcp__probe', arguments: {} } }],
  });
  const seen = JSON.parse(run.toolCalls[0]?.result?.content[0]?.text ?? '') as { env: Record<string, string>; cwd: string };
  assert.equal(seen.env['HOME'], home);
  assert.equal(seen.cwd, cwd);
  assert.deepEqual(
    Object.keys(seen.env).filter((name) => /^(DOCKER_HOST|XDG_.*|CODEX_HOME)$/.test(name)),
    [],
  );
});

test('A tool that changes things is refused under exec until its approval is configured', async (t) => {
  const call = (path: string) => ({ call: { name: 'write_file', namespace: 'mcp__probe', arguments: { path, text: 'written' } } });
  const refused = await project(t);
  const target = join(refused.cwd, 'out.txt');
  const first = await runCodex({ ...refused, plan: [call(target)] });
  assert.match(first.toolCalls[0]?.error?.message ?? '', /requires approval/);
  const approved = await project(t, [], 'default_tools_approval_mode = "approve"\n');
  const second = await runCodex({ ...approved, plan: [call(target)] });
  assert.equal(second.toolCalls[0]?.status, 'completed');
  assert.equal(await readFile(target, 'utf8'), 'written');
});

test('A run that hangs is killed as a whole and its events so far are kept', async (t) => {
  const { cwd, home } = await project(t, ['--misbehave=hang'], 'required = true\nstartup_timeout_sec = 600\n');
  const run = await runCodex({ cwd, home, plan: [], timeoutMs: 3_000 });
  assert.equal(run.timedOut, true);
  assert.equal(run.code, null);
  assert.deepEqual(run.requests, []);
});
