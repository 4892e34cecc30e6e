// Runs the test lanes under Node 24: `node scripts/lanes.mjs [lane …]`, all of them without a name.
import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { need } from './needs.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number, failures?: readonly string[] }} Counts */
/** @typedef {{ name: string, needs?: readonly string[], fromSource?: boolean }} Lane */
/** @typedef {{ code: number | null, output: string }} Ended */

const root = join(import.meta.dirname, '..');
const ci = process.env['CI'] !== undefined && process.env['CI'] !== '' && process.env['CI'] !== 'false';

// The two rows run side by side, the lanes of a row one after the other: what starts containers is in the second. On two cores a
// third row makes the whole slower. A lane that reads the sources alone runs also when the build failed. A lane leaves out what is a
// lane of its own in a folder of it.
/** @type {readonly (readonly Lane[])[]} */
const rows = [
  [
    { name: 'static', fromSource: true },
    { name: 'unit', fromSource: true },
    { name: 'languageServer', fromSource: true },
    { name: 'architecture' },
    { name: 'gateway' },
    { name: 'vault', needs: ['keyring'] },
    { name: 'conformance', needs: ['codex'] },
    { name: 'webview', needs: ['chromium'] },
  ],
  [
    { name: 'docker', needs: ['images', 'codex'] },
    { name: 'docker/egress', needs: ['images'] },
    { name: 'codex', needs: ['codex', 'images'] },
    { name: 'host', needs: ['vscode', 'codex', 'chromium', 'images'] },
  ],
];

const testTimeoutMs = 180_000;
/** A test file that leaves something open does not end by itself: its lane is ended, and has failed. */
const laneTimeoutMs = 25 * 60_000;
const bin = join(root, 'node_modules', '.bin');
const checks = [
  { name: 'types', command: join(bin, 'tsc'), args: ['-b'] },
  { name: 'lint', command: join(bin, 'oxlint'), args: ['--type-aware', '--max-warnings=0'] },
  { name: 'unused', command: join(bin, 'knip'), args: [] },
  { name: 'format', command: join(bin, 'prettier'), args: ['--check', '.'] },
];

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** @param {string} command @param {readonly string[]} args @returns {Promise<Ended>} */
function run(command, args) {
  return new Promise((resolve) => {
    const env = { ...process.env, WHARF_DIST: join(root, 'dist'), ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}) };
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    /** @type {Buffer[]} */
    const output = [];
    child.stdout.on('data', (bytes) => output.push(bytes));
    child.stderr.on('data', (bytes) => output.push(bytes));
    const limit = setTimeout(() => {
      output.push(Buffer.from(`\nIt did not end within ${laneTimeoutMs / 60_000} minutes, and was ended.\n`));
      child.kill('SIGTERM');
    }, laneTimeoutMs);
    /** @param {number | null} code @param {string} more */
    const end = (code, more) => {
      clearTimeout(limit);
      running.delete(child);
      resolve({ code, output: Buffer.concat(output).toString() + more });
    };
    child.on('error', (error) => end(null, `${command}: ${error.message}\n`));
    child.on('close', (code) => end(code, ''));
  });
}

/** @param {string} name @param {number} from @param {Counts} counts @param {string} output */
function report(name, from, counts, output) {
  const { passed, failed, skipped } = counts;
  const seconds = ((Date.now() - from) / 1000).toFixed(1);
  console.log(`\n── ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s`);
  if (output.trim() !== '') {
    console.log(output.trimEnd());
  }
}

/** A lane that cannot run is never passed: skipped, and in CI failed. @param {string} name @param {string} reason @returns {Counts} */
function notRun(name, reason) {
  const files = testFiles(name).length;
  const counts = ci ? { passed: 0, failed: files, skipped: 0 } : { passed: 0, failed: 0, skipped: files };
  console.log(`\n── ${name}: not run, because ${reason}. Its ${files} test files count as ${ci ? 'failed (CI is set)' : 'skipped'}.`);
  return counts;
}

/** @param {string} lane */
function testFiles(lane) {
  const inside = rows.flat().filter(({ name }) => name.startsWith(`${lane}/`));
  return globSync(`test/${lane}/**/*.test.ts`, { cwd: root, exclude: inside.map(({ name }) => `test/${name}/**`) });
}

/** Type check and lint, each counted as a test. @returns {Promise<Counts>} */
async function runStatic() {
  const from = Date.now();
  const counts = { passed: 0, failed: 0, skipped: 0, failures: /** @type {string[]} */ ([]) };
  let output = '';
  for (const check of checks) {
    const ended = await run(check.command, check.args);
    counts[ended.code === 0 ? 'passed' : 'failed'] += 1;
    counts.failures.push(...(ended.code === 0 ? [] : [`static: ${check.name}`]));
    output += `${ended.code === 0 ? '✔' : '✖'} ${check.name}\n${ended.code === 0 ? '' : ended.output}`;
  }
  report('static', from, counts, output);
  return counts;
}

/** @param {Lane} lane @param {boolean} isBuilt @returns {Promise<Counts>} */
async function runLane(lane, isBuilt) {
  if (lane.name === 'static') {
    return runStatic();
  }
  const files = testFiles(lane.name);
  if (files.length === 0) {
    return { passed: 0, failed: 0, skipped: 0 };
  }
  if (!isBuilt && lane.fromSource !== true) {
    return notRun(lane.name, 'the build failed');
  }
  const missing = (await Promise.all((lane.needs ?? []).map(need))).find((reason) => reason !== undefined);
  if (missing !== undefined) {
    return notRun(lane.name, missing);
  }
  const from = Date.now();
  const folder = mkdtempSync(join(tmpdir(), 'wharf-lane-'));
  try {
    const countsFile = join(folder, 'counts.json');
    const reporters = ['spec', 'stdout', join(import.meta.dirname, 'reporter.mjs'), countsFile];
    const args = ['--test', `--test-timeout=${testTimeoutMs}`];
    reporters.forEach((value, index) => args.push(`--test-reporter${index % 2 === 0 ? '' : '-destination'}=${value}`));
    const ended = await run(process.execPath, [...args, ...files]);
    const counts = readCounts(lane.name, countsFile, ended);
    report(lane.name, from, counts, ended.output);
    return counts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A run that ended badly without a failed test still counts as one failure. @param {string} lane @param {string} file @param {Ended} ended @returns {Counts} */
function readCounts(lane, file, ended) {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  /** @type {Counts} */
  const counts = text === '' ? { passed: 0, failed: 0, skipped: 0 } : JSON.parse(text);
  const failures = (counts.failures ?? []).map((name) => `${lane}: ${name}`);
  return ended.code !== 0 && counts.failed === 0
    ? { ...counts, failed: 1, failures: [...failures, `${lane}: the run itself ended with ${ended.code}`] }
    : { ...counts, failures };
}

/** @param {readonly Lane[]} row @param {boolean} isBuilt @returns {Promise<Counts[]>} */
async function runRow(row, isBuilt) {
  const counts = [];
  for (const lane of row) {
    counts.push(await runLane(lane, isBuilt));
  }
  return counts;
}

/** @param {readonly string[]} names @returns {Promise<Counts[]>} */
async function runAll(names) {
  const selected = rows.map((row) => row.filter(({ name }) => names.length === 0 || names.includes(name)));
  const from = Date.now();
  const built = await run(process.execPath, ['esbuild.mjs']);
  const isBuilt = built.code === 0;
  const counts = { passed: isBuilt ? 1 : 0, failed: isBuilt ? 0 : 1, skipped: 0 };
  report('build', from, counts, built.output);
  return [counts, ...(await Promise.all(selected.map((row) => runRow(row, isBuilt)))).flat()];
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    running.forEach((child) => child.kill('SIGTERM'));
    process.exit(1);
  });
}

const known = rows.flat().map(({ name }) => name);
const names = process.argv.slice(2).flatMap((argument) => (argument === '--only' ? [] : argument.replace(/^--only=/, '').split(',')));
const unknown = names.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no lane ${unknown.join(', ')}; the lanes are ${known.join(', ')}.`);
  process.exitCode = 2;
} else {
  const all = await runAll(names);
  const sum = all.reduce((total, counts) => ({
    passed: total.passed + counts.passed,
    failed: total.failed + counts.failed,
    skipped: total.skipped + counts.skipped,
  }));
  const failures = all.flatMap((counts) => counts.failures ?? []);
  console.log(failures.length === 0 ? '' : `\nWhat failed:\n${failures.map((name) => `  ${name}`).join('\n')}`);
  console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
  process.exitCode = sum.failed === 0 ? 0 : 1;
}
