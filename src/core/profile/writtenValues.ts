import { parseSecretReference } from '../secrets/reference.ts';
import { isLiteralSecret } from './literalValue.ts';
import type { ProfileServer } from './profile.ts';

/**
 * What an entry itself says as values: of variables, of headers, in addresses and behind options of a program that want a secret. They
 * are no secrets of a vault and go to the client as they are, but nobody outside shall read them.
 */
export function writtenValues(server: ProfileServer): readonly string[] {
  switch (server.kind) {
    case 'image':
      return withParts([...Object.values(server.env), ...argumentValues(server.command)]);
    case 'native':
      return withParts([...Object.values(server.env), ...argumentValues(server.args)]);
    case 'remote':
      return withParts([...Object.values(server.headers).flatMap((value) => [value, ...value.split(/\s+/)]), ...addressParts(server.url)]);
    case 'poci':
      return withParts(Object.values(server.env));
    case 'builtIn':
      return [];
  }
}

/** The values, what their addresses hold, and no references. */
export function withParts(values: readonly string[]): readonly string[] {
  const all = values.flatMap((value) => [value, ...addressParts(value)]);
  return [...new Set(all)].filter((value) => value.trim() !== '' && parseSecretReference(value) === undefined);
}

/** `--token VALUE` and `TOKEN=VALUE`, and what addresses hold. */
export function argumentValues(args: readonly string[]): readonly string[] {
  return args.flatMap((argument, index) => {
    const [, name = '', value = ''] = /^-*([\w.-]+)=(.*)$/s.exec(argument) ?? [];
    const before = (args[index - 1] ?? '').replace(/^-+/, '');
    return [
      ...(isLiteralSecret(name, value) ? [value] : []),
      ...(isLiteralSecret(before, argument) ? [argument] : []),
      ...addressParts(argument),
    ];
  });
}

const address = /^[a-z][a-z0-9+.-]*:\/\/(.*)$/is;

/** The name and the password of an address, and the values of its query, as they are written and decoded. */
export function addressParts(text: string): readonly string[] {
  const [, rest] = address.exec(text) ?? [];
  if (rest === undefined) {
    return [];
  }
  // A password may be written with a slash or a question mark in it, which no address may have there.
  const at = rest.lastIndexOf('@');
  const before = at === -1 ? '' : rest.slice(0, at);
  const colon = before.indexOf(':');
  const login = colon === -1 ? [before] : [before.slice(0, colon), before.slice(colon + 1)];
  const query = rest.slice(rest.indexOf('?') + 1).replace(/#.*$/s, '');
  const values = rest.includes('?') ? query.split(/[&;]/).map((pair) => pair.slice(pair.indexOf('=') + 1)) : [];
  return [...login, ...values].flatMap((part) => [part, decoded(part)]).filter((part) => part !== '');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
