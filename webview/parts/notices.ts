import type { Problem } from '../../src/shared/problem.ts';
import type { ConnectionState } from '../../src/shared/inspectorProtocol.ts';
import { element } from '../dom.ts';
import { plural, visible } from '../format.ts';
import { icon } from './icons.ts';

export interface EmptyListActions {
  readonly clearFilter: () => void;
  readonly resume: () => void;
  readonly undoClear: () => void;
}

export interface EmptyListView {
  readonly connection: ConnectionState;
  readonly filter: string;
  /** Calls that the filter, Pause and Clear keep out of the list. */
  readonly filtered: number;
  readonly held: number;
  readonly cleared: number;
}

/** What the list says while it has no row: why, and what to do. */
export function emptyList(view: EmptyListView, actions: EmptyListActions): HTMLElement {
  if (view.filtered > 0) {
    return note(`No call matches “${visible(view.filter)}”.`, '', ['Clear filter', actions.clearFilter]);
  }
  if (view.held > 0) {
    return note('Paused.', `${plural(view.held, 'call')} came meanwhile.`, ['Resume', actions.resume]);
  }
  if (view.cleared > 0) {
    const calls = view.cleared === 1 ? 'earlier call' : `${view.cleared.toLocaleString('en')} earlier calls`;
    return note('The view is cleared.', 'New calls appear here.', [`Show ${calls}`, actions.undoClear]);
  }
  switch (view.connection.kind) {
    case 'connecting':
      return note('Connecting to Wharf…', '');
    case 'connected':
      return note('No call yet.', 'Connect Codex and let it use a tool: each call appears here.');
    case 'disconnected':
      break;
  }
  return note('No call to show.', 'Calls appear here once Wharf is connected.');
}

function note(heading: string, text: string, button?: readonly [string, () => void]): HTMLElement {
  const created = element('div', { class: 'empty' }, element('p', { class: 'lead' }, heading));
  if (text !== '') {
    created.append(element('p', {}, text));
  }
  if (button !== undefined) {
    const [word, act] = button;
    const pressed = element('button', { type: 'button', class: 'plain' }, word);
    pressed.addEventListener('click', act);
    created.append(pressed);
  }
  return created;
}

/** The line above the list that says why nothing new comes, and what to do next. */
export function problemBanner(problem: Problem): HTMLElement {
  const text = element('p', {}, element('strong', {}, visible(problem.message)), ` ${visible(problem.next)} `);
  text.append(element('code', {}, visible(problem.code)));
  return element('div', { class: 'banner', role: 'status' }, icon('warning'), text);
}
