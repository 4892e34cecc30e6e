import { homedir } from 'node:os';
import { resolve } from 'node:path';

import { tokenVariable } from '../core/codexConfig/gatewayEntry.ts';
import { HttpService, type ServiceChange } from '../node/httpService.ts';
import { readState, serviceLog, tokenFile } from '../node/httpServiceFiles.ts';
import { serviceManager, type ServiceManager } from '../node/httpServiceManager.ts';
import { probeHttpService } from '../node/httpServiceProbe.ts';
import { runTool } from '../node/httpServiceTool.ts';
import { linkTarget } from '../node/linkTarget.ts';
import type { Locations } from '../node/locations.ts';
import type { ProfileFile } from '../node/profileFiles.ts';
import { profileHandle } from '../node/profileHandle.ts';
import type { ProfileSelection } from '../shared/controlProtocol.ts';
import { ok, type Result } from '../shared/result.ts';
import { note } from './output.ts';

export interface GatewayService {
  readonly service: HttpService;
  readonly manager: ServiceManager;
}

/** The service that serves HTTP for this user. Fails with `serviceUnavailable` where nothing could start it. */
export function gatewayService(locations: Locations): Result<GatewayService> {
  const host = { platform: process.platform, env: process.env, home: homedir(), uid: process.getuid?.() ?? 0 };
  const manager = serviceManager({ ...host, logFile: serviceLog(locations), run: runTool });
  if (!manager.ok) {
    return manager;
  }
  const variables = serviceVariables(process.env);
  return ok({
    manager: manager.value,
    service: new HttpService({ locations, manager: manager.value, probe: probeHttpService, variables }),
  });
}

/** A service starts with hardly any environment: it finds the user's programs and Wharf's state as this command does. */
function serviceVariables(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const [path = '', wharfHome = ''] = [env['PATH'], env['WHARF_HOME']];
  return { ...(path === '' ? {} : { PATH: path }), ...(wharfHome === '' ? {} : { WHARF_HOME: resolve(wharfHome) }) };
}

/** How the service names a profile: the user's own by its id, a project's by its file, as the service runs in no project. */
export function served(profile: ProfileFile): ProfileSelection {
  return profile.scope === 'user' ? { by: 'id', id: profile.id } : { by: 'file', path: profile.path };
}

/** Takes a configuration that no longer reaches the gateway over HTTP out of the service, where it was in it. */
export async function leaveService(locations: Locations, config: string): Promise<Result<readonly string[]>> {
  const path = await linkTarget(config);
  const isThere = await isServed(locations, path);
  if (!isThere.ok || !isThere.value) {
    return isThere.ok ? ok([]) : isThere;
  }
  const gateway = gatewayService(locations);
  if (!gateway.ok) {
    return gateway;
  }
  const { service, manager } = gateway.value;
  const left = await service.leave(path);
  if (!left.ok) {
    return left;
  }
  sayForgotten(left.value);
  return ok([
    left.value.state === undefined
      ? `Stopped the service of the gateway, as nothing else uses it, and removed ${manager.unitFile} and the token.`
      : `The service of the gateway goes on: it serves ${servedBy(left.value)}.`,
  ]);
}

/** Whether the service serves a configuration of Codex. `config` is no link. */
export async function isServed(locations: Locations, config: string): Promise<Result<boolean>> {
  const state = await readState(locations);
  return state.ok ? ok(state.value?.connections.some((connection) => connection.config === config) === true) : state;
}

function servedBy({ state }: ServiceChange): string {
  const handles = new Set(state?.connections.map(({ profile }) => profileHandle(profile)));
  return [...handles].map((handle) => `"${handle}"`).join(', ');
}

export function sayForgotten({ forgotten }: ServiceChange): void {
  for (const path of forgotten) {
    note(`wharf: The service does not serve ${path} any more: that file is gone.`);
  }
}

/** What the user has to do so that Codex can reach the service. The token is never shown. */
export function serviceWords(locations: Locations, { manager }: GatewayService, change: ServiceChange, url: string): readonly string[] {
  const file = tokenFile(locations);
  const typed = /^[\w@%+=:,./-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`;
  const desktop =
    manager.kind === 'systemd'
      ? `then run "systemctl --user import-environment ${tokenVariable}" (until you log out), or put the line into a file that your login session reads, such as ~/.profile`
      : `then set it for the session with "launchctl setenv", or start Codex from a terminal`;
  return [
    `The gateway is a service of yours (${manager.unitFile}) and serves ${servedBy(change)}; Codex reaches it at ${url}.`,
    `Codex reads the token from the variable ${tokenVariable} of its own environment. Put this line into your shell's profile, and start Codex from a new shell:`,
    `  export ${tokenVariable}="$(cut -d= -f2- ${typed})"`,
    `A Codex that the desktop starts does not read that profile: ${desktop}.`,
  ];
}
