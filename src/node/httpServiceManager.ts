import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import * as problems from '../core/problems.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { launchdAgent, launchdLabel, systemdUnit, type ServiceSetup } from './httpServiceUnit.ts';
import type { RunTool, ToolOutcome } from './httpServiceTool.ts';

/** What starts the gateway when the user logs in, and again when it fails. */
export interface ServiceManager {
  readonly kind: 'systemd' | 'launchd';
  /** Absolute path of the file that describes the service. */
  readonly unitFile: string;
  /** A command that shows how the service is. */
  readonly statusCommand: string;
  unitText(setup: ServiceSetup): string;
  /** Fails with `serviceUnavailable` where the service manager does not answer. */
  ready(): Promise<Result<null>>;
  /** Takes the unit as it is now and starts it, or starts it again. */
  restart(): Promise<Result<null>>;
  /** Starts what is there already, if it does not run. */
  start(): Promise<Result<null>>;
  /** Stops it for good; its unit is removed next. */
  stop(): Promise<Result<null>>;
  /** Lets the manager see that the unit is gone. */
  forget(): Promise<Result<null>>;
  /** The last lines that the service wrote. */
  lastWords(): Promise<string>;
}

export interface ServiceHost {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly uid: number;
  /** Where an agent of launchd writes. */
  readonly logFile: string;
  readonly run: RunTool;
}

/** The service manager of this system. Fails with `serviceUnavailable` where Wharf knows none. */
export function serviceManager(host: ServiceHost): Result<ServiceManager> {
  if (host.platform === 'linux') {
    return ok(systemd(host));
  }
  return host.platform === 'darwin'
    ? ok(launchd(host))
    : fail(problems.serviceUnavailable('Wharf knows systemd on Linux and launchd on macOS, and this is neither'));
}

const systemdName = 'wharf-gateway.service';

function systemd({ env, home, run }: ServiceHost): ServiceManager {
  // The XDG specification: a relative path is to be ignored.
  const set = env['XDG_CONFIG_HOME'] ?? '';
  const folder = isAbsolute(set) ? set : join(home, '.config');
  const ask = (...args: readonly string[]): Promise<ToolOutcome> => run('systemctl', ['--user', ...args]);
  const all = async (...commands: readonly (readonly string[])[]): Promise<Result<null>> => {
    for (const command of commands) {
      const outcome = await ask(...command);
      if (outcome.code !== 0) {
        return fail(problems.serviceFailed(`systemctl --user ${command.join(' ')}`, statusOf.systemd, outcome.stderr));
      }
    }
    return ok(null);
  };
  return {
    kind: 'systemd',
    unitFile: join(folder, 'systemd', 'user', systemdName),
    statusCommand: statusOf.systemd,
    unitText: systemdUnit,
    ready: async () => {
      // "is-system-running" fails as soon as any unit of the user has.
      const { code, stderr } = await ask('show-environment');
      return code === 0 ? ok(null) : fail(problems.serviceUnavailable('"systemctl --user" does not answer', stderr));
    },
    restart: async () => {
      const reloaded = await all(['daemon-reload'], ['enable', systemdName]);
      if (!reloaded.ok) {
        return reloaded;
      }
      await ask('reset-failed', systemdName); // It may have been started too often; otherwise there is nothing to reset.
      return await all(['restart', systemdName]);
    },
    start: () => all(['enable', '--now', systemdName]),
    stop: async () => {
      // A unit that was never loaded cannot be stopped: what counts is that it does not run.
      const { stderr } = await ask('disable', '--now', systemdName);
      const runs = (await ask('is-active', '--quiet', systemdName)).code === 0;
      return runs ? fail(problems.serviceFailed(`systemctl --user disable --now ${systemdName}`, statusOf.systemd, stderr)) : ok(null);
    },
    forget: async () => {
      await ask('daemon-reload');
      await ask('reset-failed', systemdName);
      return ok(null);
    },
    lastWords: async () => {
      const args = ['--user', '--unit', systemdName, '--lines', '5', '--output', 'cat', '--no-pager', '--quiet'];
      return (await run('journalctl', args)).stdout.trim();
    },
  };
}

const statusOf = { systemd: 'systemctl --user status wharf-gateway', launchd: `launchctl list ${launchdLabel}` } as const;

function launchd({ home, uid, logFile, run }: ServiceHost): ServiceManager {
  const unitFile = join(home, 'Library', 'LaunchAgents', `${launchdLabel}.plist`);
  const domain = `gui/${uid}`;
  const service = `${domain}/${launchdLabel}`;
  const ask = async (...args: readonly string[]): Promise<Result<null>> => {
    const outcome = await run('launchctl', args);
    return outcome.code === 0 ? ok(null) : fail(problems.serviceFailed(`launchctl ${args.join(' ')}`, statusOf.launchd, outcome.stderr));
  };
  const isLoaded = async (): Promise<boolean> => (await run('launchctl', ['print', service])).code === 0;
  const stop = async (): Promise<Result<null>> => ((await isLoaded()) ? await ask('bootout', service) : ok(null));
  return {
    kind: 'launchd',
    unitFile,
    statusCommand: statusOf.launchd,
    unitText: launchdAgent,
    ready: async () => {
      const { code, stderr } = await run('launchctl', ['print', domain]);
      return code === 0 ? ok(null) : fail(problems.serviceUnavailable('"launchctl" knows no session of this user', stderr));
    },
    restart: async () => {
      const stopped = await stop();
      if (!stopped.ok) {
        return stopped;
      }
      await run('launchctl', ['enable', service]);
      return await bootstrap(() => ask('bootstrap', domain, unitFile));
    },
    start: async () => ((await isLoaded()) ? await ask('kickstart', service) : await ask('bootstrap', domain, unitFile)),
    stop,
    forget: () => Promise.resolve(ok(null)),
    lastWords: async () => {
      const text = await readFile(logFile, 'utf8').catch(() => '');
      return text.trimEnd().split('\n').slice(-5).join('\n');
    },
  };
}

/** launchd says that an agent is gone before it is: then it takes the new one a moment later. */
async function bootstrap(attempt: () => Promise<Result<null>>): Promise<Result<null>> {
  let outcome = await attempt();
  for (let tries = 1; !outcome.ok && tries < 10; tries += 1) {
    await pause(500);
    outcome = await attempt();
  }
  return outcome;
}
