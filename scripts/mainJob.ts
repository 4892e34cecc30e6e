// The main job, as `npm start` runs it: profile → gateway → a real tool call, with a window or without.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { buildAll } from '../esbuild.mjs';
import { version } from '../src/shared/version.ts';
import { chooseSample, writeSample, type Sample } from './sample.ts';

const root = join(import.meta.dirname, '..');
const wharf = join(root, 'dist', 'wharf.cjs');
let steps = 0;

function say(line: string): void {
  console.log(line);
}

function step(line: string): void {
  steps += 1;
  say(`${steps}. ${line}`);
}

/** Runs a program to its end and gives what it printed. Its errors go to the terminal. */
function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) {
        resolve(Buffer.concat(output).toString().trimEnd());
      } else {
        reject(new Error(`"${[command, ...args].join(' ')}" ended with ${code ?? 'a signal'}.`));
      }
    });
  });
}

async function headless(folder: string, sample: Sample): Promise<void> {
  // A home of its own: what is tried here leaves no trace in the user's state.
  const env = { ...process.env, WHARF_HOME: join(folder, '.wharf') };
  const command = (...args: readonly string[]): Promise<string> => run(process.execPath, [wharf, ...args], folder, env);
  try {
    step(`Allow the profile: ${await command('profile', 'allow', 'dev', '--yes')}`);
    step(`Connect Codex: ${await command('client', 'connect', 'codex', '--profile', 'dev', '--approve', 'all')}`);
    say(indent(await readFile(join(folder, '.codex', 'config.toml'), 'utf8')));
    const tools = await command('tools', 'ls', '--profile', 'dev');
    step(`The gateway lists ${tools.split('\n').length} tools:\n${indent(tools)}`);
    step(`Call the tool "${sample.tool}" with ${sample.args.join(' ')}. Its result:`);
    say(indent(await command('tools', 'call', sample.tool, ...sample.args, '--profile', 'dev')));
    step(`The gateway saw the call:\n${indent(await command('calls', 'ls'))}`);
  } finally {
    step(await command('daemon', 'stop'));
  }
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `     ${line}`)
    .join('\n');
}

/** Opens the workspace in the VS Code that is on the path. */
async function openDesktop(folder: string): Promise<void> {
  const child = spawn('code', ['--new-window', `--extensionDevelopmentPath=${root}`, folder], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  await once(child, 'close');
  step(`VS Code opens ${folder}. Look for the Wharf icon in the activity bar.`);
}

/** Serves the workspace in a browser through the VS Code server from npm, until it is interrupted. */
async function serveBrowser(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  step('There is no "code" on the path. Starting the VS Code server from npm (installed once, some minutes) …');
  const { startVscodeServer } = await import('../test/support/vscodeServer.ts');
  // Whoever reaches the page has a terminal: other users of this machine must not.
  const token = randomBytes(16).toString('hex');
  const server = await startVscodeServer({
    folder: join(folder, '.vscode-server'),
    trusted: true,
    driver: false,
    token,
    settings: {},
    env: Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    prepare: (extensions) => copyExtension(join(extensions, `wharf.wharf-${version}`)),
  });
  step(`Open http://${server.authority}/?tkn=${token}&folder=${encodeURIComponent(folder)} and look for the Wharf icon. Ctrl+C ends it.`);
  await new Promise<void>((resolve) => {
    process.on('SIGINT', () => resolve());
    process.on('SIGTERM', () => resolve());
  });
  await server.stop();
  await run(process.execPath, [wharf, 'daemon', 'stop'], folder, env);
  await rm(folder, { recursive: true, force: true });
}

async function copyExtension(target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const part of ['package.json', 'package.nls.json', 'dist', 'media', 'syntaxes', 'README.md', 'LICENSE']) {
    await cp(join(root, part), join(target, part), { recursive: true });
  }
}

async function hasProgram(name: string): Promise<boolean> {
  const { access, constants } = await import('node:fs/promises');
  const names = process.platform === 'win32' ? [`${name}.cmd`, `${name}.exe`] : [name];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = await Promise.all(
    folders.flatMap((folder) =>
      names.map((file) =>
        access(join(folder, file), constants.X_OK).then(
          () => true,
          () => false,
        ),
      ),
    ),
  );
  return found.includes(true);
}

async function main(): Promise<void> {
  step(`Build with Node ${process.versions.node}.`);
  await buildAll();
  const sample = await chooseSample(say);
  step(sample.ground);
  const folder = await mkdtemp(join(tmpdir(), 'wharf-sample-'));
  await writeSample(folder, sample);
  step(`The sample workspace is ${folder}, its profile .codex/profiles/dev.yaml:\n${indent(sample.profile)}`);
  if (process.argv.includes('--headless')) {
    try {
      await headless(folder, sample);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    say('Done.');
  } else if (await hasProgram('code')) {
    await openDesktop(folder);
  } else {
    await serveBrowser(folder, { ...process.env, WHARF_HOME: join(folder, '.wharf') });
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
