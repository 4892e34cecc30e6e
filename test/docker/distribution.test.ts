import assert from 'node:assert/strict';
import { before, test, type TestContext } from 'node:test';
import { containerLabels } from '../../src/core/container/labels.ts';
import { isSandboxRefusal, proposeRelaxation, relaxedValue } from '../../src/core/container/relaxation.ts';
import { containerSpec } from '../../src/core/container/spec.ts';
import { closedContainer, serverDefaults, strictIsolation, type ImageServer, type Isolation } from '../../src/core/profile/profile.ts';
import { DockerEngine } from '../../src/docker/engine.ts';
import { buildBrowserImage, buildNotesImage, distributionTags, whyNoDistribution } from '../support/distribution.ts';
import { containersOn, endpoint, removeAfter, testOwner } from '../support/dockerEngine.ts';
import { callServer, type ServerAnswer } from '../support/probeCalls.ts';

/** Elsewhere than in CI a machine without the means may leave these out. */
const why = process.env['CI'] === undefined ? whyNoDistribution() : undefined;
const skip = why ?? false;

before(async () => {
  if (why === undefined) {
    await buildNotesImage();
    await buildBrowserImage();
  }
});

interface Try {
  readonly image: string;
  readonly command?: readonly string[];
  readonly calls: readonly (readonly [tool: string, args: object])[];
}

const owner = testOwner();
const engine = new DockerEngine(endpoint, owner.machine, () => true);

/** Starts a server, calls its tools, and ends it. */
async function attempt(t: TestContext, { image, command = [], calls }: Try, isolation: Isolation): Promise<ServerAnswer> {
  const server: ImageServer = {
    ...serverDefaults,
    ...closedContainer,
    kind: 'image',
    name: 'it',
    image,
    command,
    isolation,
    tools: null,
    line: 1,
  };
  const started = await engine.start(containerSpec(server, containerLabels(owner, { profile: 'test', server: 'it' })));
  assert.ok(started.ok, started.ok ? '' : `${started.problem.message} ${started.problem.detail}`);
  removeAfter(t, started.value.id);
  try {
    return await callServer(started.value, calls);
  } finally {
    await started.value.stop();
  }
}

/** Gives a server what its failures propose, one thing at a time, until its calls are answered well. */
async function relaxed(t: TestContext, what: Try): Promise<{ readonly steps: readonly string[]; readonly answer: ServerAnswer }> {
  const steps: string[] = [];
  let isolation: Isolation = strictIsolation;
  for (;;) {
    const answer = await attempt(t, what, isolation);
    const proposal = answer.failure === null ? null : proposeRelaxation({ output: answer.failure, isolation });
    if (proposal === null) {
      return { steps, answer };
    }
    steps.push(`${proposal.setting}: ${proposal.value}`);
    assert.ok(steps.length < 10, steps.join('\n'));
    isolation = { ...isolation, [proposal.setting]: relaxedValue(isolation, proposal) };
  }
}

test(
  'an entrypoint that begins as root and leaves it gets root and three capabilities, one after the other, and nothing more',
  { skip },
  async (t) => {
    const { steps, answer } = await relaxed(t, { image: distributionTags.notes, calls: [['add_note', { text: 'first' }]] });
    assert.deepEqual(steps, ['tmpfs: /var/lib/notes', 'user: root', 'capAdd: CHOWN', 'capAdd: SETUID', 'capAdd: SETGID']);
    assert.equal(answer.failure, null);
    const { notes, uid } = JSON.parse(answer.texts[0] ?? '') as { notes: number; uid: number };
    assert.deepEqual([notes, uid], [1, 1500]);
  },
);

const page: Try['calls'] = [
  ['browser_navigate', { url: 'data:text/html,<h1>Wharf was here</h1>' }],
  ['browser_snapshot', {}],
];

test('a browser works in the strictest container, without a network', { skip }, async (t) => {
  const { steps, answer } = await relaxed(t, { image: distributionTags.browser, calls: page });
  assert.deepEqual([steps, answer.failure], [[], null]);
  assert.match(answer.texts[1] ?? '', /Wharf was here/);
});

test('a browser that keeps its profile elsewhere gets a folder in memory there', { skip }, async (t) => {
  const what = { image: distributionTags.browser, command: ['--user-data-dir=/data/profile'], calls: page };
  const { steps, answer } = await relaxed(t, what);
  assert.deepEqual([steps, answer.failure], [['tmpfs: /data'], null]);
  assert.match(answer.texts[1] ?? '', /Wharf was here/);
});

test('a browser that insists on a sandbox of its own gets no wider container', { skip }, async (t) => {
  const { steps, answer } = await relaxed(t, { image: distributionTags.browser, command: ['--sandbox'], calls: page });
  assert.deepEqual(steps, []);
  assert.ok(isSandboxRefusal(answer.failure ?? ''), answer.failure ?? 'it worked');
});

test('nothing of these servers is left', { skip }, async () => {
  assert.deepEqual(await containersOn(owner), []);
});
