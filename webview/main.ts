import { element } from './dom.ts';
import { findHost } from './host.ts';
import { startInspector } from './inspector.ts';

const host = findHost();
if (host === undefined) {
  document.body.append(element('p', { class: 'empty' }, 'This page shows nothing by itself. Open the inspector in VS Code.'));
} else {
  startInspector(document.body, host);
}
