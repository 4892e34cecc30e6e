import { startsGateway } from './gatewayServer.ts';
import { readCodexConfig, stringsAt, type CodexServer } from './servers.ts';

/** Codex 0.169's own default; older versions give up after 10 s. */
export const defaultStartupSeconds = 30;

/**
 * How long Codex waits for the gateway of this profile, in seconds: what the last of these configurations says
 * that starts it. `texts` are the files that apply, the strongest last.
 */
export function startupSecondsOf(texts: readonly string[], profile: string): number {
  const entries = texts
    .flatMap((text) => readCodexConfig(text).servers)
    .filter((server) => startsGateway(server) && serves(server, profile));
  const said = entries.map((entry) => secondsOf(entry)).filter((seconds) => seconds !== undefined);
  return said.at(-1) ?? defaultStartupSeconds;
}

function serves(server: CodexServer, profile: string): boolean {
  const args = stringsAt(server.table, 'args');
  return args.includes(`--profile=${profile}`) || args[args.indexOf('--profile') + 1] === profile;
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
