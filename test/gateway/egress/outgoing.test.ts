import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayConnect } from '../../../src/gateway/egress/outgoing.ts';

const plan = { subnet: '172.30.0.0/16', hosts: [], allowPrivate: [{ host: 'db.test', port: 5432 }], ownAddresses: ['11.0.0.1', '2a00::1'] };
const granted = { host: 'db.test', port: 5432 };
const other = { host: 'api.test', port: 443 };

test('public addresses are connected to, private ones only for exactly the host and port that were granted', () => {
  assert.ok(mayConnect('1.1.1.1', other, plan));
  assert.ok(mayConnect('10.0.0.5', granted, plan));
  assert.ok(!mayConnect('10.0.0.5', other, plan));
  assert.ok(!mayConnect('10.0.0.5', { host: 'db.test', port: 443 }, plan));
});

test("the engine's own computer is private, however public its addresses look", () => {
  assert.ok(!mayConnect('11.0.0.1', other, plan));
  assert.ok(!mayConnect('::ffff:11.0.0.1', other, plan));
  assert.ok(!mayConnect('2a00:0::1', other, plan));
  assert.ok(mayConnect('11.0.0.1', granted, plan));
});

test('no grant opens the way to metadata, loopback or multicast', () => {
  for (const address of ['169.254.169.254', '::ffff:169.254.169.254', '127.0.0.1', '::1', '0.0.0.0', '224.0.0.1', 'fe80::1']) {
    assert.ok(!mayConnect(address, granted, plan), address);
  }
});
