import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { addressKey, addressScope, isInSubnet } from '../../../src/core/network/addresses.ts';

test('addresses of the internet are public', () => {
  for (const address of [
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.0.1',
  ]) {
    assert.equal(addressScope(address), 'public', address);
  }
  for (const address of ['2606:4700:4700::1111', '2a00::1', '::ffff:1.1.1.1', '64:ff9b::808:808', '2001:200::1']) {
    assert.equal(addressScope(address), 'public', address);
  }
});

test('addresses of private networks can be granted', () => {
  for (const address of ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fd12::1', 'fc00::', '::ffff:10.0.0.1']) {
    assert.equal(addressScope(address), 'private', address);
  }
});

test('what is no ordinary host cannot be granted: metadata, loopback, multicast and the rest of the special ranges', () => {
  const v4 = [
    '169.254.169.254',
    '169.254.0.1',
    '127.0.0.1',
    '127.255.255.255',
    '0.0.0.0',
    '0.1.2.3',
    '224.0.0.1',
    '255.255.255.255',
    '240.0.0.1',
  ];
  const more = [
    '192.0.0.192',
    '192.0.2.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.7',
    '203.0.113.9',
    '192.88.99.1',
    '168.63.129.16',
    '100.100.100.200',
  ];
  const v6 = [
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '2001:db8::1',
    '2002:a00:1::',
    '2001::1',
    '3fff::1',
    '5f00::1',
    '100::1',
    '64:ff9b:1::1',
  ];
  const inside = [
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '::ffff:127.0.0.1',
    '0:0:0:0:0:ffff:7f00:1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b::10.1.2.3',
    '::127.0.0.1',
    'fd00:ec2::254',
  ];
  for (const address of [...v4, ...more, ...v6, ...inside]) {
    assert.equal(addressScope(address), 'forbidden', address);
  }
});

test('what only some programs take for an address is none', () => {
  for (const text of [
    '',
    '1',
    '2130706433',
    '0x7f.1',
    '127.1',
    '010.0.0.1',
    '1.2.3.4.5',
    '1.2.3.256',
    '1:2',
    ':::',
    '1::2::3',
    '12345::',
    '::1.2.3',
    'a.b.c.d',
  ]) {
    assert.equal(addressKey(text), undefined, text);
    assert.equal(addressScope(text), 'forbidden', text);
  }
});

test('every address that Node knows is known, and has one key in all its forms', () => {
  fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => (addressKey(address) !== undefined) === (isIP(address) !== 0)));
  fc.assert(fc.property(fc.string(), (text) => addressKey(text) === undefined || isIP(text) !== 0));
  assert.equal(addressKey('::ffff:1.2.3.4'), addressKey('1.2.3.4'));
  assert.equal(addressKey('2A00:0:0::1'), addressKey('2a00::0001'));
});

test('an address is found in its subnet', () => {
  assert.ok(isInSubnet('172.18.255.1', '172.18.0.0/16'));
  assert.ok(!isInSubnet('172.19.0.1', '172.18.0.0/16'));
  assert.ok(isInSubnet('192.168.32.9', '192.168.32.8/30'));
  assert.ok(!isInSubnet('192.168.32.12', '192.168.32.8/30'));
  for (const subnet of ['', '172.18.0.0', '::/0', '172.18.0.0/x']) {
    assert.ok(!isInSubnet('172.18.0.1', subnet), subnet);
  }
});
