import type { CallDetail, CallSummary } from '../../src/shared/calls.ts';
import { element, setText, shortName } from '../dom.ts';
import { formatBytes, formatDuration, formatMoment, plural } from '../format.ts';
import { prettyJson } from '../jsonText.ts';
import { resultBlocks } from '../mcpResult.ts';
import { elapsedMs } from './callRow.ts';
import { findingsSection } from './findings.ts';
import { icon } from './icons.ts';
import { textBlock } from './json.ts';
import { eventsSection, timingsSection } from './lifeCycle.ts';

export interface CallDetailsActions {
  copy(text: string): void;
  /** Back to the list. */
  leave(): void;
  close(): void;
}

/** How long "Copied" stays. */
const copiedMs = 1500;

export class CallDetails {
  readonly element = element('section', { class: 'details', 'aria-label': 'Call details', tabindex: '-1' });
  readonly #actions: CallDetailsActions;
  readonly #head = element('header', { class: 'head' });
  readonly #body = element('div', { class: 'body' });
  readonly #duration = element('span', { class: 'number' });
  #call: CallSummary | undefined;
  #detail: CallDetail | undefined;

  constructor(actions: CallDetailsActions) {
    this.#actions = actions;
    this.element.append(this.#head, this.#body);
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') {
        event.preventDefault();
        this.#actions.leave();
      }
    });
  }

  /** Draws again only what changed. `detail` may be older than `call`, or not known yet. */
  update(call: CallSummary, detail: CallDetail | undefined): void {
    const sameCall = this.#call?.id === call.id;
    const hadFocus = this.element.contains(document.activeElement);
    if (this.#call !== call) {
      this.#call = call;
      this.#drawHead(call);
    }
    if (!sameCall || this.#detail !== detail) {
      this.#detail = detail;
      this.#drawBody(detail);
    }
    if (!sameCall) {
      this.element.scrollTop = 0;
    }
    if (hadFocus && !this.element.contains(document.activeElement)) {
      this.focus();
    }
  }

  tick(now: number): void {
    if (this.#call !== undefined) {
      setText(this.#duration, formatDuration(elapsedMs(this.#call, now)));
    }
  }

  focus(): void {
    this.element.focus();
  }

  #drawHead(call: CallSummary): void {
    const close = element(
      'button',
      { type: 'button', class: 'tool', 'aria-label': 'Close details', title: 'Close details' },
      icon('close'),
    );
    close.addEventListener('click', () => this.#actions.close());
    const title = element('h2', {}, element('span', { class: 'server' }, shortName(call.server)));
    title.append(element('span', { class: 'arrow' }, ' › '), element('span', { class: 'name' }, shortName(call.tool)));
    const status = element('span', { class: 'status', 'data-status': call.status }, icon(call.status), call.status);
    const sizes = element('span', { class: 'size' }, sizesOf(call));
    const line = element('div', { class: 'summary' }, status, this.#duration, sizes);
    if (call.findings > 0) {
      line.append(element('span', { class: 'findings' }, icon('finding'), `${plural(call.findings, 'finding')} of the output scan`));
    }
    this.#head.replaceChildren(element('div', { class: 'title' }, title, close), line, facts(call));
    this.tick(Date.now());
  }

  #drawBody(detail: CallDetail | undefined): void {
    if (detail === undefined) {
      this.#body.replaceChildren(element('p', { class: 'quiet loading' }, 'Loading arguments and result…'));
      return;
    }
    const args = prettyJson(detail.arguments);
    const result = detail.status === 'running' ? undefined : prettyJson(detail.result);
    this.#body.replaceChildren(
      ...findingsSection(detail.found),
      this.#section('Arguments', args, [textBlock(args, 'json')]),
      this.#section('Result', result, result === undefined ? [runningNote()] : resultParts(detail.result, result)),
      ...timingsSection(detail),
      ...eventsSection(detail.events),
    );
  }

  #section(name: string, copied: string | undefined, content: readonly HTMLElement[]): HTMLElement {
    const heading = element('div', { class: 'section-title' }, element('h3', {}, name));
    if (copied !== undefined) {
      heading.append(this.#copyButton(name.toLowerCase(), copied));
    }
    return element('section', { 'aria-label': name }, heading, ...content);
  }

  #copyButton(what: string, text: string): HTMLElement {
    const word = element('span', { 'aria-live': 'polite' }, 'Copy');
    const button = element('button', { type: 'button', class: 'tool copy', title: `Copy the ${what} as JSON` }, icon('copy'), word);
    button.append(element('span', { class: 'unseen' }, ` ${what}`));
    button.addEventListener('click', () => {
      this.#actions.copy(text);
      setText(word, 'Copied');
      window.setTimeout(() => setText(word, 'Copy'), copiedMs);
    });
    return button;
  }
}

function sizesOf(call: CallSummary): string {
  const sent = `request ${formatBytes(call.requestBytes)}`;
  return call.status === 'running' ? sent : `${sent}, result ${formatBytes(call.resultBytes)}`;
}

function facts(call: CallSummary): HTMLElement {
  const pairs: readonly (readonly [string, string])[] = [
    ['Client', shortName(call.client)],
    ['Started', formatMoment(call.startedAt)],
    ['Profile', shortName(call.profile)],
    ['Thread', call.thread === null ? 'not named by the client' : shortName(call.thread)],
  ];
  const entries = pairs.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', { title: value }, value)));
  return element('dl', { class: 'facts' }, ...entries);
}

function runningNote(): HTMLElement {
  return element('p', { class: 'quiet' }, 'The call is still running.');
}

/** The blocks that a person reads first, then the whole result under a toggle. */
function resultParts(result: unknown, json: string): readonly HTMLElement[] {
  const blocks = resultBlocks(result).map(({ kind, text }) =>
    kind === 'text' ? textBlock(text, 'text') : element('p', { class: 'note' }, shortName(text)),
  );
  if (blocks.length === 0) {
    return [textBlock(json, 'json')];
  }
  const whole = element('details', { class: 'whole' }, element('summary', {}, 'Whole result as JSON'));
  whole.addEventListener('toggle', () => whole.append(textBlock(json, 'json')), { once: true });
  return [...blocks, whole];
}
