import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { before, test, type TestContext } from 'node:test';

import { parse } from 'yaml';

import { docker } from '../support/dockerLane.ts';
import { gatewayImage } from '../support/gatewayContainer.ts';
import { buildSampleImages, sampleTags } from '../support/images.ts';
import { startMockModel, toolOutput } from '../support/mockModel.ts';
import { root } from '../support/sharedData.ts';
import { codexBinary } from '../support/tools.mjs';
import { makeHome } from '../support/wharfHome.ts';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Workflow {
  readonly jobs: { readonly codex: { readonly env: Readonly<Record<string, string>>; readonly steps: readonly Step[] } };
}

const profileText = `version: 1\nname: CI\nservers:\n  - image: ${sampleTags.everything}\n    wharf: { network: none }\n`;

before(async () => {
  await Promise.all([gatewayImage(), buildSampleImages(docker)]);
});

/** A port that was free a moment ago: the workflow names its port itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A runner as GitHub has it, as far as the workflow's steps need one. */
class Runner {
  readonly env: Record<string, string>;
  private readonly cwd: string;
  private readonly envFile: string;
  private readonly expressions: Readonly<Record<string, string>>;

  constructor(cwd: string, envFile: string, env: Record<string, string>, expressions: Readonly<Record<string, string>>) {
    this.cwd = cwd;
    this.envFile = envFile;
    this.env = env;
    this.expressions = expressions;
  }

  /** Replaces `${{ … }}`; one that the test does not know is a mistake of the workflow. */
  evaluate(values: Readonly<Record<string, unknown>>): Record<string, string> {
    const evaluated = (text: string): string =>
      text.replace(/\$\{\{\s*(\S+)\s*\}\}/g, (_, expression: string) => {
        assert.ok(Object.hasOwn(this.expressions, expression), `the workflow uses ${expression}`);
        return this.expressions[expression] ?? '';
      });
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, evaluated(String(value))]));
  }

  /** Runs a step's script as a runner does: `bash -e FILE`, with the variables that earlier steps left. */
  async run(step: Step): Promise<{ readonly code: number; readonly output: string }> {
    const added = await readFile(this.envFile, 'utf8').catch(() => '');
    const kept = Object.fromEntries([...added.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]));
    const script = `${this.envFile}.sh`;
    await writeFile(script, step.run ?? '');
    const env = { ...this.env, ...kept, ...this.evaluate(step.env ?? {}), GITHUB_ENV: this.envFile };
    return new Promise((resolve) => {
      const child = execFile('bash', ['-e', script], { cwd: this.cwd, env, timeout: 120_000 }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, output: `${stdout}${stderr}` });
      });
      child.stdin?.end();
    });
  }
}

async function removeContainer(name: string): Promise<void> {
  await docker
    .getContainer(name)
    .remove({ force: true })
    .catch(() => undefined);
}

/** The workflow with a name and a port of the test's own, on a runner whose Codex asks the model at `modelUrl`. */
async function prepare(
  t: TestContext,
  modelUrl: string,
): Promise<{ readonly runner: Runner; readonly steps: readonly Step[]; readonly name: string }> {
  const name = `wharf-workflow-${randomUUID().slice(0, 8)}`;
  t.after(() => removeContainer(name));
  const text = (await readFile(join(root, 'docs', 'ci', 'codex.yml'), 'utf8')).replaceAll('wharf-gateway', name);
  const { env, steps } = (parse(text) as Workflow).jobs.codex;

  const home = await makeHome(t);
  await home.writeProfile('ci', profileText);
  const bin = join(home.home, 'bin');
  const codexHome = join(home.home, '.codex');
  await Promise.all([mkdir(bin), mkdir(codexHome)]);
  await symlink(await codexBinary(), join(bin, 'codex'));
  await writeFile(
    join(codexHome, 'config.toml'),
    `model = "gpt-5.5"\nmodel_provider = "mock"\ncheck_for_update_on_startup = false\n\n[model_providers.mock]\nname = "mock"\nbase_url = "${modelUrl}"\nwire_api = "responses"\n\n[projects.${JSON.stringify(home.project)}]\ntrust_level = "trusted"\n`,
  );
  const runner = new Runner(
    home.project,
    join(home.home, 'github.env'),
    {},
    {
      'vars.WHARF_IMAGE': (await gatewayImage()).tag,
      'secrets.OPENAI_API_KEY': 'unused',
      'inputs.prompt': 'Please call the tool.',
    },
  );
  const dockerHost = process.env['DOCKER_HOST'];
  Object.assign(runner.env, runner.evaluate(env), {
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    HOME: home.home,
    GATEWAY_PORT: String(await freePort()),
    ...(dockerHost === undefined ? {} : { DOCKER_HOST: dockerHost }),
  });
  return { runner, steps, name };
}

test('the steps of docs/ci/codex.yml run as they stand: Codex calls a tool of a server behind the gateway', async (t) => {
  const namespace = 'mcp__MCP_DOCKER';
  const model = await startMockModel([
    { call: { name: 'echo', namespace, arguments: { message: 'as documented' } } },
    { text: 'The tool answered.' },
  ]);
  t.after(() => model.close());
  const { runner, steps, name } = await prepare(t, model.url);
  // The test's machine has the checkout, and Codex, already. Git is not needed here.
  const scripts = steps.filter(({ run }) => run !== undefined && !run.startsWith('npm install'));
  assert.deepEqual(
    scripts.map((step) => step.name),
    ['Start the gateway', 'Wait for the gateway', 'Point Codex at the gateway', 'Run Codex', 'Stop the gateway'],
  );
  for (const step of scripts) {
    const script = step.name === 'Run Codex' ? (step.run ?? '').replace('codex exec', 'codex exec --skip-git-repo-check') : step.run;
    const ended = await runner.run({ ...step, run: script ?? '' });
    assert.equal(ended.code, 0, `${step.name ?? ''}:\n${ended.output}`);
    if (step.name === 'Run Codex') {
      assert.match(ended.output, /The tool answered\./);
      assert.match(toolOutput(model) ?? '', /Echo: as documented/);
    }
  }
  await assert.rejects(docker.getContainer(name).inspect(), 'the last step removes the container');
});

test('the lines that docs/ci says do not work do not', async (t) => {
  const model = await startMockModel([]);
  t.after(() => model.close());
  const { runner } = await prepare(t, model.url);
  const config = await runner.run({ run: 'codex exec --skip-git-repo-check --config .codex/ci-config.toml hello' });
  assert.equal(config.code, 1);
  assert.match(config.output, /Invalid override \(missing '='\)/);
  const options = await runner.run({ run: 'docker create --profile ci "$WHARF_IMAGE"' });
  assert.notEqual(options.code, 0);
  assert.match(options.output, /unknown flag: --profile/);
});
