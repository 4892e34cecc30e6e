import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InspectorMessage } from '../../src/shared/inspectorProtocol.ts';
import { initialState, isFresh, listedCalls, maxCalls, reduce, selectedCall } from '../../webview/state.ts';
import type { Action, InspectorState } from '../../webview/state.ts';
import { call, detail } from './samples.ts';

function after(state: InspectorState, ...steps: readonly (Action | InspectorMessage)[]): InspectorState {
  return steps.reduce<InspectorState>((now, step) => {
    const isMessage = step.kind === 'connection' || step.kind === 'calls' || step.kind === 'callChanged' || step.kind === 'callDetail';
    return reduce(now, isMessage ? { kind: 'messageCame', message: step } : step);
  }, state);
}

const start = initialState(undefined);
const three = after(start, { kind: 'calls', calls: [call(1), call(2), call(3)] });
const ids = (state: InspectorState): readonly string[] => listedCalls(state).map(({ id }) => id);

test('a new call goes to the end, a known one is replaced in its place', () => {
  const state = after(three, { kind: 'callChanged', call: call(4) }, { kind: 'callChanged', call: call(2, { status: 'error' }) });
  assert.deepEqual(ids(state), ['call-1', 'call-2', 'call-3', 'call-4']);
  assert.equal(state.calls[1]?.status, 'error');
});

test('a full list from the host replaces what was shown and drops a selection it does not know', () => {
  const state = after(three, { kind: 'callSelected', id: 'call-2' }, { kind: 'calls', calls: [call(8)] });
  assert.deepEqual(ids(state), ['call-8']);
  assert.equal(state.view.selected, null);
});

test('the number of calls kept is bounded, oldest dropped first', () => {
  const full = after(start, { kind: 'calls', calls: Array.from({ length: maxCalls + 5 }, (_, index) => call(index)) });
  assert.equal(full.calls.length, maxCalls);
  const state = after(full, { kind: 'callChanged', call: call(-1) });
  assert.equal(state.calls.length, maxCalls);
  assert.equal(state.calls[0]?.id, 'call-6');
  assert.equal(state.calls.at(-1)?.id, 'call--1');
});

test('while paused new calls wait, known ones change, and a reconnection does not show what waits', () => {
  const paused = after(three, { kind: 'pauseToggled' }, { kind: 'callChanged', call: call(4) });
  assert.deepEqual(ids(paused), ['call-1', 'call-2', 'call-3']);
  assert.equal(paused.held, 1);
  const again = after(paused, { kind: 'calls', calls: [call(2), call(3), call(4), call(5)] });
  assert.deepEqual(ids(again), ['call-2', 'call-3']);
  assert.deepEqual(ids(after(again, { kind: 'pauseToggled' })), ['call-2', 'call-3', 'call-4', 'call-5']);
});

test('a page restored as paused shows the first list that comes', () => {
  const state = after(initialState({ paused: true }), { kind: 'calls', calls: [call(1)] }, { kind: 'callChanged', call: call(2) });
  assert.deepEqual(ids(state), ['call-1']);
  assert.equal(state.held, 1);
});

test('Clear hides what is listed, keeps hiding it after a reconnection, and can be undone', () => {
  const cleared = after(three, { kind: 'callSelected', id: 'call-2' }, { kind: 'cleared' }, { kind: 'callChanged', call: call(4) });
  assert.deepEqual(ids(cleared), ['call-4']);
  assert.equal(selectedCall(cleared), undefined);
  const again = after(cleared, { kind: 'calls', calls: [call(2), call(3), call(4)] });
  assert.deepEqual(ids(again), ['call-4']);
  assert.deepEqual(ids(after(again, { kind: 'clearUndone' })), ['call-2', 'call-3', 'call-4']);
  const finished = after(cleared, { kind: 'callChanged', call: call(1, { status: 'error' }) });
  assert.deepEqual(ids(finished), ['call-4'], 'a cleared call that ends later stays cleared');
});

test('a lost connection keeps the calls', () => {
  const problem = { code: 'WHARF_X', message: 'Gone.', next: 'Wait.' };
  assert.deepEqual(ids(after(three, { kind: 'connection', state: { kind: 'disconnected', problem } })), ids(three));
});

test('a few details are kept, and one is stale once its call has moved on', () => {
  const state = after(start, ...Array.from({ length: 20 }, (_, index) => ({ kind: 'callDetail', call: detail(call(index)) }) as const));
  assert.ok(state.details.size < 20);
  assert.ok(state.details.has('call-19'));
  const running = detail(call(1, { status: 'running', durationMs: null }));
  assert.equal(isFresh(running, running), true);
  assert.equal(isFresh(running, call(1)), false);
  assert.equal(isFresh(undefined, call(1)), false);
});

test('a saved view of another shape is read as far as it makes sense', () => {
  const { view } = initialState({ filter: 7, selected: 'call-1', split: 12, paused: 'yes', clearedThrough: {} });
  assert.deepEqual(view, { filter: '', selected: 'call-1', split: 0.85, paused: false, clearedThrough: null });
  assert.deepEqual(initialState({ split: Number.NaN }).view, start.view);
});

test('an action that changes nothing gives the same state, and a message from a newer host is passed over', () => {
  assert.equal(after(three, { kind: 'filterTyped', text: '' }), three);
  const unknown = JSON.parse('{"kind":"fromTheFuture"}') as InspectorMessage;
  assert.equal(reduce(three, { kind: 'messageCame', message: unknown }), three);
});
