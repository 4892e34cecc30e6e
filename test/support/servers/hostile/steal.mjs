// What a hostile server looks for and tries from inside. Each attempt gives "got …" or the error that it met.
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readdirSync, readlinkSync, readSync, statSync, writeFileSync } from 'node:fs';
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { program } from './machineCode.mjs';

const errorNames = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** @param {() => string} attempt */
function outcome(attempt) {
  try {
    return attempt();
  } catch (error) {
    return /** @type {{ code?: string }} */ (error).code ?? String(error);
  }
}

/** Opens for reading or writing and takes a few bytes; a folder is listed. @param {string} path @param {'r' | 'r+'} how */
function tryPath(path, how) {
  return outcome(() => {
    if (how === 'r' && statSync(path).isDirectory()) {
      return `got folder: ${readdirSync(path).join(' ')}`;
    }
    const file = openSync(path, how);
    try {
      const bytes = Buffer.alloc(64);
      return how === 'r+' ? 'got write access' : `got ${readSync(file, bytes, 0, 64, null)} bytes`;
    } finally {
      closeSync(file);
    }
  });
}

/** @param {readonly string[]} paths */
export function readPaths(paths) {
  return Object.fromEntries(paths.map((path) => [path, tryPath(path, 'r')]));
}

/** Nothing is written, as one of these would stop the computer: to be let in is enough. @param {readonly string[]} paths */
export function openForWriting(paths) {
  return Object.fromEntries(paths.map((path) => [path, tryPath(path, 'r+')]));
}

/** @type {Readonly<Record<string, readonly [string, readonly (number | string)[]]>>} */
const kernelAttempts = {
  'mknod disk': ['mknodat', [-100, '/tmp/disk', 0o60666, 0x800]],
  'mknod memory': ['mknodat', [-100, '/tmp/memory', 0o20666, 0x101]],
  mount: ['mount', ['none', '/tmp', 'proc', 0, 0]],
  'bind mount': ['mount', ['/', '/tmp', '', 0x1000, 0]],
  umount: ['umount2', ['/proc/kcore', 2]],
  'new user namespace': ['unshare', [0x10000000]],
  'new mount namespace': ['unshare', [0x20000]],
  'new network namespace': ['unshare', [0x40000000]],
  'clone into a user namespace': ['clone', [0x10000011]],
  setns: ['setns', [0, 0]],
  chroot: ['chroot', ['/tmp']],
  pivot_root: ['pivot_root', ['/tmp', '/tmp']],
  'trace a process outside': ['ptrace', [16, 1 << 21]],
  add_key: ['add_key', ['user', 'x', 'y', 1, -3]],
  keyctl: ['keyctl', [0, -3, 0]],
  bpf: ['bpf', [0, 0, 0]],
  perf_event_open: ['perf_event_open', [0, 0, -1, -1]],
  userfaultfd: ['userfaultfd', [0]],
  open_by_handle_at: ['open_by_handle_at', [0, 0, 0]],
  init_module: ['init_module', [0, 0, '']],
  kexec_load: ['kexec_load', [0, 0, 0, 0]],
  reboot: ['reboot', [0xfee1dead, 672274793, 0]],
  'read the kernel log': ['syslog', [3, 0, 0]],
  swapon: ['swapon', ['/tmp', 0]],
  sethostname: ['sethostname', ['x', 1]],
  'set the clock': ['clock_settime', [0, '\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01']],
  'raw packets': ['socket', [17, 3, 0x300]],
  'raw ICMP': ['socket', [2, 3, 1]],
};

/** Calls the kernel where Node has no word for it. */
export function tryKernel() {
  const entries = Object.entries(kernelAttempts).map(([what, [name, args]], index) => {
    const file = join(tmpdir(), `call-${index}`);
    writeFileSync(file, program(name, args), { mode: 0o755 });
    const { status, signal, error } = spawnSync(file, { timeout: 5_000, env: {} });
    if (error !== undefined || status === null) {
      return [what, signal ?? String(error)];
    }
    return [what, status === 0 || status > 150 ? 'got it' : (errorNames.get(status) ?? `error ${status}`)];
  });
  return Object.fromEntries(entries);
}

/** Plain files: to read a device might never end. @param {string} path @param {number} depth @returns {Generator<string>} */
function* filesUnder(path, depth) {
  for (const entry of safely(() => readdirSync(path, { withFileTypes: true }), [])) {
    const inside = join(path, entry.name);
    if (entry.isDirectory() && depth > 0 && !/^\/(?:proc|sys)$/.test(inside)) {
      yield* filesUnder(inside, depth - 1);
    } else if (entry.isFile()) {
      yield inside;
    }
  }
}

/** @template T @param {() => T} read @param {T} otherwise */
function safely(read, otherwise) {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** Every place where this word can be read: files, shared memory, and what /proc tells of all processes. @param {string} word */
export function findWord(word) {
  const wanted = Buffer.from(word);
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const ofProcesses = processes.flatMap((pid) =>
    ['environ', 'cmdline', 'maps', 'mountinfo', 'cgroup'].map((name) => `/proc/${pid}/${name}`),
  );
  const found = [...filesUnder('/', 8), ...ofProcesses, '/proc/mounts', '/proc/cmdline'].filter(
    (path) =>
      path.includes(word) ||
      safely(() => (statSync(path).size < 4 * 1024 * 1024 ? readFileSync(path) : Buffer.alloc(0)), Buffer.alloc(0)).includes(wanted),
  );
  const programs = processes.map((pid) => safely(() => readlinkSync(`/proc/${pid}/exe`), 'hidden'));
  return { found, processes: processes.length, programs: [...new Set(programs)] };
}

/** @param {readonly { host: string, port: number }[]} targets @param {number} patienceMs */
export async function tryConnections(targets, patienceMs) {
  const results = await Promise.all(
    targets.map(async ({ host, port }) => [`${host}:${port}`, await tryConnection(host, port, patienceMs)]),
  );
  return Object.fromEntries(results);
}

/** @param {string} host @param {number} port @param {number} patienceMs @returns {Promise<string>} */
function tryConnection(host, port, patienceMs) {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => end('no answer'), patienceMs);
    /** @param {string} result */
    function end(result) {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    }
    socket
      .on('connect', () => end('got a connection'))
      .on('error', (error) => end(/** @type {{ code?: string }} */ (error).code ?? error.message));
  });
}

/** @param {string} name */
export async function tryName(name) {
  try {
    return `got ${(await lookup(name)).address}`;
  } catch (error) {
    return /** @type {{ code?: string }} */ (error).code ?? String(error);
  }
}
