import { constants, existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';

import { probeGateways, type GatewayStates } from '../../core/codexConfig/gatewayAddress.ts';
import { readCodexConfig } from '../../core/codexConfig/servers.ts';
import type { ProfileLock } from '../../core/lock/lock.ts';
import * as problems from '../../core/problems.ts';
import { codexHome } from '../../node/codexHome.ts';
import type { ControlClient } from '../../node/controlClient.ts';
import { probeHttpService } from '../../node/httpServiceProbe.ts';
import { readLockFile } from '../../node/lockFiles.ts';
import type { Locations } from '../../node/locations.ts';
import { listProfiles, listProfilesFrom, type ProfileFile } from '../../node/profileFiles.ts';
import { projectProfilesFolder } from '../../node/profileFolders.ts';
import { checkRuntime } from '../../node/runtimeCheck.ts';
import { runTool } from '../../node/runTool.ts';
import { readTextFile } from '../../node/textFile.ts';
import { dockerFolder, findDockerPlugin, otherDockerPlugin } from '../../node/dockerPlugin.ts';
import { isTrustedByCodex, isTrustedWorkspace } from '../../node/workspaceTrust.ts';
import type { ControlMethods, DaemonStatus, VaultStatus } from '../../shared/controlProtocol.ts';
import { ok, type Result } from '../../shared/result.ts';
import { version } from '../../shared/version.ts';
import { openControl, openRunningControl } from '../context.ts';
import { dockerSource, hasRememberedDocker } from '../dockerMemory.ts';
import { fails, warns, type Check } from './check.ts';
import { codexOutcome, configOutcome, entryCheck, folderOutcome, type ConfigFile } from './codexChecks.ts';
import { daemonOutcome, dockerOutcome, programsOutcome, vaultOutcome, withoutDaemon } from './engineChecks.ts';
import { unapproved } from '../unapproved.ts';
import { ownBundles } from './ownBundles.ts';
import { hiddenChecks, imagesOf, profileChecks, wantedSecrets, type Known } from './profileChecks.ts';

/** Everything that was looked at, for the checks and for the report. */
export interface Examination {
  readonly checks: readonly Check[];
  /** Open; null where the daemon neither runs nor starts. */
  readonly control: ControlClient | null;
  readonly status: DaemonStatus | null;
  readonly engine: ControlMethods['engine/facts']['result'] | null;
  readonly profiles: readonly ProfileFile[];
  readonly configs: readonly ConfigFile[];
  /** Names of secrets of the vault, and of those that profiles want. */
  readonly secrets: readonly string[];
}

export interface ExamineOptions {
  readonly locations: Locations;
  /** Null: nothing in the folder is read. */
  readonly folder: string | null;
  readonly tellsNames: boolean;
}

const configLimit = 5 * 1024 ** 2;
const codexPatienceMs = 10_000;

/** Looks at everything once. What fails is a check that failed, and the rest is looked at all the same. */
export async function examine({ locations, folder, tellsNames }: ExamineOptions): Promise<Examination> {
  const hasRun = await runsAlready(locations);
  const opened = await openControl(locations);
  const control = opened.ok ? opened.value : null;
  const status = opened.ok ? await opened.value.request('daemon/status', {}) : opened;
  const [engine, vault] = await Promise.all([control?.request('engine/facts', {}) ?? null, control?.request('vault/status', {}) ?? null]);
  const profiles = await (folder === null ? listProfiles(locations, null) : listProfilesFrom(locations, folder));
  const isMissing = vault?.ok === true && vault.value.kind === 'none';
  const canBeMade = isMissing && control !== null ? await control.request('vault/probe', {}) : ok({});
  const known = await whatIsKnown(locations, control, engine, vault, profiles);
  const configs = await configFiles(folder);
  const checks: Check[] = [
    { id: 'programs', title: 'Programs', outcome: ownPrograms() },
    { id: 'daemon', title: 'Daemon', outcome: daemonOutcome(status, hasRun, version) },
    { id: 'docker', title: 'Docker', outcome: dockerOutcome(engine, hasRememberedDocker() ? dockerSource(locations) : null) },
    { id: 'vault', title: 'Vault', outcome: vaultOutcome(vault, canBeMade) },
    { id: 'folder', title: 'Folder', outcome: await folderTrust(locations, folder) },
    ...(profiles.length === 0 ? [{ id: 'profiles', title: 'Profiles', outcome: warns(problems.profilesNone()) }] : []),
    ...profiles.flatMap((file) => profileChecks(file, known, tellsNames)),
    ...hiddenChecks(profiles),
    ...(await codexChecks(configs, folder)),
  ];
  const wanted = profiles.flatMap(({ profile }) => (profile.ok ? wantedSecrets(profile.value) : []));
  const secrets = [...(known.secrets ?? []), ...known.damaged, ...wanted];
  return {
    checks,
    control,
    status: status.ok ? status.value : null,
    engine: engine?.ok === true ? engine.value : null,
    profiles,
    configs,
    secrets,
  };
}

async function runsAlready(locations: Locations): Promise<boolean> {
  const running = await openRunningControl(locations);
  if (running.ok) {
    running.value.close();
  }
  return running.ok;
}

function ownPrograms(): Check['outcome'] {
  const missing = ownBundles.map((name) => `${name}.cjs`).filter((file) => !existsSync(join(__dirname, file)));
  const runtime = 'electron' in process.versions ? `VS Code's runtime, Node ${process.versions.node}` : `Node ${process.versions.node}`;
  return programsOutcome({ version, runtime, folder: __dirname, missing, unfit: checkRuntime() });
}

async function whatIsKnown(
  locations: Locations,
  control: ControlClient | null,
  engine: Result<unknown> | null,
  vault: Result<VaultStatus> | null,
  profiles: readonly ProfileFile[],
): Promise<Known> {
  const locks = await Promise.all(profiles.filter(({ allowed }) => allowed).map(async ({ path }) => [path, await readLock(path)] as const));
  const approvals = profiles.map(
    async ({ path, text, profile }) => [path, profile.ok ? await unapproved(locations, text, profile.value) : ok(new Map())] as const,
  );
  const references = [...new Set(profiles.flatMap(({ profile }) => (profile.ok ? imagesOf(profile.value) : [])))];
  const listed = control === null ? null : await control.request('secret/list', {});
  const ids = control === null || engine?.ok !== true ? null : await control.request('image/ids', { references });
  const secrets = listed?.ok === true ? listed.value.secrets : null;
  return {
    secrets: secrets && new Set(secrets.filter(({ changedAt }) => changedAt !== null).map(({ name }) => name)),
    damaged: (secrets ?? []).filter(({ changedAt }) => changedAt === null).map(({ name }) => name),
    images: ids?.ok === true ? new Map(references.map((reference, index) => [reference, ids.value.ids[index] ?? null])) : null,
    locks: new Map(locks),
    unapproved: new Map(await Promise.all(approvals)),
    lockedBy: vault?.ok === true && vault.value.kind === 'locked' && !vault.value.opensItself ? vault.value.keptBy : null,
    whyNoSecrets: control === null ? withoutDaemon : 'the vault cannot be read',
    whyNoImages: control === null ? withoutDaemon : 'Docker does not answer',
  };
}

async function readLock(profilePath: string): Promise<Result<ProfileLock | null>> {
  const read = await readLockFile(profilePath);
  return read.ok ? ok(read.value.lock) : read;
}

/** The user's file, and those of the folder and above it that Codex may read. */
async function configFiles(folder: string | null): Promise<readonly ConfigFile[]> {
  const user = resolve(codexHome(process.env), 'config.toml');
  const files: ConfigFile[] = [await configFile(user, 'user')];
  for (let at = folder; at !== null; at = dirname(at) === at ? null : dirname(at)) {
    const path = join(at, '.codex', 'config.toml');
    const file = await configFile(path, 'project');
    if (path !== user && file.text !== null) {
      files.push(file);
    }
  }
  return files;
}

async function configFile(path: string, scope: ConfigFile['scope']): Promise<ConfigFile> {
  const read = await readTextFile(path, configLimit);
  return read.ok
    ? { path, scope, text: read.value.hash === null ? null : read.value.text }
    : { path, scope, text: null, problem: read.problem };
}

async function folderTrust(locations: Locations, folder: string | null): Promise<Check['outcome']> {
  if (folder === null) {
    return folderOutcome('', null, false);
  }
  const hasFiles = [projectProfilesFolder, join('.codex', 'config.toml')].some((name) => existsSync(join(folder, name)));
  return folderOutcome(folder, await isTrustedWorkspace(locations, folder, null), hasFiles && folder !== homedir());
}

async function codexChecks(configs: readonly ConfigFile[], folder: string | null): Promise<readonly Check[]> {
  // Windows looks for a program in the working folder first.
  const run = { command: 'codex', args: ['--version'], env: process.env, cwd: homedir(), input: '', timeoutMs: codexPatienceMs };
  const checks: Check[] = [{ id: 'codex', title: 'Codex', outcome: codexOutcome(await runTool(run)) }];
  for (const [index, file] of configs.entries()) {
    const gateways: GatewayStates = await probeGateways(readCodexConfig(file.text ?? '').servers, probeHttpService);
    const world = { canRun, missingPlugin, gateways, isSet: (name: string) => (process.env[name] ?? '') !== '' };
    checks.push({
      id: `codex/config/${index + 1}`,
      title: file.scope === 'user' ? 'Your config.toml' : file.path,
      outcome: file.problem === undefined ? await configOutcome(file, world) : fails(file.problem),
    });
  }
  return [...checks, entryCheck(configs, folder !== null && (await isTrustedByCodex(folder)))];
}

/** Codex starts the Docker CLI without this shell's variables. */
async function missingPlugin(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const folder = dockerFolder(env, homedir());
  const plugin = await findDockerPlugin(folder);
  return plugin.kind === 'none' && (await otherDockerPlugin(folder)) === undefined ? plugin.path : undefined;
}

/** A path is looked at as it is, a name on the PATH of this shell. */
async function canRun(command: string): Promise<boolean> {
  const isPath = isAbsolute(command) || /[\\/]/.test(command);
  const folders = isPath ? [''] : (process.env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  const endings = process.platform === 'win32' ? ['', '.exe', '.cmd', '.bat'] : [''];
  for (const folder of folders) {
    for (const ending of endings) {
      const path = folder === '' ? `${command}${ending}` : join(folder, `${command}${ending}`);
      if (
        await access(path, constants.X_OK).then(
          () => true,
          () => false,
        )
      ) {
        return true;
      }
    }
  }
  return false;
}
