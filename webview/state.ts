import type { CallDetail, CallSummary } from '../src/shared/calls.ts';
import type { ConnectionState, InspectorMessage } from '../src/shared/inspectorProtocol.ts';

/** What is kept when the page is hidden or reloaded. */
export interface ViewState {
  readonly filter: string;
  /** The id of the call whose details are shown. */
  readonly selected: string | null;
  /** The list's share of the room, from 0 to 1, when details are shown. */
  readonly split: number;
  readonly paused: boolean;
  /** The id of the last call that was cleared from the view; it and all before it are not shown. */
  readonly clearedThrough: string | null;
}

export interface InspectorState {
  readonly view: ViewState;
  readonly connection: ConnectionState;
  /** Everything the host told, newest last, at most `maxCalls`. */
  readonly calls: readonly CallSummary[];
  /** How many of the newest calls wait for Resume. */
  readonly held: number;
  /** The calls looked at last, newest last, at most `maxDetails`. */
  readonly details: ReadonlyMap<string, CallDetail>;
}

export type Action =
  | { readonly kind: 'messageCame'; readonly message: InspectorMessage }
  | { readonly kind: 'filterTyped'; readonly text: string }
  | { readonly kind: 'callSelected'; readonly id: string | null }
  | { readonly kind: 'splitMoved'; readonly split: number }
  | { readonly kind: 'pauseToggled' }
  | { readonly kind: 'cleared' }
  | { readonly kind: 'clearUndone' };

export const maxCalls = 10_000;
const maxDetails = 8;
const firstSplit = 0.55;
const viewFields: readonly (keyof ViewState)[] = ['filter', 'selected', 'split', 'paused', 'clearedThrough'];

/** The state before the host answers. `saved` may come from an older version of the page, so every field is checked. */
export function initialState(saved: Partial<Record<keyof ViewState, unknown>> | undefined): InspectorState {
  return {
    view: {
      filter: typeof saved?.filter === 'string' ? saved.filter : '',
      selected: typeof saved?.selected === 'string' ? saved.selected : null,
      split: typeof saved?.split === 'number' ? clampSplit(saved.split) : firstSplit,
      paused: saved?.paused === true,
      clearedThrough: typeof saved?.clearedThrough === 'string' ? saved.clearedThrough : null,
    },
    connection: { kind: 'connecting' },
    calls: [],
    held: 0,
    details: new Map(),
  };
}

/** The next state. Gives the same object when nothing changed. */
export function reduce(state: InspectorState, action: Action): InspectorState {
  switch (action.kind) {
    case 'messageCame':
      return afterMessage(state, action.message);
    case 'filterTyped':
      return withView(state, { filter: action.text });
    case 'callSelected':
      return withView(state, { selected: action.id });
    case 'splitMoved':
      return withView(state, { split: clampSplit(action.split) });
    case 'pauseToggled':
      return { ...withView(state, { paused: !state.view.paused }), held: 0 };
    case 'cleared':
      return withView(state, { clearedThrough: listedCalls(state).at(-1)?.id ?? state.view.clearedThrough, selected: null });
    case 'clearUndone':
      break;
  }
  return withView(state, { clearedThrough: null });
}

function afterMessage(state: InspectorState, message: InspectorMessage): InspectorState {
  switch (message.kind) {
    case 'connection':
      return { ...state, connection: message.state };
    case 'calls':
      return afterCalls(state, message.calls.slice(-maxCalls));
    case 'callChanged':
      return afterCallChanged(state, message.call);
    case 'callDetail':
      return { ...state, details: withDetail(state.details, message.call) };
    default:
      return state; // A newer host may say more than this page knows.
  }
}

function afterCalls(state: InspectorState, calls: readonly CallSummary[]): InspectorState {
  const lastListed = state.calls.at(-1 - state.held)?.id;
  const lastIndex = calls.findLastIndex((call) => call.id === lastListed);
  const held = state.view.paused && lastIndex >= 0 ? calls.length - 1 - lastIndex : 0;
  const known = calls.some((call) => call.id === state.view.selected);
  return { ...withView(state, { selected: known ? state.view.selected : null }), calls, held };
}

function afterCallChanged(state: InspectorState, call: CallSummary): InspectorState {
  const index = state.calls.findLastIndex((known) => known.id === call.id);
  if (index >= 0) {
    return { ...state, calls: state.calls.with(index, call) };
  }
  const calls = [...state.calls, call].slice(-maxCalls);
  return { ...state, calls, held: state.view.paused ? Math.min(state.held + 1, calls.length) : 0 };
}

function withDetail(details: ReadonlyMap<string, CallDetail>, call: CallDetail): ReadonlyMap<string, CallDetail> {
  const kept = [...details].filter(([id]) => id !== call.id).slice(1 - maxDetails);
  return new Map([...kept, [call.id, call]]);
}

function withView(state: InspectorState, change: Partial<ViewState>): InspectorState {
  const view = { ...state.view, ...change };
  return viewFields.every((field) => view[field] === state.view[field]) ? state : { ...state, view };
}

/** The calls that Clear and Pause leave, before the filter. */
export function listedCalls(state: InspectorState): readonly CallSummary[] {
  return state.calls.slice(clearedCount(state), state.calls.length - state.held);
}

/** How many calls Clear hides. */
export function clearedCount(state: InspectorState): number {
  const through = state.view.clearedThrough;
  return through === null ? 0 : state.calls.findLastIndex((call) => call.id === through) + 1;
}

export function selectedCall(state: InspectorState): CallSummary | undefined {
  return state.view.selected === null ? undefined : state.calls.findLast((call) => call.id === state.view.selected);
}

/** True when what is known in detail is as new as the summary. */
export function isFresh(detail: CallDetail | undefined, call: CallSummary): boolean {
  return detail !== undefined && detail.status === call.status && detail.durationMs === call.durationMs;
}

function clampSplit(split: number): number {
  return Number.isFinite(split) ? Math.min(0.85, Math.max(0.15, split)) : firstSplit;
}
