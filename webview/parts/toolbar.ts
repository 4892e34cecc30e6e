import { element, setText } from '../dom.ts';
import { plural } from '../format.ts';
import { icon } from './icons.ts';

export interface ToolbarActions {
  filter(text: string): void;
  togglePause(): void;
  clear(): void;
  /** The user is done with the filter box. */
  leaveFilter(): void;
}

export interface ToolbarView {
  readonly filter: string;
  readonly paused: boolean;
  /** Calls listed before the filter, and after it. */
  readonly total: number;
  readonly shown: number;
  readonly errors: number;
  readonly blocked: number;
  readonly held: number;
}

/** Long enough for a screen reader to finish the last sentence. */
const announceEveryMs = 4000;

export class Toolbar {
  readonly element: HTMLElement;
  readonly #filter = element('input', {
    type: 'search',
    class: 'filter',
    placeholder: 'Filter, such as echo or status:error',
    'aria-label': 'Filter by server, tool, client or status',
    'aria-keyshortcuts': '/',
    spellcheck: 'false',
    autocomplete: 'off',
  });
  readonly #pause = element('button', { type: 'button', class: 'tool', 'aria-pressed': 'false' });
  readonly #clear = element('button', { type: 'button', class: 'tool', title: 'Clear the view; nothing is deleted' });
  readonly #count = element('span', { class: 'count' });
  readonly #announcer = element('div', { class: 'unseen', 'aria-live': 'polite', role: 'status' });
  #paused: boolean | undefined;
  #announcement: number | undefined;

  constructor(actions: ToolbarActions) {
    this.#clear.append(icon('clear'), element('span', { class: 'word' }, 'Clear'));
    this.element = element(
      'div',
      { class: 'toolbar', role: 'search', 'aria-label': 'Filter and controls' },
      this.#filter,
      this.#pause,
      this.#clear,
      this.#count,
      this.#announcer,
    );
    this.#filter.addEventListener('input', () => actions.filter(this.#filter.value));
    this.#filter.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.#filter.value !== '') {
        event.preventDefault();
        this.#filter.value = '';
        actions.filter('');
      } else if (event.key === 'Enter' || event.key === 'ArrowDown' || event.key === 'Escape') {
        event.preventDefault();
        actions.leaveFilter();
      }
    });
    this.#pause.addEventListener('click', () => actions.togglePause());
    this.#clear.addEventListener('click', () => actions.clear());
  }

  update(view: ToolbarView): void {
    if (this.#filter.value !== view.filter) {
      this.#filter.value = view.filter;
    }
    if (this.#paused !== view.paused) {
      this.#paused = view.paused;
      this.#pause.setAttribute('aria-pressed', String(view.paused));
      this.#pause.title = view.paused ? 'Show the calls that came meanwhile, and go on' : 'Keep the list still; new calls wait';
      this.#pause.replaceChildren(
        icon(view.paused ? 'resume' : 'pause'),
        element('span', { class: 'word' }, view.paused ? 'Resume' : 'Pause'),
      );
    }
    this.#clear.disabled = view.total === 0;
    const sentence = countSentence(view);
    if (this.#count.textContent !== sentence) {
      setText(this.#count, sentence);
      this.#announceSoon();
    }
  }

  #announceSoon(): void {
    if (this.#announcement === undefined) {
      this.#announcement = window.setTimeout(() => {
        this.#announcement = undefined;
        setText(this.#announcer, this.#count.textContent);
      }, announceEveryMs);
    }
  }

  focusFilter(): void {
    this.#filter.focus();
    this.#filter.select();
  }
}

/** `12 calls, 1 error`, `3 of 12 calls`, `12 calls, paused, 2 waiting`. */
export function countSentence(view: ToolbarView): string {
  const calls = plural(view.total, 'call');
  const parts = [view.shown === view.total ? calls : `${view.shown.toLocaleString('en')} of ${calls}`];
  if (view.errors > 0) {
    parts.push(plural(view.errors, 'error'));
  }
  if (view.blocked > 0) {
    parts.push(`${view.blocked} blocked`);
  }
  if (view.paused) {
    parts.push(view.held > 0 ? `paused, ${view.held} waiting` : 'paused');
  }
  return parts.join(', ');
}
