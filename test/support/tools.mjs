// The heavy programs that test lanes drive: Codex, a VS Code server, MCP servers from npm. They are locked in test/tools and installed
// in a cache outside the checkout. Plain JavaScript, because it also runs on Node 20 before anything is installed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = join(import.meta.dirname, '..', '..');
const locked = join(root, 'test', 'tools');
const node24 = join(root, 'node_modules', 'node', 'bin');

// Compiled here because npm carries no binary of them. All are Node-API modules, so any Node's headers do.
const compiled = [['@vscode/sqlite3'], ['@vscode/spdlog', '@vscode/native-watchdog', 'node-pty']];
const mustLoad = [...compiled.flat(), '@parcel/watcher'];

/** @param {string} line */
function say(line) {
  console.error(`tools: ${line}`);
}

/** Where the tools of this lock file are, or will be. */
export async function toolsCacheFolder() {
  const lock = await readFile(join(locked, 'package-lock.json'));
  const parent = process.env['WHARF_TEST_TOOLS'] || join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'wharf');
  return join(parent, `tools-${createHash('sha256').update(lock).digest('hex').slice(0, 12)}`);
}

/** Include folder's parent for node-gyp: the first Node on the path that brings its headers. Without one node-gyp downloads them. */
function headersFolder() {
  const prefixes = (process.env['PATH'] ?? '').split(delimiter).map((folder) => dirname(folder));
  return prefixes.find((prefix) => existsSync(join(prefix, 'include', 'node', 'node_api.h')));
}

/**
 * The caller's environment without what an outer `npm run` put there, with Node 24 first on the path where it is installed.
 * @param {Record<string, string>} [more]
 */
function npmEnvironment(more = {}) {
  const own = Object.entries(process.env).filter(
    ([key]) => !/^npm_(package_|lifecycle_|command$|config_(local_prefix|global_prefix|prefix|node_gyp|noproxy)$)|^INIT_CWD$/.test(key),
  );
  return { ...Object.fromEntries(own), PATH: `${node24}${delimiter}${process.env['PATH'] ?? ''}`, ...more };
}

/**
 * Runs a program to its end. Its output is shown only when it fails.
 * @param {string} command @param {readonly string[]} args @param {string} cwd @param {Record<string, string | undefined>} env
 * @returns {Promise<void>}
 */
function run(command, args, cwd, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    /** @type {Buffer[]} */
    const output = [];
    child.stdout.on('data', (bytes) => output.push(bytes));
    child.stderr.on('data', (bytes) => output.push(bytes));
    child.on('error', (error) => reject(new Error(`Could not run ${command}: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) {
        resolve();
      } else {
        const text = Buffer.concat(output).toString().trim().split('\n').slice(-40).join('\n');
        reject(new Error(`${command} ${args.join(' ')} ended with ${signal ?? code} in ${cwd}:\n${text}`));
      }
    });
  });
}

/** @param {string} what @param {() => Promise<void>} work */
async function step(what, work) {
  const from = Date.now();
  say(`${what} …`);
  await work();
  say(`${what}: done in ${((Date.now() - from) / 1000).toFixed(1)} s`);
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Runs `build` unless `target` exists, in one process of this machine at a time. `build` gets an empty folder beside
 * the target and gives what of it becomes the target; half-built folders of dead processes are removed.
 * @param {string} target @param {string} partialPrefix @param {(partial: string) => Promise<string>} build
 */
async function buildOnce(target, partialPrefix, build) {
  if (existsSync(target)) {
    return;
  }
  await mkdir(dirname(partialPrefix), { recursive: true });
  const release = await takeLock(`${partialPrefix}.lock`);
  try {
    if (existsSync(target)) {
      return;
    }
    await removeLeftovers(`${partialPrefix}.partial-`);
    const partial = `${partialPrefix}.partial-${process.pid}`;
    await mkdir(partial);
    const complete = await build(partial);
    await rename(complete, target).catch((error) => {
      // Two processes can both take over the lock of a dead one; then the first to finish wins.
      if (!existsSync(target)) {
        throw error;
      }
    });
    await rm(partial, { recursive: true, force: true });
  } finally {
    await release();
  }
}

/** What dead processes left half built. An npm of theirs may still be writing; then it stays for the next time. @param {string} prefix */
async function removeLeftovers(prefix) {
  for (const name of await readdir(dirname(prefix))) {
    const path = join(dirname(prefix), name);
    if (path.startsWith(prefix) && !isAlive(Number(path.slice(prefix.length)))) {
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

/** Waits for the lock file; one left by a dead process is removed. @param {string} path */
async function takeLock(path) {
  for (let told = false; ;) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
        throw error;
      }
    }
    const owner = Number(await readFile(path, 'utf8').catch(() => ''));
    if (owner > 0 && !isAlive(owner)) {
      await rm(path, { force: true });
    } else {
      if (!told) {
        say(`another process (${owner}) is installing; waiting for it`);
        told = true;
      }
      await pause(250);
    }
  }
}

/** @param {string} target */
async function installPackages(target) {
  await buildOnce(target, target, async (partial) => {
    for (const name of ['package.json', 'package-lock.json', '.npmrc']) {
      await copyFile(join(locked, name), join(partial, name));
    }
    await step(`installing test/tools in ${target}`, () => run('npm', ['ci', '--ignore-scripts'], partial, npmEnvironment()));
    return partial;
  });
}

/** The dependencies of code-server's VS Code, which its own postinstall would fetch. @param {string} vscode */
async function installVscodeDependencies(vscode) {
  // Built elsewhere and moved in, so that lib/vscode/node_modules is there whole or not at all.
  const prefix = join(vscode, '..', 'vscode-modules');
  await buildOnce(join(vscode, 'node_modules'), prefix, async (partial) => {
    const manifest = JSON.parse(await readFile(join(vscode, 'package.json'), 'utf8'));
    manifest.allowScripts = Object.fromEntries(compiled.flat().map((name) => [name, true]));
    await writeFile(join(partial, 'package.json'), JSON.stringify(manifest));
    await copyFile(join(vscode, 'npm-shrinkwrap.json'), join(partial, 'npm-shrinkwrap.json'));
    // `npm ci` refuses this shrinkwrap: it lacks a package that the manifest's overrides bring in.
    await step('installing what the VS Code server needs', () =>
      run('npm', ['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], partial, npmEnvironment()),
    );
    const headers = headersFolder();
    const env = npmEnvironment({ CFLAGS: '-O0', CXXFLAGS: '-O0', ...(headers === undefined ? {} : { npm_config_nodedir: headers }) });
    await step('compiling its native modules', async () => {
      await Promise.all(compiled.map((names) => run('npm', ['rebuild', ...names], partial, env)));
      for (const name of mustLoad) {
        await run('node', ['-e', `require(${JSON.stringify(name)})`], partial, npmEnvironment());
      }
    });
    return join(partial, 'node_modules');
  });
}

/** @type {Promise<string> | undefined} */
let packages;
/** @type {Promise<string> | undefined} */
let vscodeMain;

/** The folder whose node_modules holds the locked packages; installed first when it is not there. */
export function toolsFolder() {
  packages ??= toolsCacheFolder().then(async (target) => {
    await installPackages(target);
    return target;
  });
  return packages;
}

/** The folder of one installed package. @param {string} name */
export async function serverPackage(name) {
  const folder = join(await toolsFolder(), 'node_modules', name);
  if (!existsSync(folder)) {
    throw new Error(`${name} is not among the packages of test/tools/package.json.`);
  }
  return folder;
}

/** The native Codex program itself, without its Node launcher. */
export async function codexBinary() {
  const vendor = join(await serverPackage(`@openai/codex-${process.platform}-${process.arch}`), 'vendor');
  const [triple] = await readdir(vendor);
  return join(vendor, triple ?? '', 'bin', process.platform === 'win32' ? 'codex.exe' : 'codex');
}

/** The script that starts the VS Code server, with all that it needs beside it. Run it with Node 24. */
export function codeServerMain() {
  vscodeMain ??= serverPackage('code-server').then(async (folder) => {
    const vscode = join(folder, 'lib', 'vscode');
    await installVscodeDependencies(vscode);
    return join(vscode, 'out', 'server-main.js');
  });
  return vscodeMain;
}

/** Installs everything that is missing. Gives the tools folder. */
export async function installTools() {
  await codeServerMain();
  return toolsFolder();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const from = Date.now();
  console.log(await installTools());
  say(`ready after ${((Date.now() - from) / 1000).toFixed(1)} s`);
}
