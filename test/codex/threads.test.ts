import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { runCodex } from '../support/codex.ts';
import { startCodexAppServer } from '../support/codexAppServer.ts';
import { probeImage } from '../support/dockerLane.ts';
import { sampleTags } from '../support/images.ts';
import { containersOf, makeHome } from '../support/wharfHome.ts';

const namespace = 'mcp__MCP_DOCKER';

before(probeImage);

function probes(count: number, more: string): string {
  const servers = Array.from({ length: count }, (_, index) => `  - image: ${sampleTags.probe}\n    name: probe${index}\n${more}`);
  return `version: 1\nwharf: { toolNames: prefix }\nservers:\n${servers.join('')}`;
}

test('20 threads of the real Codex with 5 servers share 5 containers, and each gets its own answers', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probes(5, '    wharf: { network: none, share: user }\n'));
  const connected = await home.wharf(['client', 'connect', 'codex', '--no-discover', '--profile', 'dev', '--approve', 'all']);
  assert.equal(connected.code, 0, connected.stderr);
  const codex = await startCodexAppServer(t, { cwd: home.project, home: home.home });
  const threads = await Promise.all(Array.from({ length: 20 }, () => codex.startThread(home.project)));
  const answers = await Promise.all(
    threads.flatMap((thread, of) =>
      Array.from({ length: 5 }, async (_, server) => {
        const text = `thread ${of} to server ${server}`;
        const result = await codex.callTool(thread, 'MCP_DOCKER', `probe${server}_echo`, { text });
        return [(result as { content?: readonly { text?: string }[] }).content?.[0]?.text, `echo: ${text}`];
      }),
    ),
  );
  answers.forEach(([got, wanted]) => assert.equal(got, wanted));
  const { pid, sessions } = await home.status();
  assert.equal(sessions.length, 20);
  assert.equal((await containersOf(pid)).length, 5);
});

test('the tool of a server that needs 6 seconds to start is there in the first thread, with nothing known before', async (t) => {
  const home = await makeHome(t);
  const command = '    snapshot: { server: { command: ["--slow-start=6000"] } }\n    wharf: { network: none }\n';
  await home.addProfile('dev', probes(1, command));
  const connected = await home.wharf(['client', 'connect', 'codex', '--no-discover', '--profile', 'dev', '--approve', 'all']);
  assert.equal(connected.code, 0, connected.stderr);
  const run = await runCodex({
    cwd: home.project,
    home: home.home,
    graceMs: null,
    plan: [
      // Codex asks the model after a second; a real one takes some more for its first answer.
      { search: { query: 'echo a text' }, afterMs: 9_000 },
      { call: { name: 'probe0_echo', namespace, arguments: { text: 'in the first thread' } } },
      { text: 'done' },
    ],
  });
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(
    run.toolCalls.map(({ tool, status, result }) => [tool, status, result?.content[0]?.text]),
    [['probe0_echo', 'completed', 'echo: in the first thread']],
  );
});

test('the second thread of Codex has the tools before any container runs', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probes(1, '    wharf: { network: none }\n'));
  const connected = await home.wharf(['client', 'connect', 'codex', '--no-discover', '--profile', 'dev', '--approve', 'all']);
  assert.equal(connected.code, 0, connected.stderr);
  const plan = [{ search: { query: 'echo a text' } }, { text: 'done' }];
  await runCodex({ cwd: home.project, home: home.home, plan });
  const started = (await home.log()).match(/is ready in/g)?.length;
  // Codex's own second is enough now, and so is a model that answers at once.
  const run = await runCodex({ cwd: home.project, home: home.home, plan, graceMs: null });
  assert.match(JSON.stringify(run.requests[1]?.body.input), /"name":"probe0_echo"/);
  assert.equal((await home.log()).match(/is ready in/g)?.length, started);
});
