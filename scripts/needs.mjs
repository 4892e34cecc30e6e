// What lanes need of the machine. Each gives undefined when it is there, else the reason why not, as half a sentence.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const support = join(import.meta.dirname, '..', 'test', 'support');

/** @param {unknown} error */
function reasonOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {string} program */
function isOnPath(program) {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

/** @type {Record<string, () => Promise<string | undefined>>} */
const checks = {
  async docker() {
    const { default: Docker } = await import('dockerode');
    const docker = new Docker({ timeout: 10_000 });
    return docker.ping().then(
      () => undefined,
      (error) => `no Docker engine answers (${reasonOf(error)})`,
    );
  },
  async images() {
    const noDocker = await need('docker');
    if (noDocker !== undefined) {
      return noDocker;
    }
    return run(process.execPath, [join(support, 'images.ts')]).then(
      () => undefined,
      (error) => `the sample images could not be built (${reasonOf(error)})`,
    );
  },
  async chromium() {
    return isOnPath('chromium') ? undefined : 'there is no chromium on the path';
  },
  async codex() {
    const { codexBinary } = await import(join(support, 'tools.mjs'));
    return codexBinary().then(
      () => undefined,
      (/** @type {unknown} */ error) => `Codex could not be installed (${reasonOf(error)})`,
    );
  },
  async keyring() {
    const programs = [
      'dbus-daemon',
      'dbus-send',
      'gnome-keyring-daemon',
      'docker-credential-secretservice',
      'docker-credential-pass',
      'pass',
      'gpg',
    ];
    const missing = programs.filter((name) => !isOnPath(name));
    return missing.length === 0 ? undefined : `there is no ${missing.join(', no ')} on the path`;
  },
  async vscode() {
    const { codeServerMain } = await import(join(support, 'tools.mjs'));
    return codeServerMain().then(
      () => undefined,
      (/** @type {unknown} */ error) => `the VS Code server could not be installed (${reasonOf(error)})`,
    );
  },
};

/** @type {Map<string, Promise<string | undefined>>} */
const asked = new Map();

/** Why `name` is missing, or undefined. Each is checked, and installed or built, once. @param {string} name */
export function need(name) {
  const check = checks[name];
  if (check === undefined) {
    throw new Error(`Unknown need: ${name}`);
  }
  const known = asked.get(name) ?? check();
  asked.set(name, known);
  return known;
}
