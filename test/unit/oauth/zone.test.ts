import assert from 'node:assert/strict';
import { test } from 'node:test';

import { guardedFetch, mayVisit } from '../../../src/gateway/oauth/guardedFetch.ts';
import { mayLead, zoneOf } from '../../../src/core/network/zone.ts';

test('addresses are told apart by how near they are, in every spelling', () => {
  const zones = {
    public: ['8.8.8.8', '2606:4700::1', '172.32.0.1', '::ffff:8.8.8.8', '11.0.0.1'],
    private: ['10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.0.1', '100.64.0.1', 'fd12::1', '::ffff:10.0.0.1', '::ffff:c0a8:1'],
    loopback: ['127.0.0.1', '127.9.9.9', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '::ffff:7f00:1'],
  };
  for (const [zone, addresses] of Object.entries(zones)) {
    for (const address of addresses) {
      assert.equal(zoneOf(address), zone, address);
    }
  }
  const never = ['169.254.169.254', '::ffff:169.254.169.254', 'fe80::1', 'fe80::1%eth0', '0.0.0.0', '::', '224.0.0.1', '255.255.255.255'];
  for (const address of [
    ...never,
    'fd00:ec2::254',
    '100.100.100.200',
    'fd00:ec2::1',
    '64:ff9b::a00:1',
    '::127.0.0.1',
    '4000::1',
    '192.0.2.1',
    '198.18.0.1',
    '2002:a00:1::',
    'ff02::1',
    '',
    'localhost',
    '1.2.3',
  ]) {
    assert.equal(zoneOf(address), undefined, address);
  }
});

test('a server leads no nearer than it is itself', () => {
  const examples = ['8.8.8.8', '10.0.0.1', '127.0.0.1', '169.254.169.254'];
  const allowed = (from: 'public' | 'private' | 'loopback'): readonly string[] => examples.filter((address) => mayLead(from, address));
  assert.deepEqual(allowed('public'), ['8.8.8.8']);
  assert.deepEqual(allowed('private'), ['8.8.8.8', '10.0.0.1']);
  assert.deepEqual(allowed('loopback'), ['8.8.8.8', '10.0.0.1', '127.0.0.1']);
});

test('a server of the internet reaches nothing here, by address or by a name that stands for one', async () => {
  for (const address of ['http://127.0.0.1:1/', 'http://localhost:1/', 'https://localhost:1/', 'https://10.0.0.1/', 'https://[::1]:1/']) {
    await assert.rejects(guardedFetch('public', address), /an address that this server must not name/, address);
    assert.equal(await mayVisit('public', address), false, address);
  }
  assert.equal(await mayVisit('loopback', 'http://localhost:1/'), true);
});
