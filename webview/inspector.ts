import type { CallSummary } from '../src/shared/calls.ts';
import { createDetailRequests } from './detailRequests.ts';
import { element } from './dom.ts';
import { matches, parseFilter } from './filter.ts';
import type { Host } from './host.ts';
import { CallDetails } from './parts/callDetails.ts';
import { CallList } from './parts/callList.ts';
import { emptyList, problemBanner } from './parts/notices.ts';
import { Splitter } from './parts/splitter.ts';
import { Toolbar } from './parts/toolbar.ts';
import { clearedCount, initialState, listedCalls, reduce, selectedCall } from './state.ts';
import type { Action, InspectorState } from './state.ts';

/** Shows the tool calls that `host` tells of inside `root`, until the page goes away. */
export function startInspector(root: HTMLElement, host: Host): void {
  const inspector = new Inspector(root, host);
  inspector.draw();
  host.onMessage((message) => inspector.dispatch({ kind: 'messageCame', message }));
  host.send({ kind: 'ready' });
}

class Inspector {
  readonly #host: Host;
  readonly #toolbar: Toolbar;
  readonly #list: CallList;
  readonly #details: CallDetails;
  readonly #splitter: Splitter;
  readonly #notice = element('div', { class: 'notice' });
  readonly #panes = element('main', { class: 'panes' });
  readonly #requestDetail: ReturnType<typeof createDetailRequests>;
  #state: InspectorState;
  #drawn: InspectorState | undefined;
  #frame: number | undefined;
  #ticking: number | undefined;

  constructor(root: HTMLElement, host: Host) {
    this.#host = host;
    this.#state = initialState(host.loadState());
    this.#requestDetail = createDetailRequests((id) => host.send({ kind: 'showCall', id }));
    this.#toolbar = new Toolbar({
      filter: (text) => this.dispatch({ kind: 'filterTyped', text }),
      togglePause: () => this.dispatch({ kind: 'pauseToggled' }),
      clear: () => this.dispatch({ kind: 'cleared' }),
      leaveFilter: () => this.#list.focus(),
    });
    this.#list = new CallList({
      select: (id) => this.dispatch({ kind: 'callSelected', id }),
      openDetails: () => this.#openDetails(),
    });
    this.#details = new CallDetails({
      copy: (text) => host.send({ kind: 'copy', text }),
      leave: () => this.#list.focus(),
      close: () => this.#closeDetails(),
    });
    this.#splitter = new Splitter((split) => this.dispatch({ kind: 'splitMoved', split }), initialState(undefined).view.split);
    this.#panes.append(this.#list.element);
    this.#panes.prepend(element('h1', { class: 'unseen' }, 'Tool calls'));
    root.append(this.#toolbar.element, this.#notice, this.#panes);
    document.addEventListener('keydown', (event) => this.#keyPressed(event));
  }

  dispatch(action: Action): void {
    const before = this.#state;
    this.#state = reduce(before, action);
    if (this.#state.view !== before.view) {
      this.#host.saveState(this.#state.view);
    }
    if (this.#state !== before && this.#frame === undefined) {
      this.#frame = window.requestAnimationFrame(() => this.draw());
    }
  }

  draw(): void {
    this.#frame = undefined;
    const state = this.#state;
    const listed = listedCalls(state);
    const filter = parseFilter(state.view.filter);
    const shown = filter.length === 0 ? listed : listed.filter((call) => matches(filter, call));
    this.#drawToolbar(listed, shown);
    this.#drawNotices(listed, shown);
    this.#drawDetails();
    this.#list.update({
      calls: shown,
      selected: state.view.selected,
      showProfile: listed.some((call) => call.profile !== listed[0]?.profile),
    });
    this.#drawn = state;
    this.#tickWhile(state.connection.kind === 'connected' && listed.some((call) => call.status === 'running'));
  }

  #drawToolbar(listed: readonly CallSummary[], shown: readonly CallSummary[]): void {
    const { view, held } = this.#state;
    const count = (status: CallSummary['status']): number => shown.filter((call) => call.status === status).length;
    const { filter, paused } = view;
    const numbers = { total: listed.length, shown: shown.length, errors: count('error'), blocked: count('blocked'), held };
    this.#toolbar.update({ filter, paused, ...numbers });
  }

  #drawNotices(listed: readonly CallSummary[], shown: readonly CallSummary[]): void {
    const { connection, view, held } = this.#state;
    if (connection !== this.#drawn?.connection) {
      this.#panes.classList.toggle('stale', connection.kind !== 'connected');
      this.#notice.replaceChildren(...(connection.kind === 'disconnected' ? [problemBanner(connection.problem)] : []));
    }
    const empty = this.#list.element.querySelector('.empty');
    if (shown.length > 0) {
      empty?.remove();
      return;
    }
    const numbers = { filtered: listed.length, held, cleared: clearedCount(this.#state) };
    const note = emptyList(
      { connection, filter: view.filter, ...numbers },
      {
        clearFilter: () => this.dispatch({ kind: 'filterTyped', text: '' }),
        resume: () => this.dispatch({ kind: 'pauseToggled' }),
        undoClear: () => this.dispatch({ kind: 'clearUndone' }),
      },
    );
    if (empty === null) {
      this.#list.element.append(note);
    } else if (!empty.isEqualNode(note)) {
      empty.replaceWith(note);
    }
  }

  #drawDetails(): void {
    const call = selectedCall(this.#state);
    this.#panes.classList.toggle('with-details', call !== undefined);
    if (call === undefined) {
      const hadFocus = this.#details.element.contains(document.activeElement);
      this.#splitter.element.remove();
      this.#details.element.remove();
      if (hadFocus) {
        this.#list.focus();
      }
      return;
    }
    if (!this.#details.element.isConnected) {
      this.#panes.append(this.#splitter.element, this.#details.element);
    }
    this.#panes.style.setProperty('--split', `${this.#state.view.split * 100}%`);
    this.#splitter.update(this.#state.view.split);
    const detail = this.#state.details.get(call.id);
    this.#details.update(call, detail);
    this.#requestDetail(call, detail);
  }

  #openDetails(): void {
    this.draw();
    if (this.#details.element.isConnected) {
      this.#details.focus();
    }
  }

  #closeDetails(): void {
    this.#list.focus();
    this.dispatch({ kind: 'callSelected', id: null });
  }

  #keyPressed(event: KeyboardEvent): void {
    const typing = event.target instanceof HTMLInputElement;
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      this.#toolbar.focusFilter();
    }
  }

  /** Durations of running calls move: quickly, or once a second for those who asked for less motion. */
  #tickWhile(running: boolean): void {
    if (!running) {
      window.clearInterval(this.#ticking);
      this.#ticking = undefined;
    } else if (this.#ticking === undefined) {
      const calm =
        window.matchMedia('(prefers-reduced-motion: reduce)').matches || document.body.classList.contains('vscode-reduce-motion');
      this.#ticking = window.setInterval(() => this.#tick(), calm ? 1000 : 100);
    }
  }

  #tick(): void {
    const now = Date.now();
    this.#list.tick(now);
    this.#details.tick(now);
  }
}
