import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { holds, newSecret } from '../../support/leakyServer.ts';
import { ScriptedServer, soundServer } from '../../support/scriptedServer.ts';
import { call, output, random, saying, shared, token } from '../../support/secretCalls.ts';
import { TestGateway, TestSession } from '../../support/testSession.ts';
import { until } from '../../support/until.ts';

test("a server's policy goes before the profile's, and a tool's before its server's", async () => {
  const secret = token();
  const server = saying(`It is ${secret}.`);
  const client = new TestSession({ one: () => server }, output({ policy: 'block', tools: { b: 'warn' } }), { output: 'off' });
  await client.initialize();
  assert.equal((await call(client, 'a')).summary?.status, 'blocked');
  const { text, summary } = await call(client, 'b');
  assert.ok(text.includes(secret));
  assert.equal(summary?.findings, 1);
});

test('what a server says by itself follows its own policy, not only that of the profile', async () => {
  const secret = newSecret();
  const server = soundServer(['a'], ({ id, method, params }, self) => {
    if (method !== 'tools/call') {
      return;
    }
    const { progressToken } = (params?.['_meta'] ?? {}) as { readonly progressToken?: number };
    self.send({ method: 'notifications/progress', params: { progressToken, progress: 1, message: secret } });
    self.send({ id, result: { content: [] } });
  });
  const gateway = new TestGateway({ one: () => server });
  gateway.scanning.add([{ name: 'KEY', value: secret }]);
  const client = new TestSession(gateway, output({ policy: 'redact' }), { output: 'off' });
  await client.initialize();
  await client.request('tools/call', { name: 'a', _meta: { progressToken: 1 } });
  assert.ok(client.lines.some((line) => line.includes('[wharf:secret KEY]')));
  assert.equal(holds(client.lines.join('\n'), secret), false);
});

test('findings are allowed by their rule, or by the hash of the value; a value that a server was given only by its hash', async () => {
  const secret = token();
  const hash = createHash('sha256').update(secret).digest('hex');
  for (const allow of [['github-pat'], [`sha256:${hash}`]]) {
    const client = new TestSession({ one: () => saying(secret) }, output({ allow }));
    await client.initialize();
    const { text, summary } = await call(client);
    assert.ok(text.includes(secret));
    assert.equal(summary?.findings, 0);
  }
  const gateway = new TestGateway({ one: () => saying(secret) });
  gateway.scanning.add([{ name: 'PAT', value: secret }]);
  const client = new TestSession(gateway, output({ allow: ['github-pat', 'injected-secret'] }));
  await client.initialize();
  assert.match((await call(client)).text, /\[wharf:secret PAT\]/);
});

test('where nothing is found, the bytes of the answer go on as they came', async () => {
  const result = '{ "content" : [ ], "structuredContent":{"n":1.0, "big":12345678901234567890,"\\u0061":"\\/"} }';
  const server = soundServer(['a'], ({ id }, self) => self.say(`{"jsonrpc":"2.0","id":${id},"result":${result}}\n`));
  const client = new TestSession({ one: () => server }, shared);
  await client.initialize();
  await client.request('tools/call', { name: 'a' });
  assert.ok(client.lines.some((line) => line.includes(result)));
});

test('everything but the secret stays as it was, also in what is structured', async () => {
  const secret = token();
  const result = `{"content":[],"structuredContent":{"n":1.0,"token":"${secret}","big":12345678901234567890}}`;
  const server = soundServer(['a'], ({ id }, self) => self.say(`{"jsonrpc":"2.0","id":${id},"result":${result}}\n`));
  const client = new TestSession({ one: () => server }, shared);
  await client.initialize();
  await client.request('tools/call', { name: 'a' });
  assert.ok(client.lines.some((line) => line.includes(result.replace(secret, '[wharf:redacted github-pat]'))));
});

test('a secret in the file of an embedded resource is masked in the file', async () => {
  const secret = token();
  const blob = Buffer.from(`A=1\nGITHUB_TOKEN=${secret}\n`).toString('base64');
  const client = new TestSession(
    { one: () => saying({ content: [{ type: 'resource', resource: { uri: 'file:///env', blob } }] }) },
    shared,
  );
  await client.initialize();
  const { result } = await client.request('tools/call', { name: 'a' });
  const { content } = result as { readonly content: readonly { readonly resource: { readonly blob: string } }[] };
  assert.equal(Buffer.from(content[0]?.resource.blob ?? '', 'base64').toString(), 'A=1\nGITHUB_TOKEN=[wharf:redacted github-pat]\n');
  assert.equal(client.calls.show(client.calls.list(1)[0]?.id ?? '')?.found[0]?.pointer, '/content/0/resource/blob');
});

test('of a secret that changes while its server runs, the old and the new value are looked for', async () => {
  const values = [newSecret(), newSecret()];
  const gateway = new TestGateway({ one: () => saying(values.join(' and ')) });
  const client = new TestSession(gateway, shared);
  await client.initialize();
  values.forEach((value) => gateway.scanning.add([{ name: 'KEY', value }]));
  assert.match((await call(client)).text, /\[wharf:secret KEY\] and \[wharf:secret KEY\]/);
});

test('of two secrets of which one is in the other, nothing is left', async () => {
  const inner = newSecret();
  const outer = `pre-${inner}-post`;
  const gateway = new TestGateway({ one: () => saying(`${outer} ${inner}`) });
  gateway.scanning.add([
    { name: 'INNER', value: inner },
    { name: 'OUTER', value: outer },
  ]);
  const client = new TestSession(gateway, shared);
  await client.initialize();
  const { text } = await call(client);
  assert.match(text, /"\[wharf:secret OUTER\] \[wharf:secret INNER\]"/);
});

test('of a longer secret that begins with one that a server was given, nothing is left', async () => {
  const secret = token();
  const gateway = new TestGateway({ one: () => saying(`is ${secret} so`) });
  gateway.scanning.add([{ name: 'PART', value: secret.slice(4, 20) }]);
  const client = new TestSession(gateway, shared);
  await client.initialize();
  assert.match((await call(client)).text, /is \[wharf:secret PART\] so/);
});

test('a private key over several lines is masked as a whole, also as Base64 in Base64', async () => {
  const line = (): string => Buffer.from(Array.from({ length: 48 }, () => Math.floor(random() * 256))).toString('base64');
  const word = ['PRIVATE', 'KEY'].join(' ');
  const pem = [`-----BEGIN ${word}-----`, line(), line(), `-----END ${word}-----`, ''].join('\n');
  const twice = Buffer.from(JSON.stringify({ auth: Buffer.from(pem).toString('base64') })).toString('base64');
  const gateway = new TestGateway({ one: () => saying(`${pem} ${twice}`) });
  gateway.scanning.add([{ name: 'PEM', value: pem }]);
  const client = new TestSession(gateway, shared);
  await client.initialize();
  const { text } = await call(client);
  for (const part of pem.split('\n').filter((one) => one.length > 40)) {
    assert.equal(holds(text, part), false);
  }
  const left = [...text.matchAll(/[A-Za-z0-9+/]{40,}={0,2}/g)].map(([found]) => Buffer.from(found, 'base64').toString('latin1'));
  assert.ok(left.every((decoded) => !/[A-Za-z0-9+/]{60}/.test(decoded)));
});

test('bytes that are no UTF-8 hide nothing', async () => {
  const secret = token();
  const server = soundServer(['a'], ({ id }, self) => {
    const text = Buffer.concat([Buffer.from([0xff, 0xc3]), Buffer.from(secret), Buffer.from([0xe2, 0x80])]);
    self.say(
      Buffer.concat([
        Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"`),
        text,
        Buffer.from('"}]}}\n'),
      ]),
    );
  });
  const client = new TestSession({ one: () => server }, shared);
  await client.initialize();
  await client.request('tools/call', { name: 'a' });
  assert.equal(client.lines.join('\n').includes(secret), false);
});

test('a secret in an answer of 20 MB is found', async () => {
  const secret = token();
  const client = new TestSession({ one: () => saying(`${'lorem ipsum '.repeat(1_700_000)}${secret}`) }, shared);
  await client.initialize();
  const { text, summary } = await call(client);
  assert.equal(text.includes(secret), false);
  assert.equal(summary?.findings, 1);
});

test('the progress of a tool follows the policy of that tool, and the log of a server the strictest of its tools', async () => {
  const secret = token();
  const server = soundServer(['a', 'b'], ({ id, method, params }, self) => {
    if (method === 'tools/call') {
      const { progressToken } = (params?.['_meta'] ?? {}) as { readonly progressToken?: number };
      self.send({ method: 'notifications/progress', params: { progressToken, progress: 1, message: secret } });
      self.send({ method: 'notifications/message', params: { level: 'info', data: secret } });
      self.send({ id, result: { content: [] } });
    }
  });
  const client = new TestSession({ one: () => server }, output({ tools: { b: 'block' } }), { output: 'off' });
  await client.initialize();
  const said = async (name: string): Promise<readonly (readonly [string | undefined, boolean])[]> => {
    const before = client.lines.length;
    await client.request('tools/call', { name, arguments: {}, _meta: { progressToken: 1 } });
    const lines = client.lines.slice(before).filter((line) => line.includes('"notifications/') && !line.includes('list_changed'));
    return lines.map((line) => [(JSON.parse(line) as { method: string }).method.slice(14), line.includes(secret)]);
  };
  assert.deepEqual(await said('a'), [
    ['progress', true],
    ['message', false],
  ]);
  assert.deepEqual(await said('b'), [['message', false]]);
});

test('an error of a server at its start is told without its secret, and kept without it', async () => {
  const secret = newSecret();
  const server = new ScriptedServer(({ id }, self) => self.send({ id, error: { code: -32000, message: `No access with ${secret}` } }));
  const gateway = new TestGateway({ one: () => server });
  gateway.scanning.add([{ name: 'KEY', value: secret }]);
  const client = new TestSession(gateway, shared, { output: 'off' });
  await client.initialize();
  const reply = await client.request('tools/list', {});
  assert.match(JSON.stringify(reply), /No access with \[wharf:secret KEY\]/);
  await until(() => gateway.log.some((line) => line.includes('failed')), { what: 'the failure in the log' });
  const known = [...gateway.log, ...client.lines, JSON.stringify(gateway.pool.reports()), JSON.stringify(client.session.report())];
  assert.equal(holds(known.join('\n'), secret), false);
});
