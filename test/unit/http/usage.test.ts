import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';

import type { Bearer } from '../../../src/gateway/http/bearer.ts';
import { Usages } from '../../../src/gateway/http/usage.ts';

/** How many requests of one token are let through at once. */
function burstOf(rate: number): number {
  const usages = new Usages(() => ({ rate, requests: 10_000, sessions: 1, streams: 1 }));
  const response = Object.assign(new EventEmitter(), { req: new EventEmitter() }) as unknown as ServerResponse;
  response.setMaxListeners(0);
  response.req.setMaxListeners(0);
  let burst = 0;
  while (usages.admit({ id: 'a' } as Bearer, 'request', response) === undefined) {
    burst++;
  }
  return burst;
}

test('a burst is twice the rate, and never less than the requests of some handshakes', () => {
  // The bucket fills while requests are counted.
  const within = (burst: number, least: number): boolean => burst >= least && burst < least * 1.5;
  assert.ok(within(burstOf(5), 20));
  assert.ok(within(burstOf(100), 200));
});
