import { dockerSlug } from '../profile/profileId.ts';
import { addressedGateway } from './gatewayAddress.ts';
import { startsGateway } from './gatewayServer.ts';
import { readCodexConfig, stringAt, stringsAt, type CodexServer } from './servers.ts';

/** Codex 0.169's own default; older versions give up after 10 s. */
export const defaultStartupSeconds = 30;

/**
 * How long Codex waits for the gateway of this profile, in seconds: what the last of these configurations says
 * that starts it. `texts` are the files that apply, the strongest last.
 */
export function startupSecondsOf(texts: readonly string[], profile: ServedProfile): number {
  const entries = texts.flatMap((text) => readCodexConfig(text).servers).filter((server) => serves(server, profile));
  const said = entries.map((entry) => secondsOf(entry)).filter((seconds) => seconds !== undefined);
  return said.at(-1) ?? defaultStartupSeconds;
}

/** How an entry may name a profile. */
export interface ServedProfile {
  readonly id: string;
  /** What stands for it in an address, as in `/p/HANDLE/mcp`. */
  readonly handle: string;
  /** Absolute path of its file. */
  readonly path: string;
}

/** Whether an entry of Codex starts, or reaches, the gateway of this profile. */
export function serves(server: CodexServer, { id, handle, path }: ServedProfile): boolean {
  if (addressedGateway(server) !== undefined) {
    const url = stringAt(server.table, 'url') ?? '';
    return url.endsWith(`/p/${handle}/mcp`);
  }
  const args = stringsAt(server.table, 'args');
  const given = (name: string): readonly string[] => args.flatMap((arg, index) => valueOf(name, arg, args[index + 1]));
  return (
    startsGateway(server) &&
    (given('--profile').some((name) => dockerSlug(name) === dockerSlug(id)) ||
      given('--profile-file').some((file) => path.endsWith(plainPath(file))))
  );
}

function valueOf(name: string, arg: string, next: string | undefined): readonly string[] {
  if (arg === name) {
    return next === undefined ? [] : [next];
  }
  return arg.startsWith(`${name}=`) ? [arg.slice(name.length + 1)] : [];
}

/** `./team.yaml` and `../team.yaml` as a path ends with them. */
function plainPath(file: string): string {
  return file.replace(/^(?:\.{1,2}[\\/])+/, '');
}

function secondsOf({ table }: CodexServer): number | undefined {
  const seconds = numberAt(table.members.get('startup_timeout_sec')?.value);
  const milliseconds = numberAt(table.members.get('startup_timeout_ms')?.value);
  return seconds ?? (milliseconds === undefined ? undefined : milliseconds / 1000);
}

function numberAt(value: { readonly kind: string } | undefined): number | undefined {
  const number = value !== undefined && 'value' in value ? Number(value.value) : Number.NaN;
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}
