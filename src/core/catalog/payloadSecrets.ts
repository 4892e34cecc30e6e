import { isRecord } from '../provenance/json.ts';
import { isLiteralSecret } from '../profile/literalValue.ts';
import { utf8Bytes } from '../scan/bytes.ts';
import type { Scanner } from '../scan/scanner.ts';

/** What looks like the value of a secret in a catalogue's payload. */
export interface FoundSecret {
  /** The server that it is in; empty where that is none. */
  readonly server: string;
  readonly title: string;
}

/**
 * The first value that looks like a secret in what is about to be pushed: by its form, or by the name of the variable that has it.
 * Texts are looked at as they are read, so that an escape hides nothing.
 */
export function secretInPayload(payload: string, scanner: Scanner): FoundSecret | undefined {
  const read = JSON.parse(payload) as unknown;
  const servers = isRecord(read) && Array.isArray(read['servers']) ? (read['servers'] as readonly unknown[]) : [];
  for (const item of servers) {
    const title = secretIn(item, scanner);
    if (title !== undefined) {
      return { server: nameOf(item), title };
    }
  }
  const rest = isRecord(read) ? textsOf({ ...read, servers: [] }) : '';
  const [found] = scanner.scanText(utf8Bytes(rest));
  return found && { server: '', title: found.title };
}

function secretIn(item: unknown, scanner: Scanner): string | undefined {
  const [found] = scanner.scanText(utf8Bytes(textsOf(item)));
  return found?.title ?? variableIn(item);
}

/** All texts below a value, each on lines of its own. */
function textsOf(value: unknown): string {
  const texts: string[] = [];
  const take = (one: unknown): void => {
    if (typeof one === 'string') {
      texts.push(one);
    } else if (Array.isArray(one)) {
      one.forEach(take);
    } else if (isRecord(one)) {
      Object.entries(one).forEach(([key, inner]) => {
        texts.push(typeof inner === 'string' ? `${key}: ${inner}` : key);
        if (typeof inner !== 'string') {
          take(inner);
        }
      });
    }
  };
  take(value);
  return texts.join('\n');
}

/** A pair of `name` and `value`, or one below `env` or `headers`. */
function variableIn(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    return firstOf(value, variableIn);
  }
  if (!isRecord(value)) {
    return undefined;
  }
  const pairs: readonly (readonly [unknown, unknown])[] = [
    [value['name'], value['value']],
    ...['env', 'headers'].flatMap((key) => pairsOf(value[key])),
  ];
  const named = pairs.find(([name, text]) => typeof name === 'string' && typeof text === 'string' && isLiteralSecret(name, text));
  return named === undefined ? firstOf(Object.values(value), variableIn) : `the value of ${String(named[0])}`;
}

function pairsOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  return isRecord(value) ? Object.entries(value) : [];
}

function firstOf(values: readonly unknown[], find: (value: unknown) => string | undefined): string | undefined {
  for (const value of values) {
    const found = find(value);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function nameOf(item: unknown): string {
  const snapshot = isRecord(item) && isRecord(item['snapshot']) ? item['snapshot']['server'] : undefined;
  const name = isRecord(snapshot) ? snapshot['name'] : undefined;
  return typeof name === 'string' ? name : '';
}
