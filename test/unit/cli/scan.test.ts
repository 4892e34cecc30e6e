import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { test } from 'node:test';

import { allRules } from '../../../src/core/scan/rules/all.ts';
import { sharedData } from '../../support/sharedData.ts';
import { seeded } from '../../support/patternSamples.ts';
import { secretOf } from '../../support/secretSamples.ts';
import { readCorpus } from '../../support/secretCorpus.ts';
import { programOfFile } from './program.ts';

const program = programOfFile();

interface Report {
  readonly files: readonly { readonly path: string; readonly findings: readonly Readonly<Record<string, unknown>>[] }[];
}

const rule = allRules.find(({ id }) => id === 'linear-api-key');
const token = rule === undefined ? '' : secretOf(rule, seeded(9)).text;

test('scan finds every secret of the corpus where it is, and nothing in its clean texts', async (t) => {
  const path = sharedData(t, 'secret-corpus.json.gz');
  if (path === undefined) {
    return;
  }
  const corpus = readCorpus(path);
  corpus.forEach(({ file, text }) => writeFileSync(join(program().project, file), text));
  const { code, stdout, stderr } = await program().run(['scan', '--format', 'json', ...corpus.map(({ file }) => file)]);
  assert.equal(code, 1, stderr);
  const { files } = JSON.parse(stdout) as Report;
  assert.deepEqual(
    files.map(({ path, findings }) => ({ path, found: findings.map((finding) => [finding['rule'], finding['start'], finding['end']]) })),
    corpus.map(({ file, kind, start, end }) => ({ path: file, found: kind === null ? [] : [[kind, start, end]] })),
  );
  assert.deepEqual(Object.keys(files.find(({ findings }) => findings.length > 0)?.findings[0] ?? {}), ['rule', 'start', 'end', 'preview']);
  assert.ok(corpus.every(({ text, start, end }) => start === undefined || !stdout.includes(text.slice(start, end))));
  const clean = await program().run(['scan', ...corpus.filter(({ kind }) => kind === null).map(({ file }) => file)]);
  assert.deepEqual(clean, { code: 0, stdout: '', stderr: '' });
});

test('a finding is told with its place, also behind characters of several bytes, and in UTF-16', async () => {
  const text = `é😀\n  key: ${token}\n`;
  writeFileSync(join(program().project, 'a.txt'), text);
  writeFileSync(join(program().project, 'b.txt'), Buffer.from(`\ufeff${text}`, 'utf16le'));
  const told = await program().run(['scan', 'a.txt', 'b.txt']);
  assert.equal(told.code, 1);
  assert.equal(
    told.stdout,
    ['a.txt', 'b.txt'].map((path) => `${path}:2:8: Linear API key: lin_…(${token.length}) (linear-api-key)\n`).join(''),
  );
  const { files } = JSON.parse((await program().run(['scan', '--format', 'json', 'a.txt', 'b.txt'])).stdout) as Report;
  assert.deepEqual(
    files.map(({ findings }) => findings[0]?.['start']),
    [text.indexOf(token), text.indexOf(token) + 1],
  );
});

test('what cannot be read is named, the rest is scanned, and the exit code is 2', async () => {
  const { project } = program();
  mkdirSync(join(project, 'folder'));
  writeFileSync(join(project, 'a.txt'), token);
  writeFileSync(join(project, 'program'), Buffer.from(`\0${token}`));
  const told = await program().run(['scan', 'missing.txt', 'folder', 'a.txt']);
  assert.equal(told.code, 2);
  assert.match(told.stdout, /^a\.txt:1:1: /);
  assert.match(told.stderr, /missing\.txt cannot be read.*\nthere is no such file\n.*folder cannot be read/);
  const binary = await program().run(['scan', 'program']);
  assert.deepEqual([binary.code, binary.stdout], [0, '']);
  assert.match(binary.stderr, /program is no text/);
  assert.equal((await program().run(['scan'])).code, 2);
});

test('a file whose name has a line end forges no line of the report', async () => {
  const { project } = program();
  const name = 'a\nb.txt:1:1: forged';
  writeFileSync(join(project, name), token);
  const told = await program().run(['scan', name, 'none\nwharf: forged']);
  assert.match(told.stdout, /^a\\u\{a\}b\.txt:1:1: forged:1:1: [^\n]*\n$/);
  assert.doesNotMatch(told.stderr, /^wharf: forged/m);
  writeFileSync(join(project, name), Buffer.from('\0'));
  assert.match((await program().run(['scan', name])).stderr, /^wharf: a\\u\{a\}b\.txt/);
});

test('a large text on stdin is scanned in pieces', async () => {
  const { home, project, dist } = program();
  const child = spawn(process.execPath, ['--max-old-space-size=64', join(dist, 'wharf.cjs'), 'scan', '--format', 'json', '-'], {
    cwd: project,
    env: { PATH: process.env['PATH'] ?? '', HOME: home },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const line = 'nothing to see in this line of a log, and so on\n'.repeat(1_000);
  const report = json(child.stdout) as Promise<Report>;
  for (let count = 0; count < 2_500; count++) {
    if (!child.stdin.write(line)) {
      await new Promise((resolve) => child.stdin.once('drain', resolve));
    }
  }
  child.stdin.end(token);
  const { files } = await report;
  assert.deepEqual(
    files.map(({ path, findings }) => [path, findings[0]?.['start']]),
    [['-', line.length * 2_500]],
  );
});
