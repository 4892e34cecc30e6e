import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkConfig, configSchemasOf, type Config } from '../../../src/core/catalog/configSchema.ts';

const schema = {
  name: 'files',
  type: 'object',
  properties: {
    paths: { type: 'array', items: { type: 'string' } },
    level: { type: 'string', enum: ['read', 'write'] },
    port: { type: 'integer' },
    ratio: { type: 'number' },
    strict: { type: 'boolean' },
    jira: { type: 'object', properties: { url: { type: 'string' } }, required: ['url'] },
  },
  required: ['paths'],
};

function faults(config: Config, schemas: readonly Config[] = [schema]): readonly string[] {
  return checkConfig(schemas, config).map(({ kind, words }) => `${kind}: ${words}`);
}

test('a configuration that the catalogue describes has no fault', () => {
  assert.deepEqual(faults({ paths: ['/a'], level: 'read', port: 1, ratio: 0.5, strict: true, jira: { url: 'https://jira.example' } }), []);
});

test('what is required and has no value is missing, in parts too', () => {
  assert.deepEqual(faults({}), ['missing: "paths" has no value']);
  assert.deepEqual(faults({ paths: null, jira: {} }), ['missing: "paths" has no value', 'missing: "jira.url" has no value']);
});

test('a value of another type is wrong', () => {
  assert.deepEqual(faults({ paths: '/a', port: 1.5, ratio: '2', strict: 'yes', jira: 'x', level: 'admin' }), [
    'wrong: "paths" is not a list of texts',
    'wrong: "level" is none of "read", "write"',
    'wrong: "port" is not a whole number',
    'wrong: "ratio" is not a number',
    'wrong: "strict" is neither true nor false',
    'wrong: "jira" is not a map of keys',
  ]);
});

test('a key that no schema has is told of, with the one that is meant', () => {
  assert.deepEqual(faults({ paths: [], leval: 'read' }), ['unknown: the server has no key "leval"; "level" is meant, it seems']);
});

test('one of several sets of keys is enough where the catalogue says so', () => {
  const either = { type: 'object', properties: { jira: {}, wiki: {} }, anyOf: [{ required: ['jira'] }, { required: ['wiki'] }] };
  assert.deepEqual(faults({ wiki: {} }, [either]), []);
  assert.deepEqual(faults({}, [either]), ['missing: it needs "jira", or "wiki"']);
});

test('a reference to a secret stands for a value of any type', () => {
  assert.deepEqual(faults({ paths: ['/a'], port: 'secret://files.port' }), []);
});

test('a server without a schema takes anything, and a schema of another form is none', () => {
  assert.deepEqual(faults({ anything: 1 }, []), []);
  assert.deepEqual(configSchemasOf({ config: [schema, 'x', null] }), [schema]);
  assert.deepEqual(configSchemasOf({}), []);
});
