import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import type { GatewayProbe } from '../core/codexConfig/gatewayAddress.ts';
import * as problems from '../core/problems.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { discard, takeLock } from './fileLock.ts';
import { ensureToken, readState, remove, serviceLog, stateFile, tokenFile, writeFile, writeState } from './httpServiceFiles.ts';
import type { ServiceConnection, ServiceState } from './httpServiceFiles.ts';
import type { ServiceManager } from './httpServiceManager.ts';
import { choosePort, whyNotFree } from './httpServicePort.ts';
import { isUnitFor, type ServiceSetup } from './httpServiceUnit.ts';
import { launcherPath } from './launcher.ts';
import type { Locations } from './locations.ts';
import { ensurePrivateFolder } from './privateFolder.ts';
import { profileHandle } from './profileHandle.ts';
import { readTextFile } from './textFile.ts';

export interface HttpServiceOptions {
  readonly locations: Locations;
  readonly manager: ServiceManager;
  readonly probe: GatewayProbe;
  /** Variables that the service gets; none of them may be a secret. */
  readonly variables: Readonly<Record<string, string>>;
  /** Milliseconds that the gateway has until it says that it is well. */
  readonly patienceMs?: number;
}

/** What became of the service when a configuration joined or left it. */
export interface ServiceChange {
  readonly before: ServiceState | undefined;
  /** undefined when there is no service. */
  readonly state: ServiceState | undefined;
  /** Configurations that are not there any more, and were therefore forgotten. */
  readonly forgotten: readonly string[];
}

/**
 * The gateway that runs as a service of the user, and serves every profile that a configuration of Codex reaches over HTTP.
 * One program at a time changes it; what fails half-way is put back as it was.
 */
export class HttpService {
  readonly #options: HttpServiceOptions;

  constructor(options: HttpServiceOptions) {
    this.#options = options;
  }

  /**
   * The port that a configuration will have: the wish, else the service's own. Fails with `serviceUnavailable` where the
   * service cannot run, and with `servicePort` for a wish that would move other configurations.
   */
  async plannedPort(config: string, wish: number | undefined): Promise<Result<number>> {
    const ready = await this.#options.manager.ready();
    const state = ready.ok ? await readState(this.#options.locations) : ready;
    return state.ok ? choosePort(state.value?.port, others(state.value, config).kept.length, wish) : state;
  }

  /** Serves a profile to one more configuration: makes the service, or adds to it, and waits until it is well. */
  join(connection: ServiceConnection, wish: number | undefined): Promise<Result<ServiceChange>> {
    return this.#locked(async (before) => {
      const { kept, forgotten } = others(before, connection.config);
      const port = choosePort(before?.port, kept.length, wish);
      const taken = port.ok && before?.port !== port.value ? await whyNotFree(port.value) : undefined;
      if (!port.ok || taken !== undefined) {
        return port.ok ? fail(problems.servicePort(port.value, taken ?? '', 'Choose another one with --port.')) : port;
      }
      const state = { port: port.value, connections: [...kept, connection] };
      const established = await this.#establish(state);
      if (!established.ok) {
        await this.#restore(before);
        return established;
      }
      return ok({ before, state, forgotten });
    });
  }

  /** Forgets a configuration. With the last one the service ends, and its unit, its token and its state are removed. */
  leave(config: string): Promise<Result<ServiceChange>> {
    return this.#locked(async (before) => {
      const { kept, forgotten } = others(before, config);
      const state = before === undefined || kept.length === 0 ? undefined : { port: before.port, connections: kept };
      const changed = await (state === undefined ? this.#dismantle() : this.#establish(state));
      return changed.ok ? ok({ before, state, forgotten }) : changed;
    });
  }

  /** Takes a change of one configuration back. */
  async putBack({ before }: ServiceChange, config: string): Promise<void> {
    const old = before?.connections.find((connection) => connection.config === config);
    await (old === undefined ? this.leave(config) : this.join(old, before?.port));
  }

  async #locked<T>(action: (before: ServiceState | undefined) => Promise<Result<T>>): Promise<Result<T>> {
    const { dataFolder } = this.#options.locations;
    const folder = ensurePrivateFolder(dataFolder);
    if (!folder.ok) {
      return folder;
    }
    const lock = join(dataFolder, 'http-service.lock');
    try {
      await takeLock(lock);
    } catch (error) {
      return fail(problems.fileUnwritable(lock, error instanceof Error ? error.message : String(error)));
    }
    try {
      const before = await readState(this.#options.locations);
      return before.ok ? await action(before.value) : before;
    } finally {
      await discard(lock);
    }
  }

  async #establish(state: ServiceState): Promise<Result<null>> {
    const { locations, manager } = this.#options;
    const unit = { changed: false };
    return await inOrder([
      () => manager.ready(),
      () => this.#checkOwner(),
      () => ensureToken(locations),
      async () => {
        const written = await writeFile(locations, manager.unitFile, manager.unitText(this.#setup(state)), 0o644);
        unit.changed = written.ok && written.value;
        return written;
      },
      () => writeState(locations, state),
      () => (unit.changed ? manager.restart() : manager.start()),
      () => this.#untilWell(state.port),
    ]);
  }

  /** A file of that name that somebody else wrote, or that belongs to Wharf with another WHARF_HOME, is not touched. */
  async #checkOwner(): Promise<Result<null>> {
    const { locations, manager } = this.#options;
    const file = await readTextFile(manager.unitFile);
    if (!file.ok) {
      return file;
    }
    const { text, hash } = file.value;
    return hash === null || isUnitFor(text, tokenFile(locations))
      ? ok(null)
      : fail(problems.serviceUnavailable(`${manager.unitFile} is there already and was not written by Wharf with this data folder`));
  }

  #setup(state: ServiceState): ServiceSetup {
    const { locations, variables } = this.#options;
    const byHandle = new Map(state.connections.map(({ profile }) => [profileHandle(profile), profile]));
    return {
      launcher: launcherPath(locations),
      port: state.port,
      profiles: [...byHandle.values()],
      tokenFile: tokenFile(locations),
      variables,
      logFile: serviceLog(locations),
    };
  }

  async #untilWell(port: number): Promise<Result<null>> {
    const { manager, probe, patienceMs = defaultPatienceMs } = this.#options;
    const origin = `http://127.0.0.1:${port}`;
    const end = Date.now() + patienceMs;
    for (;;) {
      const state = await probe({ origin, health: [`${origin}/health`] });
      if (state === 'healthy') {
        return ok(null);
      }
      if (Date.now() > end) {
        const what = `the check of ${origin}/health after its start`;
        return fail(problems.serviceFailed(what, manager.statusCommand, await manager.lastWords()));
      }
      await pause(100);
    }
  }

  /** As well as it can be done: whoever asks is told about the failure that came before. */
  async #restore(before: ServiceState | undefined): Promise<void> {
    const { locations, manager } = this.#options;
    if (before === undefined) {
      await this.#dismantle();
      return;
    }
    await inOrder([
      () => this.#checkOwner(),
      () => writeFile(locations, manager.unitFile, manager.unitText(this.#setup(before)), 0o644),
      () => writeState(locations, before),
      () => manager.restart(),
    ]);
  }

  /** Where the service manager does not answer any more, there is nothing that could be stopped. */
  async #dismantle(): Promise<Result<null>> {
    const { locations, manager } = this.#options;
    const owned = (await this.#checkOwner()).ok && existsSync(manager.unitFile);
    const reachable = (await manager.ready()).ok;
    return await inOrder([
      ...(owned && reachable ? [() => manager.stop()] : []),
      ...(owned ? [() => remove(manager.unitFile)] : []),
      ...(owned && reachable ? [() => manager.forget()] : []),
      ...[tokenFile(locations), stateFile(locations), serviceLog(locations)].map((path) => () => remove(path)),
    ]);
  }
}

/** A container image is not loaded before its first call, so that a gateway is well within a second or two. */
const defaultPatienceMs = 20_000;

/** The connections of other configurations; those whose file is gone reach nothing any more. */
function others(state: ServiceState | undefined, config: string): { kept: readonly ServiceConnection[]; forgotten: readonly string[] } {
  const rest = state?.connections.filter((connection) => connection.config !== config) ?? [];
  return {
    kept: rest.filter((connection) => existsSync(connection.config)),
    forgotten: rest.map((connection) => connection.config).filter((path) => !existsSync(path)),
  };
}

/** Takes steps until one fails. */
async function inOrder(steps: readonly (() => Promise<Result<unknown>>)[]): Promise<Result<null>> {
  for (const step of steps) {
    const outcome = await step();
    if (!outcome.ok) {
      return outcome;
    }
  }
  return ok(null);
}
