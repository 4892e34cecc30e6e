import type { CallSummary } from '../../src/shared/calls.ts';
import { element, setText, shortName } from '../dom.ts';
import { formatClock, formatDuration, formatMoment, plural } from '../format.ts';
import { icon } from './icons.ts';

/** In the order shown. The word is the column's heading and its class. */
export const columns = ['Time', 'Client', 'Profile', 'Server', 'Tool', 'Status', 'Duration'] as const;

type Column = (typeof columns)[number];

function cell(column: Column, role = 'gridcell'): HTMLElement {
  return element('div', { class: `cell ${column.toLowerCase()}`, role }, role === 'columnheader' ? column : '');
}

export function createHeading(): HTMLElement {
  const cells = columns.map((column) => cell(column, 'columnheader'));
  return element('div', { class: 'row heading', role: 'row', 'aria-rowindex': '1' }, ...cells);
}

/** How long a call has run: its duration, or the time since its start. Milliseconds. */
export function elapsedMs(call: CallSummary, now: number): number {
  return call.durationMs ?? Math.max(0, now - Date.parse(call.startedAt));
}

/** One line of the list; shows one call after another as the list scrolls. */
export class CallRow {
  readonly element = element('div', { class: 'row', role: 'row' });
  readonly #cells: Readonly<Record<Column, HTMLElement>> = {
    Time: cell('Time'),
    Client: cell('Client'),
    Profile: cell('Profile'),
    Server: cell('Server'),
    Tool: cell('Tool'),
    Status: cell('Status'),
    Duration: cell('Duration'),
  };
  #call: CallSummary | undefined;
  #day = '';

  constructor() {
    this.element.append(...columns.map((column) => this.#cells[column]));
  }

  get call(): CallSummary | undefined {
    return this.#call;
  }

  place(index: number, top: number, selected: boolean): void {
    this.element.id = `call-${index}`;
    this.element.setAttribute('aria-rowindex', String(index + 2));
    this.element.setAttribute('aria-selected', String(selected));
    this.element.classList.toggle('odd', index % 2 === 1);
    this.element.style.top = `${top}px`;
  }

  show(call: CallSummary, now: Date): void {
    const day = now.toDateString();
    if (this.#call === call && this.#day === day) {
      return;
    }
    const before = this.#call;
    this.#call = call;
    this.#day = day;
    this.element.dataset['status'] = call.status;
    setText(this.#cells.Time, formatClock(call.startedAt, now));
    this.#cells.Time.title = formatMoment(call.startedAt);
    for (const [column, name] of [
      ['Client', call.client],
      ['Profile', call.profile],
      ['Server', call.server],
    ] as const) {
      setText(this.#cells[column], shortName(name));
      this.#cells[column].title = shortName(name);
    }
    if (before?.tool !== call.tool || before.findings !== call.findings) {
      this.#showTool(call);
    }
    if (before?.status !== call.status) {
      this.#cells.Status.replaceChildren(icon(call.status), element('span', {}, call.status));
    }
    this.tick(now.getTime());
  }

  tick(now: number): void {
    if (this.#call !== undefined) {
      setText(this.#cells.Duration, formatDuration(elapsedMs(this.#call, now)));
    }
  }

  #showTool(call: CallSummary): void {
    const name = shortName(call.tool);
    this.#cells.Tool.title = name;
    this.#cells.Tool.replaceChildren(element('span', { class: 'name' }, name));
    if (call.findings > 0) {
      const words = plural(call.findings, 'finding');
      const badge = element('span', { class: 'findings', title: `${words} of the output scan` });
      badge.append(icon('finding'), String(call.findings), element('span', { class: 'unseen' }, words.replace(/^\S+/u, '')));
      this.#cells.Tool.append(badge);
    }
  }
}
