import assert from 'node:assert/strict';
import { test } from 'node:test';

import { answeredId, excerpt, messagesOf, secretsOf } from '../../../src/gateway/upstreams/remoteReplies.ts';
import { isAllowedRemoteUrl } from '../../../src/gateway/upstreams/remoteUrl.ts';
import { encodeHeaderValue } from '../../../src/gateway/upstreams/requestMetadata.ts';

test('a remote server is reached by https, and by http on this machine alone', () => {
  const allowed = [
    'https://mcp.example.com/mcp',
    'https://10.0.0.1:8443/',
    'HTTP://LocalHost:80/mcp',
    'http://127.0.0.1/mcp',
    'http://127.9.8.7:1/',
    'http://0x7f.1/mcp',
    'http://[::1]:3000/mcp',
  ];
  const refused = [
    'http://mcp.example.com/mcp',
    'http://10.0.0.1/',
    'http://localhost.example.com/',
    'http://127.0.0.1.example.com/',
    'http://127.0.0.1@example.com/',
    'http://[::ffff:10.0.0.1]/',
    'http://0.0.0.0/',
    'ws://localhost/',
    'file:///etc/passwd',
    'unix:/run/x.sock',
    'mcp',
    '',
  ];
  assert.deepEqual(
    allowed.filter((url) => !isAllowedRemoteUrl(url)),
    [],
  );
  assert.deepEqual(refused.filter(isAllowedRemoteUrl), []);
});

test('header values are encoded as the table of revision 2026-07-28 shows', () => {
  assert.equal(encodeHeaderValue('us-west1'), 'us-west1');
  assert.equal(encodeHeaderValue('Hello, 世界'), '=?base64?SGVsbG8sIOS4lueVjA==?=');
  assert.equal(encodeHeaderValue(' padded '), '=?base64?IHBhZGRlZCA=?=');
  assert.equal(encodeHeaderValue('line1\nline2'), '=?base64?bGluZTEKbGluZTI=?=');
  assert.equal(encodeHeaderValue('=?base64?literal?='), '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=');
  assert.equal(encodeHeaderValue(''), '=?base64??=');
  assert.equal(encodeHeaderValue('a\tb c'), 'a\tb c');
});

test('the answered request is found wherever the id stands, and a request of the server answers nothing', () => {
  const found = (text: string): unknown => answeredId(Buffer.from(text));
  assert.equal(found('{"result":{"id":9},"jsonrpc":"2.0","id":5}'), 5);
  assert.equal(found('{"jsonrpc":"2.0","result":{},"id":"a b"}'), 'a b');
  assert.equal(found('{"jsonrpc":"2.0","id":5,"result":{}}'), 5);
  assert.equal(found('{"id": 5, "error": {"code": 1, "message": ""}, "jsonrpc": "2.0"}'), 5);
  assert.equal(found('{"result":{"a":{"b":1,"id":7}},"id":5,"jsonrpc":"2.0"}'), 5);
  assert.equal(found(String.raw`{"result":{"a":",\"id\":7}"},"jsonrpc":"2.0","id":"x\"y"}`), 'x"y');
  assert.equal(found('{"jsonrpc":"2.0","method":"roots/list","params":{},"id":5}'), undefined);
  assert.equal(found('{"jsonrpc":"2.0","method":"notifications/message","params":{"id":5}}'), undefined);
  assert.equal(found('{"result":{},"jsonrpc":"2.0","id":007}'), undefined);
});

test('a body is one message or a batch; half of one is none', () => {
  const found = (text: string): unknown => messagesOf(Buffer.from(text))?.map(String);
  assert.deepEqual(found('\ufeff {"a":[1]}\n'), ['{"a":[1]}']);
  assert.deepEqual(found('[ {"a":"]"} , {"b":2}]'), ['{"a":"]"}', '{"b":2}']);
  assert.equal(found('[]'), undefined);
  assert.equal(found(`[${'1,'.repeat(100_000)}1]`), undefined, 'too many');
  assert.equal(found('[{"a":1}'), undefined);
  assert.equal(found('[{"a":1} {"b":1}]'), undefined);
  assert.equal(found('<html>'), undefined);
});

test('the first words of an error carry no secret of the request', () => {
  const url = new URL('https://user:p%40ssword@example.com/mcp?api_key=k3y-of-mine');
  const secrets = secretsOf(url, { authorization: 'Bearer t0ken-of-mine', 'x-short': 'ab' });
  const text = 'Bearer t0ken-of-mine, then t0ken-of-mine, p@ssword, ?api_key=k3y-of-mine; ab \u001b[31m';
  assert.equal(excerpt(Buffer.from(text), secrets), '***, then ***, ***, ?***; ab \\u{1b}[31m');
  assert.equal(excerpt(Buffer.from('x'.repeat(5_000)), []).length, 200);
});
