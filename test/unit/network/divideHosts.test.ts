import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowedHostText, parseAllowedHost, type AllowedHost } from '../../../src/core/network/allowedHost.ts';
import { divideHosts } from '../../../src/core/network/divideHosts.ts';
import { covers } from '../../../src/core/network/egressPlan.ts';

function hosts(...texts: readonly string[]): readonly AllowedHost[] {
  return texts.map((text) => parseAllowedHost(text) ?? assert.fail(text));
}

function divided(texts: readonly string[], learn = false): readonly (readonly string[])[] {
  const groups = divideHosts(hosts(...texts), learn);
  assert.ok(groups.ok);
  return groups.value.map((group) => group.map(allowedHostText));
}

function refusal(...texts: readonly string[]): string {
  const groups = divideHosts(hosts(...texts), false);
  return groups.ok ? '' : groups.problem.code;
}

test('hosts of the web share one proxy, and so do hosts with ports of their own', () => {
  assert.deepEqual(divided(['a.test:443', 'b.test:443', 'b.test:80', 'db.test:5432']), [
    ['a.test:443', 'b.test:443', 'b.test:80', 'db.test:5432'],
  ]);
});

test('two databases on one port get a proxy each, and a host is never torn apart', () => {
  assert.deepEqual(divided(['a.test:5432', 'b.test:5432', 'b.test:443', 'c.test:6000']), [
    ['a.test:5432', 'c.test:6000'],
    ['b.test:5432', 'b.test:443'],
  ]);
});

test('the first proxy has the patterns, and no other host on their ports but those of the web', () => {
  assert.deepEqual(divided(['a.test:8081', '*:8081', '*.b.test:443', 'c.test:443']), [
    ['*:8081', '*.b.test:443', 'c.test:443'],
    ['a.test:8081'],
  ]);
});

test('a server that learns reaches every name on the ports of the web', () => {
  assert.deepEqual(divided(['db.test:5432'], true), [['*:80', '*:443', '*:8080', '*:8443', 'db.test:5432']]);
  assert.deepEqual(divided([]), [[]]);
});

test('what cannot be done is refused with its reason', () => {
  assert.equal(refusal('10.0.0.1:5432'), 'WHARF_EGRESS_ADDRESS');
  assert.equal(refusal('[fd00::1]:443'), 'WHARF_EGRESS_ADDRESS');
  assert.equal(refusal('localhost:443'), 'WHARF_EGRESS_ADDRESS');
  assert.equal(refusal('*.db.test:5432'), 'WHARF_EGRESS_PATTERN');
  assert.equal(refusal(...Array.from({ length: 9 }, (_, index) => `db${index}.test:5432`)), 'WHARF_EGRESS_TOO_MANY');
});

test('a pattern covers names below it, never itself, and never an address', () => {
  const [below, all, exact] = hosts('*.example.test', '*', 'example.test') as [AllowedHost, AllowedHost, AllowedHost];
  assert.ok(covers(below, 'a.example.test') && covers(below, 'a.b.example.test'));
  assert.ok(!covers(below, 'example.test') && !covers(below, 'badexample.test') && !covers(below, '.example.test'));
  assert.ok(covers(all, 'anything.test') && !covers(all, '169.254.169.254') && !covers(all, '::1'));
  assert.ok(covers(exact, 'example.test') && !covers(exact, 'a.example.test'));
});
