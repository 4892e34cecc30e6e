import assert from 'node:assert/strict';
import { test } from 'node:test';

import { allRules } from '../../../src/core/scan/rules/all.ts';
import type { ScanRule } from '../../../src/core/scan/rules/rule.ts';
import { Scanner } from '../../../src/core/scan/scanner.ts';
import { nodeScanner } from '../../../src/node/scanning.ts';
import { longestOf, seeded } from '../../support/patternSamples.ts';
import { secretOf } from '../../support/secretSamples.ts';

const before = 'set ';

test('there are more than 150 kinds, each with its title', () => {
  const ids = new Set(allRules.map(({ id }) => id));
  assert.ok(ids.size >= 150, String(ids.size));
  for (const { id, title, keywords } of allRules) {
    assert.match(id, /^[a-z0-9]+(?:-[a-z0-9]+)*$/);
    assert.match(title, /^\S.{3,70}$/, id);
    assert.ok(
      keywords.every((keyword) => /^[\x20-\x7e]{3,}$/.test(keyword)),
      id,
    );
  }
});

test('no expression repeats without a bound, and none takes more than its rule says', () => {
  for (const { id, pattern, reach } of allRules) {
    assert.ok(longestOf(pattern) <= reach, `${id}: ${longestOf(pattern)}`);
  }
});

test('each rule finds secrets of its own form where they are', () => {
  const random = seeded(1);
  const together = nodeScanner();
  for (const rule of allRules) {
    const scanner = new Scanner({ rules: [rule] });
    let found = 0;
    for (let sample = 0; sample < 20; sample++) {
      const { text, start, end } = secretOf(rule, random);
      const bytes = Buffer.from(`${before}${text}\n`);
      const isThere = (hit: { readonly start: number; readonly end: number }): boolean =>
        hit.start === start + before.length && hit.end === end + before.length;
      if (scanner.scanText(bytes).some(isThere)) {
        found++;
        const covering = together.scanText(bytes).filter((hit) => hit.start < end + before.length && hit.end > start + before.length);
        assert.ok(covering.length > 0, `${rule.id} is lost among all`);
      }
    }
    // By chance a sample looks like a placeholder, or has too little in it.
    assert.ok(found >= (rule.knows === 'guess' ? 3 : 12), `${rule.id}: ${found} of 20`);
  }
});

test('each rule leaves alone what only looks similar', () => {
  const random = seeded(2);
  for (const rule of allRules) {
    const scanner = new Scanner({ rules: [rule] });
    for (let sample = 0; sample < 5; sample++) {
      const { text, start, end } = secretOf(rule, random, { isShort: true });
      // A guess cannot be told from a shorter one, and half a key is to be hidden as well.
      const cut = rule.knows === 'guess' || rule.id === 'private-key' ? '' : text.slice(0, end - Math.ceil((end - start) * 0.6));
      assert.deepEqual(scanner.scanText(Buffer.from(`${before}${cut}\n`)), [], `${rule.id}: cut off`);
      const misspelt = rule.keywords.reduce((changed, keyword) => changed.replaceAll(new RegExp(escaped(keyword), 'gi'), '#'), text);
      assert.deepEqual(scanner.scanText(Buffer.from(`${before}${misspelt}\n`)), [], `${rule.id}: without its keyword`);
    }
  }
});

test('a checksum that is wrong makes no token', () => {
  const random = seeded(3);
  for (const rule of allRules.filter(({ id }) => ['github-pat', 'github-oauth', 'github-app-token', 'npm-access-token'].includes(id))) {
    const { text } = secretOf(rule, random);
    const wrong = `${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`;
    assert.deepEqual(
      nodeScanner()
        .scanText(Buffer.from(`token: ${wrong}\n`))
        .filter(({ rule: found }) => found === rule.id),
      [],
    );
  }
});

const small = 8 * 1024;
/** Four times the input may cost so much more; quadratic work costs sixteen times. */
const mostRatio = 9;
/** Below, the clock says nothing. */
const leastMs = 10;

test('no input makes a rule slow: four times the text is about four times the work', () => {
  for (const rule of allRules) {
    const scanner = new Scanner({ rules: [rule] });
    for (const [name, unit] of Object.entries(hostileUnits(rule))) {
      const ratio = leastRatio(scanner, unit);
      assert.ok(ratio < mostRatio, `${rule.id}, ${name}: ${ratio.toFixed(1)} times`);
    }
  }
});

test('a megabyte made to keep all rules busy at once is still a matter of its length', () => {
  const scanner = nodeScanner();
  const units = allRules.flatMap((rule) => Object.values(hostileUnits(rule)).map((unit) => unit.slice(0, 64)));
  const ratio = leastRatio(scanner, units.join(' ').slice(0, 256 * 1024), 256 * 1024);
  assert.ok(ratio < mostRatio, ratio.toFixed(1));
});

function hostileUnits(rule: ScanRule): Readonly<Record<string, string>> {
  const { text, start, end } = secretOf(rule, seeded(4), { isShort: true });
  const keyword = rule.keywords[0] ?? '';
  const last = text.slice(end - 1, end);
  return {
    'its keyword again and again': keyword,
    'its keyword with a space between': `${keyword} `,
    'its beginning again and again': text.slice(0, Math.ceil((start + end) / 2)),
    'secrets without their last character': `${text.slice(0, end - 1)} `,
    'secrets one behind the other': `-${text}`,
    'a long run of its letters': `${keyword}${last.repeat(rule.reach * 2)}`,
    'the same, never ending': `${keyword}=${'aB3'.repeat(Math.ceil(rule.reach / 2))}-`,
  };
}

function leastRatio(scanner: Scanner, unit: string, size = small): number {
  const [short, long] = [size, size * 4].map((length) => Buffer.from(unit.repeat(Math.ceil(length / unit.length)).slice(0, length)));
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 4 && least >= mostRatio; attempt++) {
    const big = timeOf(scanner, long as Buffer);
    least = big < leastMs ? 0 : Math.min(least, big / timeOf(scanner, short as Buffer));
  }
  return least;
}

function timeOf(scanner: Scanner, bytes: Uint8Array): number {
  const from = process.cpuUsage().user;
  scanner.scanText(bytes);
  return Math.max(0.5, (process.cpuUsage().user - from) / 1_000);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

test('the password in an address is found whatever the host is called, and not where it only shows the form', () => {
  const found = (login: string, host: string, scheme = 'postgres'): readonly string[] =>
    nodeScanner()
      .scanText(Buffer.from(`url: ${scheme}://${login}@${host}/x\n`))
      .map(({ rule }) => rule);
  const real = ['bob:s3cr3t', 'P4ssw0rd'].join('');
  for (const host of ['db.acme-corp.net:5432', 'h', '10.0.0.5', '[fd00::1]', 'example-db.acme.net']) {
    assert.deepEqual(found(real, host), ['database-url-password'], host);
  }
  assert.deepEqual(found(real, 'git.acme.net', 'https'), ['url-password']);
  for (const login of ['user:password', 'u:${VAR}', 'u:***', 'u:<password>', 'postgres:postgres', 'bob', 'bob:']) {
    assert.deepEqual(found(login, 'db.acme.net'), [], login);
  }
  assert.deepEqual([...found(real, 'db.example.com:5432'), ...found(real, 'example.org', 'https')], []);
});
