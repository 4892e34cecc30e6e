import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode, type RecordType } from 'dns-packet';
import * as fc from 'fast-check';
import { parseAllowedHost } from '../../../src/core/network/allowedHost.ts';
import { answer, answerSeedList } from '../../../src/gateway/egress/dnsServer.ts';

const heard: [name: string, isAllowed: boolean][] = [];
const names = {
  hosts: ['api.example.test:443', '*.wild.test:443'].map((text) => parseAllowedHost(text) ?? assert.fail(text)),
  address: '172.30.0.2',
  onName: (name: string, isAllowed: boolean) => void heard.push([name, isAllowed]),
};

function ask(name: string, type: RecordType): { readonly code: string | undefined; readonly data: readonly unknown[] } {
  const reply = decode(
    answer(encode({ type: 'query', id: 7, flags: 0x0100, questions: [{ type, name }] }), names) ?? assert.fail('no answer'),
  );
  assert.equal(reply.id, 7);
  assert.equal(reply.type, 'response');
  const { rcode } = reply as typeof reply & { readonly rcode?: string };
  return { code: rcode, data: (reply.answers ?? []).map((each) => ('data' in each ? each.data : each)) };
}

test('an allowed name has the address of the proxy, in whatever case it is asked, and no IPv6', () => {
  assert.deepEqual(ask('api.example.test', 'A'), { code: 'NOERROR', data: ['172.30.0.2'] });
  assert.deepEqual(ask('API.example.TEST', 'A'), { code: 'NOERROR', data: ['172.30.0.2'] });
  assert.deepEqual(ask('a.b.wild.test', 'A'), { code: 'NOERROR', data: ['172.30.0.2'] });
  assert.deepEqual(ask('api.example.test', 'AAAA'), { code: 'NOERROR', data: [] });
  assert.deepEqual(ask('api.example.test', 'TXT'), { code: 'NOERROR', data: [] });
});

test('every other name does not exist, and what could carry data out or in is refused', () => {
  assert.deepEqual(ask('evil.test', 'A'), { code: 'NXDOMAIN', data: [] });
  assert.deepEqual(ask('wild.test', 'AAAA'), { code: 'NXDOMAIN', data: [] });
  assert.deepEqual(ask(`${'a'.repeat(63)}.${'b'.repeat(63)}.evil.test`, 'A'), { code: 'NXDOMAIN', data: [] });
  for (const type of ['TXT', 'NULL', 'MX', 'SRV', 'CNAME', 'NS', 'CAA', 'PTR'] as const) {
    assert.deepEqual(ask('secret.evil.test', type), { code: 'REFUSED', data: [] }, type);
  }
});

test('look-ups are told with what became of them', () => {
  heard.length = 0;
  ask('evil.test', 'A');
  ask('x.wild.test', 'A');
  ask('x.wild.test', 'TXT');
  assert.deepEqual(heard, [
    ['evil.test', false],
    ['x.wild.test', true],
  ]);
});

test('replies, two questions and rubbish get no name', () => {
  const question = { type: 'A', name: 'api.example.test' } as const;
  assert.equal(answer(encode({ type: 'response', questions: [question] }), names), undefined);
  const two = decode(answer(encode({ type: 'query', questions: [question, question] }), names) ?? assert.fail());
  assert.deepEqual(two.answers, []);
  assert.equal(answer(Buffer.alloc(5_000), names), undefined);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => (answer(bytes, names)?.length ?? 0) < 1_500));
});

test('the servers of a MongoDB cluster are told where its name is allowed, and only those that are allowed too', async () => {
  const asked: string[] = [];
  const resolve = (name: string): Promise<{ name: string; port: number; priority: number; weight: number }[]> => {
    asked.push(name);
    const server = (host: string, port: number): { name: string; port: number; priority: number; weight: number } => ({
      name: host,
      port,
      priority: 0,
      weight: 0,
    });
    return Promise.resolve([server('s1.wild.test', 443), server('s2.wild.test', 27_017), server('evil.test', 443)]);
  };
  const seeds = async (name: string, type: RecordType = 'SRV'): Promise<readonly unknown[] | undefined> => {
    const reply = await answerSeedList(encode({ type: 'query', id: 7, questions: [{ type, name }] }), names, resolve);
    return reply === undefined ? undefined : decode(reply).answers?.map((each) => ('data' in each ? each.data : each));
  };
  assert.deepEqual(await seeds('_mongodb._tcp.cluster.wild.test'), [{ target: 's1.wild.test', port: 443, priority: 0, weight: 0 }]);
  assert.deepEqual(asked, ['_mongodb._tcp.cluster.wild.test']);
  assert.equal(await seeds('_mongodb._tcp.secret.evil.test'), undefined);
  assert.equal(await seeds('_xmpp._tcp.cluster.wild.test'), undefined);
  assert.equal(await seeds('_mongodb._tcp.cluster.wild.test', 'TXT'), undefined);
  assert.equal(asked.length, 1);
});
