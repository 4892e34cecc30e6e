import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  badArgument,
  imageMissing,
  interceptorFailed,
  pushFailed,
  registryFailed,
  relaxationConsent,
  toolShadowed,
  toolUnknown,
} from '../../src/core/problems.ts';

test('an image that could not be downloaded is not proposed for the same download', () => {
  assert.match(imageMissing('a:1', 'a').next, /docker pull a:1/);
  const tried = imageMissing('a:1', 'a', 'denied');
  assert.match(tried.message, /could not be downloaded/);
  assert.doesNotMatch(tried.next, /docker pull/);
  assert.match(tried.next, /docker login/);
});

test('the reason of an interceptor may be a sentence', () => {
  const { message } = interceptorFailed('before:docker:a:1', imageMissing('a:1', null, 'denied').message, '');
  assert.match(message, /could not be downloaded\.$/);
  assert.doesNotMatch(message, /\.\./);
});

test('a wrong option leads to the help that has it', () => {
  assert.match(badArgument('Text.', 'wharf gateway run').next, /"wharf gateway run --help"/);
});

test('the next step after a relaxation that nobody can be asked about has the call that was asked for, as a shell takes it', () => {
  const { next } = relaxationConsent('notes', 'dev', '', { tool: 'add note', args: { text: "it's" } });
  assert.ok(next.includes(`"wharf profile relax dev notes --call 'add note' --args '{"text":"it'\\''s"}' --yes"`), next);
  assert.ok(relaxationConsent('notes', 'dev', '').next.includes('"wharf profile relax dev notes --yes"'));
});

test('the next step of an unknown tool names the profile', () => {
  assert.match(toolUnknown('x', 'dev').next, /"wharf tools ls --profile dev"/);
  assert.doesNotMatch(toolUnknown('x').next, /--profile/);
});

test('many tools of one pair of servers are one sentence with three names', () => {
  const words = (...names: readonly string[]): string => toolShadowed('dev', names, 'b', 'tools of "a"', 'sameName').message;
  assert.equal(toolShadowed('dev', ['x'], 'b', '"x" of "a"', 'sameName').message, 'The tool "x" of "b" takes the name of "x" of "a".');
  assert.equal(words('x', 'y'), 'The tools "x" and "y" of "b" take the names of tools of "a".');
  assert.equal(words('x', 'y', 'z'), 'The tools "x", "y" and "z" of "b" take the names of tools of "a".');
  assert.equal(words('v', 'w', 'x', 'y', 'z'), 'The tools "v", "w", "x" and 2 more of "b" take the names of tools of "a".');
  assert.match(toolShadowed('dev', ['x'], 'b', '"x" of "a"', 'describes').next, /"wharf tools ls --profile dev --format json"/);
});

test('where a registry did not answer at all, the network comes before a login', () => {
  for (const detail of ['ENOTFOUND', 'connect ECONNREFUSED 127.0.0.1:5000']) {
    for (const { next } of [registryFailed('registry.example', detail), pushFailed('registry.example', detail)]) {
      assert.match(next, /^Check the name of the registry, and the network/);
    }
  }
  assert.match(registryFailed('registry.example', 'it asks for a login').next, /docker login/);
});
