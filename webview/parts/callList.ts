import type { CallSummary } from '../../src/shared/calls.ts';
import { element, setText } from '../dom.ts';
import { plural } from '../format.ts';
import { CallRow, columns, createHeading } from './callRow.ts';
import { icon } from './icons.ts';
import { rowAfterKey } from './listKeys.ts';

export interface CallListActions {
  /** null: no call. */
  select(id: string | null): void;
  openDetails(): void;
}

export interface CallListView {
  readonly calls: readonly CallSummary[];
  readonly selected: string | null;
  readonly showProfile: boolean;
}

/** Rows drawn above and below what can be seen. */
const overscan = 6;
/** A narrower list shows each call on two lines, without headings. */
const compactBelowEm = 35;

/** The list of calls. Only the rows near the visible part exist in the document. */
export class CallList {
  readonly element: HTMLElement;
  readonly #actions: CallListActions;
  readonly #rows = element('div', { class: 'rows', role: 'rowgroup' });
  readonly #grid: HTMLElement;
  readonly #heading = createHeading();
  readonly #newest = element('button', { type: 'button', class: 'newest', hidden: true });
  readonly #newestText = element('span');
  readonly #drawn: CallRow[] = [];
  #view: CallListView = { calls: [], selected: null, showProfile: false };
  /** True while the list keeps showing its end. */
  #following = true;
  /** How many calls were listed when the end was last in sight. */
  #seen = 0;
  #rowHeight = 24;

  constructor(actions: CallListActions) {
    this.#actions = actions;
    const top = element('div', { class: 'headings', role: 'rowgroup' }, this.#heading);
    this.#grid = element(
      'div',
      { class: 'grid', role: 'grid', tabindex: '0', 'aria-label': 'Tool calls', 'aria-colcount': String(columns.length) },
      top,
      this.#rows,
    );
    this.#newest.append(icon('down'), this.#newestText);
    this.element = element('div', { class: 'list' }, this.#grid, this.#newest);
    this.#grid.addEventListener('scroll', () => this.#scrolled());
    this.#grid.addEventListener('keydown', (event) => this.#keyPressed(event));
    this.#rows.addEventListener('click', (event) => this.#clicked(event));
    this.#rows.addEventListener('dblclick', () => this.#actions.openDetails());
    this.#newest.addEventListener('click', () => {
      this.#following = true;
      this.#draw();
      this.focus();
    });
    new ResizeObserver(() => this.#draw()).observe(this.#grid);
  }

  update(view: CallListView): void {
    const chosen = view.selected !== this.#view.selected;
    this.#view = view;
    this.#grid.classList.toggle('with-profile', view.showProfile);
    this.#grid.setAttribute('aria-rowcount', String(view.calls.length + 1));
    if (chosen) {
      const index = this.#selectedIndex();
      this.#following = index < 0 ? this.#following : index === view.calls.length - 1;
      this.#draw();
      this.#reveal(index);
    } else {
      this.#draw();
    }
  }

  /** Brings the durations of running calls up to date. */
  tick(now: number): void {
    for (const row of this.#drawn) {
      if (row.call?.status === 'running') {
        row.tick(now);
      }
    }
  }

  focus(): void {
    this.#grid.focus();
  }

  #draw(): void {
    const { calls } = this.#view;
    const em = Number.parseFloat(getComputedStyle(this.#grid).fontSize);
    const compact = this.#grid.clientWidth < compactBelowEm * em;
    this.#grid.classList.toggle('compact', compact);
    this.#rowHeight = Math.ceil(compact ? 2 * Math.max(19, 1.45 * em) + 6 : Math.max(24, 1.8 * em));
    this.#grid.style.setProperty('--row-height', `${this.#rowHeight}px`);
    this.#rows.style.height = `${calls.length * this.#rowHeight}px`;
    if (this.#following) {
      this.#grid.scrollTop = this.#grid.scrollHeight;
    }
    const first = Math.max(0, Math.floor(this.#grid.scrollTop / this.#rowHeight) - overscan);
    const count = Math.min(calls.length - first, Math.ceil(this.#grid.clientHeight / this.#rowHeight) + 2 * overscan);
    this.#drawRows(calls.slice(first, first + Math.max(0, count)), first);
    this.#drawNewest();
  }

  #drawRows(calls: readonly CallSummary[], first: number): void {
    const now = new Date();
    while (this.#drawn.length > calls.length) {
      this.#drawn.pop()?.element.remove();
    }
    let active: string | undefined;
    for (const [offset, call] of calls.entries()) {
      const row = (this.#drawn[offset] ??= this.#addRow());
      const selected = call.id === this.#view.selected;
      row.show(call, now);
      row.place(first + offset, (first + offset) * this.#rowHeight, selected);
      active = selected ? row.element.id : active;
    }
    if (active === undefined) {
      this.#grid.removeAttribute('aria-activedescendant');
    } else {
      this.#grid.setAttribute('aria-activedescendant', active);
    }
  }

  #addRow(): CallRow {
    const row = new CallRow();
    this.#rows.append(row.element);
    return row;
  }

  #drawNewest(): void {
    const { calls } = this.#view;
    if (this.#following || this.#atEnd()) {
      this.#seen = calls.length;
    }
    this.#seen = Math.min(this.#seen, calls.length);
    const more = calls.length - this.#seen;
    this.#newest.hidden = more === 0;
    setText(this.#newestText, plural(more, 'new call'));
  }

  #scrolled(): void {
    this.#following = this.#atEnd();
    this.#draw();
  }

  #atEnd(): boolean {
    return this.#grid.scrollTop + this.#grid.clientHeight >= this.#grid.scrollHeight - this.#rowHeight / 2;
  }

  #clicked(event: MouseEvent): void {
    const row = this.#drawn.find(({ element }) => event.target instanceof Node && element.contains(event.target));
    if (row?.call !== undefined) {
      this.#actions.select(row.call.id);
    }
  }

  #selectedIndex(): number {
    return this.#view.selected === null ? -1 : this.#view.calls.findLastIndex((call) => call.id === this.#view.selected);
  }

  #keyPressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const { calls } = this.#view;
    const pageSize = Math.max(1, Math.floor(this.#grid.clientHeight / this.#rowHeight) - 2);
    const target = rowAfterKey(event.key, this.#selectedIndex(), calls.length, pageSize);
    if (target !== undefined) {
      this.#actions.select(calls[target]?.id ?? null);
    } else if (event.key === 'Enter') {
      this.#actions.openDetails();
    } else if (event.key === 'Escape') {
      this.#actions.select(null);
    } else {
      return;
    }
    event.preventDefault();
  }

  #reveal(index: number): void {
    if (index < 0) {
      return;
    }
    const top = index * this.#rowHeight;
    const room = this.#grid.clientHeight - this.#heading.offsetHeight;
    if (top < this.#grid.scrollTop) {
      this.#grid.scrollTop = top;
    } else if (top + this.#rowHeight > this.#grid.scrollTop + room) {
      this.#grid.scrollTop = top + this.#rowHeight - room;
    }
    this.#draw();
  }
}
