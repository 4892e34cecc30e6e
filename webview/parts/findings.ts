import type { Finding } from '../../src/shared/findings.ts';
import { appendVisible, element, shortName } from '../dom.ts';
import { plural } from '../format.ts';
import { icon } from './icons.ts';

/** More are counted, not drawn. */
const mostShown = 200;

const places: Readonly<Record<Finding['where'], string>> = {
  arguments: 'in the arguments',
  result: 'in the result',
  error: 'in the error',
  notification: 'in a notification of the server',
  request: 'in a request of the server',
  list: 'in a list of the server',
  stderr: "in the server's log",
};

const actions: Readonly<Record<Finding['action'], string>> = {
  redacted: 'replaced',
  blocked: 'withheld',
  reported: 'only reported',
};

/** What the scan found in a call: the rule, where, a masked piece, and what was done. Nothing where it found nothing. */
export function findingsSection(found: readonly Finding[]): readonly HTMLElement[] {
  if (found.length === 0) {
    return [];
  }
  const list = element('ul', { class: 'found' }, ...found.slice(0, mostShown).map(itemOf));
  const more = found.length - mostShown;
  const rest = more > 0 ? [element('p', { class: 'quiet' }, `${plural(more, 'more finding')}.`)] : [];
  const title = element('div', { class: 'section-title' }, element('h3', {}, 'Findings'));
  return [element('section', { 'aria-label': 'Findings' }, title, list, ...rest)];
}

function itemOf({ rule, title, where, pointer, preview, action, secret }: Finding): HTMLElement {
  const what = element('div', { class: 'what' }, icon('finding'), element('strong', {}, shortName(title)));
  what.append(element('span', { class: 'action', 'data-action': action }, actions[action]));
  const place = element('div', { class: 'quiet' }, places[where]);
  if (pointer !== '') {
    place.append(' at ', inCode(pointer));
  }
  const masked = element('div', { class: 'quiet' }, inCode(preview));
  masked.append(secret === undefined ? ', rule ' : `, the secret `, inCode(secret ?? rule));
  return element('li', {}, what, place, masked);
}

function inCode(text: string): HTMLElement {
  const code = element('code', { dir: 'ltr' });
  appendVisible(code, shortName(text));
  return code;
}
