import assert from 'node:assert/strict';
import { test } from 'node:test';

import { badArgument, imageMissing, interceptorFailed } from '../../src/core/problems.ts';

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
