import { readContact, type Contact } from '../core/network/contact.ts';

const longestLine = 8 * 1024;

export interface EgressEars {
  readonly onReady: () => void;
  readonly onContact: (contact: Contact) => void;
}

/** Reads what a proxy says on its stdout, one JSON object per line. Anything else is passed over. */
export function egressLines(ears: EgressEars): (bytes: Uint8Array) => void {
  const decoder = new TextDecoder();
  let waiting = '';
  return (bytes) => {
    const lines = (waiting + decoder.decode(bytes, { stream: true })).split('\n');
    waiting = (lines.pop() ?? '').slice(0, longestLine);
    for (const line of lines) {
      const said = parse(line);
      const contact = said['kind'] === 'contact' ? readContact(said) : undefined;
      if (said['kind'] === 'ready') {
        ears.onReady();
      } else if (contact !== undefined) {
        ears.onContact(contact);
      }
    }
  };
}

function parse(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
