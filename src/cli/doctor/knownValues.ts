import { readCodexConfig } from '../../core/codexConfig/servers.ts';
import { addressParts, argumentValues, withParts, writtenValues } from '../../core/profile/writtenValues.ts';
import { toPlain, type PlainValue } from '../../core/toml/plain.ts';
import type { ProfileFile } from '../../node/profileFiles.ts';
import type { ConfigFile } from './codexChecks.ts';

/** What the files of profiles and of Codex say as values. Nobody outside shall read any of it, whatever it looks like. */
export function knownValues(profiles: readonly ProfileFile[], configs: readonly ConfigFile[]): readonly string[] {
  const ofProfiles = profiles.flatMap(({ profile }) => (profile.ok ? profile.value.servers.flatMap(writtenValues) : []));
  const ofConfigs = configs.flatMap(({ text }) => readCodexConfig(text ?? '').servers.flatMap(({ table }) => configValues(toPlain(table))));
  return [...new Set([...ofProfiles, ...withParts(ofConfigs)])];
}

/** Keys of an entry whose whole content is somebody's own. */
const valueKeys = new Set(['env', 'http_headers', 'headers', 'bearer_token']);

function configValues(entry: PlainValue): readonly string[] {
  if (typeof entry !== 'object' || Array.isArray(entry)) {
    return [];
  }
  return Object.entries(entry).flatMap(([key, value]): readonly string[] => {
    const texts = textsIn(value);
    if (valueKeys.has(key)) {
      return texts.flatMap((text) => [text, ...text.split(/\s+/)]);
    }
    return key === 'args' ? argumentValues(texts) : key === 'url' ? texts.flatMap(addressParts) : [];
  });
}

function textsIn(value: unknown): readonly string[] {
  return typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
