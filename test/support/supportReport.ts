import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { WharfHome } from './wharfHome.ts';

/** Every form of the support report and what "wharf doctor" prints, by how it was asked for. */
export async function supportReports(home: WharfHome): Promise<Readonly<Record<string, string>>> {
  const said: Record<string, string> = {};
  const file = join(home.home, 'report.md');
  for (const args of [
    ['doctor'],
    ['doctor', '--format', 'json'],
    ['doctor', '--report'],
    ['doctor', '--report', '-', '--format', 'json'],
    ['doctor', '--report', '--no-project'],
    ['doctor', '--report', file],
  ]) {
    const { code, stdout, stderr } = await home.wharf(args);
    assert.ok(code === 0 || code === 1, `${args.join(' ')}: ${stderr}`);
    assert.ok(stdout !== '' || args.includes(file), stderr);
    said[args.join(' ')] = stdout + stderr;
  }
  assert.equal(statSync(file).mode & 0o777, 0o600);
  said['the file'] = readFileSync(file, 'utf8');
  assert.match(said['the file'], /The daemon looked through it/);
  return said;
}
