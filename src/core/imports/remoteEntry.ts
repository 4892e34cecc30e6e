import { addressParts } from '../profile/writtenValues.ts';
import { EntryDraft, whyNotUsable } from './entryDraft.ts';
import { addCommon } from './entryParts.ts';
import type { MarkedText } from './foreign.ts';
import type { ImportWork } from './imported.ts';
import { hasMark } from './placeholders.ts';
import { isSecretValue, variableOf, type CarriedValue, type IsSecretText, type ValueCarrier } from './values.ts';

/** How a server is reached that runs elsewhere. */
export interface RemoteWish {
  readonly url: MarkedText;
  readonly isSse: boolean;
  readonly headers: Readonly<Record<string, MarkedText>>;
}

/** The entry of a remote server, or why there can be none, as half a sentence. */
export function remoteEntry(
  { url, isSse, headers }: RemoteWish,
  { server, as, options: { isSecretText } }: ImportWork,
  carrier: ValueCarrier,
): EntryDraft | string {
  if (hasMark(url)) {
    return 'its address has a placeholder, which an "endpoint" cannot have: write the address out';
  }
  if (isSecretInAddress(url, isSecretText)) {
    return 'its address holds a secret, which everybody could read in the profile: give it in a header, where the server knows one';
  }
  const snapshot = isSse
    ? { snapshot: { server: { name: as, type: 'remote', longLived: true, remote: { url, transport_type: 'sse' } } } }
    : {};
  const base = { name: as, endpoint: url, ...snapshot };
  const why = whyNotUsable(base);
  if (why !== undefined) {
    return why;
  }
  const draft = new EntryDraft(base);
  draft.carried.push('its address');
  for (const [name, text] of Object.entries(headers)) {
    addHeader(draft, name, carryHeader(name, text, carrier));
  }
  if (server.oauthScopes !== null) {
    draft.set('its login by OAuth', 'oauth', server.oauthScopes.length === 0 ? {} : { scopes: server.oauthScopes });
  }
  addCommon(draft, server);
  return draft;
}

/** A word such as `Bearer` stays in front of what is a secret. */
function carryHeader(name: string, text: MarkedText, carrier: ValueCarrier): CarriedValue {
  const [, scheme = '', rest = text] = /^((?:Bearer|Basic|Token|ApiKey)\s+)(.+)$/is.exec(text) ?? [];
  const value = carrier.carry(scheme === '' ? name : 'AUTHORIZATION', rest);
  if (value.kind === 'reference') {
    const env = variableOf(name);
    return { kind: 'template', value: `${scheme}\${${env}}`, uses: [{ env, reference: value.reference }] };
  }
  return value.kind === 'plain' || value.kind === 'template' ? { ...value, value: scheme + value.value } : value;
}

function addHeader(draft: EntryDraft, name: string, value: CarriedValue): void {
  const what = `the header ${name}`;
  switch (value.kind) {
    case 'plain':
      draft.put(what, 'headers', name, value.value);
      return;
    case 'template': {
      const uses = value.uses.map(({ env, reference }) => ({ name: reference.replace(/^secret:\/\//, ''), env }));
      const names = value.uses.map(({ reference }) => reference).join(', ');
      if (draft.append(`${what} with ${names}`, 'secrets', uses)) {
        const isIn = draft.put(what, 'headers', name, value.value);
        if (isIn) {
          draft.carried.pop();
        }
      }
      return;
    }
    case 'reference':
      return;
    case 'left':
      draft.leave(what, value.why);
  }
}

function isSecretInAddress(url: string, isSecretText: IsSecretText): boolean {
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1).replace(/#.*$/s, '') : '';
  const isInQuery = query.split(/[&;]/).some((pair) => {
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    return value !== '' && isSecretValue(name, value, isSecretText);
  });
  return isInQuery || isSecretText(url) || (/^[a-z]+:\/\/[^/?#]*@/i.test(url) && addressParts(url).length > 0);
}
