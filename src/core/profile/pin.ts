import { parseDocument } from 'yaml';

import { allowedHostText, type AllowedHost } from '../network/allowedHost.ts';
import { ok, type Result } from '../../shared/result.ts';
import { anyCatalogue } from './anyCatalogue.ts';
import { setServerSetting, type SettingValue } from './edit.ts';
import type { ImageServer } from './profile.ts';
import { readProfile } from './read.ts';

/**
 * The text of a profile in which a server reaches these hosts, those that it was allowed before, and nothing else. What was
 * allowed before may be private as before; the pinned ones may not, so that a name which later stands for another address gains
 * nothing. `file` is only for messages.
 */
export function pinHosts(text: string, server: ImageServer, hosts: readonly AllowedHost[], file: string): Result<string> {
  const { network } = server;
  const { hosts: before, isOwn, privateHosts } = 'hosts' in network ? network : { hosts: [], isOwn: false, privateHosts: undefined };
  const more = hosts.filter(({ host, port }) => !before.some((each) => each.host === host && each.port === port));
  const written = isOwn ? allowedIn(text, server.name, file) : before.map(allowedHostText);
  const settings: readonly (readonly [string, SettingValue])[] = [
    ...(isOwn && more.length === 0 ? [] : [['allowHosts', [...written, ...more.map(allowedHostText)]] as const]),
    ...(privateHosts === undefined ? [['privateHosts', isOwn ? before.map(allowedHostText) : []] as const] : []),
    ['network', 'declared'],
  ];
  return settings.reduce<Result<string>>(
    (now, [key, value]) => (now.ok ? setServerSetting(now.value, server.name, key, value, file) : now),
    ok(text),
  );
}

/** What an entry's own `allowHosts` says, in its own words, so that nothing of it changes. */
function allowedIn(text: string, server: string, file: string): readonly string[] {
  const profile = readProfile(text, file, anyCatalogue);
  const index = profile.ok ? profile.value.servers.findIndex(({ name }) => name === server) : -1;
  const { servers } = parseDocument(text, { prettyErrors: false }).toJS() as { readonly servers?: readonly Record<string, unknown>[] };
  const list = servers?.[index]?.['allowHosts'];
  return Array.isArray(list) ? list.filter((each) => typeof each === 'string') : [];
}
