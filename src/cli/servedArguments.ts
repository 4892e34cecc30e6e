import type { SessionSelection } from '../shared/controlProtocol.ts';
import type { GatewayTransport } from '../shared/gatewayRun.ts';
import { Misused, type Values } from './optionValues.ts';

/** What the gateway shall serve: profiles, or servers without one. */
export function servedOf(values: Values, transport: GatewayTransport): readonly SessionSelection[] {
  return checkedProfiles(profilesOf(values), transport);
}

/** The profiles that were named, or the servers without one. */
function profilesOf(values: Values): readonly SessionSelection[] {
  const servers = [...new Set(values.texts('servers').flatMap(namesOf))];
  const catalogs = values.texts('catalog').flatMap(namesOf);
  const given = [...(servers.length > 0 ? ['--servers'] : []), ...(catalogs.length > 0 ? ['--catalog'] : [])].join(' and ');
  if (given === '') {
    return values.profiles;
  }
  if (values.profiles.length > 0) {
    throw new Misused(`A profile says which servers are served: --profile and --profile-file cannot be used with ${given}.`);
  }
  if (servers.length === 0) {
    throw new Misused('--catalog needs --servers with the names of those that shall be served; "wharf catalog server ls" lists them.');
  }
  for (const name of ['frozen', 'trust-profile'].filter((one) => values.isSet(one))) {
    throw new Misused(`--${name} needs a profile, and --servers has none.`);
  }
  return [{ by: 'servers', catalogs, servers }];
}

function namesOf(list: string): readonly string[] {
  const names = list.split(',').map((name) => name.trim());
  if (names.includes('')) {
    throw new Misused(`--servers and --catalog take names with commas between, not "${list}".`);
  }
  return names;
}

function checkedProfiles(profiles: readonly SessionSelection[], transport: GatewayTransport): readonly SessionSelection[] {
  const names = profiles.flatMap((profile) => (profile.by === 'id' ? [profile.id] : profile.by === 'file' ? [profile.path] : []));
  if (profiles.length === 0 || names.includes('')) {
    throw new Misused('"wharf gateway run" needs --profile, --profile-file, or --servers.');
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new Misused(`The profile "${twice}" is there twice.`);
  }
  if (transport.kind === 'stdio' && profiles.length > 1) {
    throw new Misused('"wharf gateway run" needs --profile or --profile-file once; only --transport streaming serves several.');
  }
  return profiles;
}
