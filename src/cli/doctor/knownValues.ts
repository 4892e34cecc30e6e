import { readCodexConfig } from '../../core/codexConfig/servers.ts';
import { isLiteralSecret } from '../../core/profile/literalValue.ts';
import type { ProfileServer } from '../../core/profile/profile.ts';
import { parseSecretReference } from '../../core/secrets/reference.ts';
import { toPlain, type PlainValue } from '../../core/toml/plain.ts';
import type { ProfileFile } from '../../node/profileFiles.ts';
import type { ConfigFile } from './codexChecks.ts';

/**
 * What the files of profiles and of Codex say as values: of variables, of headers, and in addresses. Nobody outside shall read any of
 * it, whatever it looks like, and a server may have said it back.
 */
export function knownValues(profiles: readonly ProfileFile[], configs: readonly ConfigFile[]): readonly string[] {
  const ofProfiles = profiles.flatMap(({ profile }) => (profile.ok ? profile.value.servers.flatMap(valuesOf) : []));
  const ofConfigs = configs.flatMap(({ text }) => readCodexConfig(text ?? '').servers.flatMap(({ table }) => configValues(toPlain(table))));
  const all = [...ofProfiles, ...ofConfigs].flatMap((value) => [value, ...addressParts(value)]);
  return [...new Set(all)].filter((value) => parseSecretReference(value) === undefined && value.trim() !== '');
}

function valuesOf(server: ProfileServer): readonly string[] {
  switch (server.kind) {
    case 'image':
      return [...Object.values(server.env), ...argumentValues(server.command)];
    case 'native':
      return [...Object.values(server.env), ...argumentValues(server.args)];
    case 'remote':
      return [...Object.values(server.headers).flatMap((value) => [value, ...value.split(/\s+/)]), ...addressParts(server.url)];
    case 'builtIn':
      return [];
  }
}

/** Keys of an entry whose whole content is somebody's own. */
const valueKeys = new Set(['env', 'http_headers', 'headers', 'bearer_token']);

function configValues(entry: PlainValue): readonly string[] {
  if (typeof entry !== 'object' || Array.isArray(entry)) {
    return [];
  }
  return Object.entries(entry).flatMap(([key, value]): readonly string[] => {
    if (valueKeys.has(key)) {
      return textsIn(value).flatMap((text) => [text, ...text.split(/\s+/)]);
    }
    const texts = textsIn(value);
    return key === 'args' ? argumentValues(texts) : key === 'url' ? texts.flatMap(addressParts) : [];
  });
}

function textsIn(value: unknown): readonly string[] {
  return typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** `--token VALUE` and `TOKEN=VALUE`. */
function argumentValues(args: readonly string[]): readonly string[] {
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

/** The name and the password of an address, and the values of its query. */
function addressParts(text: string): readonly string[] {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || !URL.canParse(text)) {
    return [];
  }
  const { username, password, searchParams } = new URL(text);
  return [username, password, ...searchParams.values()].flatMap((part) => [part, decoded(part)]).filter((part) => part !== '');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
