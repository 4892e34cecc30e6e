// Runs on Node 20 with nothing installed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const lockFile = join(root, 'package-lock.json');
const modules = join(root, 'node_modules');
const stamp = join(modules, '.wharf-installed');

/**
 * Installs what package-lock.json locks, when it is not installed already. Gives the path of the Node 24 among it,
 * under which everything else runs. Throws an Error with one sentence for a person.
 * @returns {Promise<string>}
 */
export async function ensureInstalled() {
  if (!existsSync(lockFile)) {
    throw new Error(`${lockFile} is missing, so nothing can be installed; restore it from the repository.`);
  }
  if (!isInstalled()) {
    console.error('Installing what package-lock.json locks …');
    await npmCi();
  }
  writeFileSync(stamp, lockHash());
  const node = ['node', 'node.exe'].map((name) => join(modules, 'node', 'bin', name)).find((path) => existsSync(path));
  if (node === undefined) {
    throw new Error(
      'node_modules has no Node 24: the install script of the package "node" did not run; delete node_modules and run `npm ci`.',
    );
  }
  return node;
}

function lockHash() {
  return createHash('sha256').update(readFileSync(lockFile)).digest('hex');
}

/** The stamp says which lock was installed; without one, npm's own record counts when it is newer than the lock. */
function isInstalled() {
  const record = join(modules, '.package-lock.json');
  if (!existsSync(record)) {
    return false;
  }
  return existsSync(stamp) ? readFileSync(stamp, 'utf8') === lockHash() : statSync(record).mtimeMs >= statSync(lockFile).mtimeMs;
}

/** @returns {Promise<void>} */
function npmCi() {
  // The npm that runs this script, else the one on the path. On Windows that one is a .cmd file, which needs a shell.
  const cli = process.env['npm_execpath'] ?? '';
  const [command, first] = cli.endsWith('npm-cli.js') ? [process.execPath, [cli]] : ['npm', []];
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, 'ci'], {
      cwd: root,
      stdio: 'inherit',
      shell: command === 'npm' && process.platform === 'win32',
    });
    child.on('error', (error) => reject(new Error(`npm could not be started (${error.message}); is it on the path?`)));
    child.on('close', (code) => {
      if (code === 0) {
        resolve();
      } else {
        reject(new Error(`\`npm ci\` ended with ${code}; its messages above say why.`));
      }
    });
  });
}
