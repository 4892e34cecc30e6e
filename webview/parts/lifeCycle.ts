import type { CallDetail, CallEvent } from '../../src/shared/calls.ts';
import { element, shortName } from '../dom.ts';
import { formatDuration } from '../format.ts';

/** Where the time went, each part as a bar against the whole; nothing when it is not known. */
export function timingsSection(detail: CallDetail): readonly HTMLElement[] {
  const timings = Object.entries(detail.timings);
  if (timings.length === 0) {
    return [];
  }
  const whole = Math.max(detail.durationMs ?? 0, ...timings.map(([, ms]) => ms), 1);
  const rows = timings.map(([name, ms]) => {
    const bar = element('span');
    bar.style.width = `${(100 * Math.max(0, ms)) / whole}%`;
    const track = element('dd', { class: 'bar', 'aria-hidden': 'true' }, bar);
    return element('div', {}, element('dt', {}, shortName(name)), track, element('dd', { class: 'number' }, formatDuration(ms)));
  });
  return [section('Timings', element('dl', { class: 'timings' }, ...rows))];
}

/** What happened to the server during the call; nothing when nothing did. */
export function eventsSection(events: readonly CallEvent[]): readonly HTMLElement[] {
  if (events.length === 0) {
    return [];
  }
  const rows = events.map((event) =>
    element('li', {}, element('span', { class: 'number' }, `+${formatDuration(event.atMs)}`), element('span', {}, shortName(event.text))),
  );
  return [section('Events', element('ol', { class: 'events' }, ...rows))];
}

function section(name: string, content: HTMLElement): HTMLElement {
  return element('section', { 'aria-label': name }, element('div', { class: 'section-title' }, element('h3', {}, name)), content);
}
