import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { allowedHostText } from '../../../src/core/network/allowedHost.ts';
import { hostsInValues } from '../../../src/core/network/hostsInValues.ts';

function found(values: Readonly<Record<string, string>> | string): readonly string[] {
  return hostsInValues(typeof values === 'string' ? { VALUE: values } : values).map(allowedHostText);
}

const password = ['pa', 'ss'].join('');
const cases: Readonly<Record<string, readonly string[]>> = {
  [`postgres://user:${password}@db.example.test/x`]: ['db.example.test:5432'],
  [`postgresql+psycopg2://user:${password}@db.example.test:6000/x?sslmode=require`]: ['db.example.test:6000'],
  [`postgres://user:${password}@a.example.test:5433,b.example.test/x`]: ['a.example.test:5433', 'b.example.test:5432'],
  'postgresql:///x?host=db.example.test&port=5440': ['db.example.test:5440'],
  'host=db.example.test port=5433 dbname=x user=y': ['db.example.test:5433'],
  [`mysql://u:${password}@db.example.test`]: ['db.example.test:3306'],
  'jdbc:mysql://a.example.test:3307,b.example.test/x': ['a.example.test:3307', 'b.example.test:3306'],
  'jdbc:postgresql://db.example.test/x': ['db.example.test:5432'],
  'jdbc:sqlserver://db.example.test:1444;databaseName=x': ['db.example.test:1444'],
  'jdbc:oracle:thin:@db.example.test:1522:SID': ['db.example.test:1522'],
  [`scott/${password}@//db.example.test:1521/service`]: ['db.example.test:1521'],
  [`mongodb://u:${password}@a.example.test:27018,b.example.test/x?replicaSet=r`]: ['a.example.test:27018', 'b.example.test:27017'],
  [`mongodb+srv://u:${password}@cluster.abc.example.test/x`]: ['*.abc.example.test:27017'],
  [`redis://:${password}@cache.example.test/0`]: ['cache.example.test:6379'],
  [`amqps://u:${password}@mq.example.test/v`]: ['mq.example.test:5671'],
  'https://api.example.test/v1?x=1': ['api.example.test:443'],
  'http://api.example.test:8080': ['api.example.test:8080'],
  'https://blog.example.test/@somebody': ['blog.example.test:443'],
  'bolt://graph.example.test': ['graph.example.test:7687'],
  'k1.example.test:9092, k2.example.test:9093': ['k1.example.test:9092', 'k2.example.test:9093'],
  [`Server=tcp:db.example.test,1434;Database=x;User Id=u;Password=${password}`]: ['db.example.test:1434'],
  [`Host=db.example.test;Port=5433;Database=x;Password=${password}`]: ['db.example.test:5433'],
  'postgres://u@[2a00::1]:5432/x': ['[2a00::1]:5432'],
  'postgres://u@10.1.2.3/x': ['10.1.2.3:5432'],
  '{"url":"https://api.example.test","other":"https://b.example.test/x"}': ['api.example.test:443', 'b.example.test:443'],
};

test('connection strings and addresses name their hosts, with the usual port where they name none', () => {
  for (const [value, hosts] of Object.entries(cases)) {
    assert.deepEqual(found(value), hosts, value);
  }
});

test('a host and a port in two variables belong together', () => {
  assert.deepEqual(found({ DB_HOST: 'db.example.test', DB_PORT: '5433' }), ['db.example.test:5433']);
  assert.deepEqual(found({ PGHOST: 'db.example.test' }), ['db.example.test:5432']);
  assert.deepEqual(found({ REDIS_HOST: 'cache.example.test', OTHER_PORT: '1' }), ['cache.example.test:6379']);
  assert.deepEqual(found({ SOME_HOST: 'x.example.test' }), []);
});

test('what is no host of elsewhere is not one', () => {
  for (const value of [
    '',
    'true',
    '12:30',
    'a:1',
    '/data/x',
    'secret://name',
    'file:///etc/passwd',
    'docker://x/y',
    'node:24',
    'postgres:///x',
  ]) {
    assert.deepEqual(found(value), [], value);
  }
  for (const value of ['postgres://localhost/x', 'http://127.0.0.1:3000', 'http://[::1]:3000', 'http://0.0.0.0:80']) {
    assert.deepEqual(found(value), [], value);
  }
});

test('a password never becomes a host, whatever stands in it', () => {
  for (const word of ['p@ss', 'p/ss', 'p:ss@x', '12/ss', 'a?b', 'a#b', 'x@y:99']) {
    assert.deepEqual(found(`postgres://user:${word}@db.example.test:5432/x`), ['db.example.test:5432'], word);
  }
});

test('any text is read without a failure and in short time', () => {
  fc.assert(fc.property(fc.string(), (text) => Array.isArray(found(`postgres://${text}`)) && Array.isArray(found(text))));
  const pieces = [
    'a',
    'a.',
    'a:',
    '1:',
    'http://',
    '@',
    '@a',
    'a@',
    'host=',
    'host ',
    ' ',
    ' a',
    ',',
    'a,',
    '[',
    '[::1]:1,',
    'database=',
    'a/',
    '%',
    'a=a ',
  ];
  for (const piece of pieces) {
    const many = piece.repeat(60_000 / piece.length);
    for (const text of [many, `postgres://${many}x`, `x${many}x`, `jdbc:oracle:${many}`]) {
      const from = performance.now();
      found({ [text.slice(0, 20)]: text, DB_HOST: text });
      assert.ok(performance.now() - from < 1_000, text.slice(0, 30));
    }
  }
});
