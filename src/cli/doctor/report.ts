import { realpath } from 'node:fs/promises';
import { homedir, hostname, release, userInfo, version as systemVersion } from 'node:os';

import { shownNetwork } from '../../core/profile/shownNetwork.ts';
import type { ProfileServer } from '../../core/profile/profile.ts';
import type { ControlClient } from '../../node/controlClient.ts';
import type { Locations } from '../../node/locations.ts';
import { allowedProfiles, type ProfileFile } from '../../node/profileFiles.ts';
import type { CallSummary } from '../../shared/calls.ts';
import type { DaemonStatus } from '../../shared/controlProtocol.ts';
import { version } from '../../shared/version.ts';
import { anonymous, type Private } from './anonymous.ts';
import type { Check } from './check.ts';
import { withoutQuote } from './profileChecks.ts';
import { shownEndpoint } from './engineChecks.ts';
import type { Examination } from './examine.ts';
import { knownValues } from './knownValues.ts';
import { lastLines, logTail, sinceStart } from './logTail.ts';
import { redactTexts, type LookedBy } from './redaction.ts';

/** What is told of one call: nothing of what was asked or answered. */
export interface ReportedCall extends Pick<
  CallSummary,
  'startedAt' | 'client' | 'tool' | 'status' | 'durationMs' | 'requestBytes' | 'resultBytes'
> {
  /** Ids of the rules that found something. */
  readonly rules: readonly string[];
}

/** The support report: for strangers, so it tells the least that explains a fault. */
export interface Report {
  readonly madeAt: string;
  readonly wharf: { readonly version: string; readonly runtime: string };
  readonly system: { readonly platform: string; readonly arch: string; readonly release: string; readonly version: string };
  readonly checks: readonly Check[];
  readonly engine: { readonly version: string; readonly apiVersion: string; readonly at: string } | null;
  readonly daemon: {
    readonly version: string;
    readonly clients: readonly { readonly client: string; readonly profile: string; readonly since: string }[];
    readonly servers: readonly { readonly profile: string; readonly state: string; readonly share: string; readonly openCalls: number }[];
  } | null;
  readonly profiles: readonly {
    readonly id: string;
    readonly scope: string;
    readonly allowed: boolean;
    readonly servers: readonly { readonly kind: string; readonly network: string; readonly secrets: number }[] | null;
  }[];
  readonly calls: readonly ReportedCall[];
  /** The last lines of the daemon's log; null where they may not be shown. */
  readonly log: string | null;
  readonly lookedBy: LookedBy;
}

const mostCalls = 25;

export interface ReportWorld {
  readonly locations: Locations;
  /** Null: nothing in the folder is read. */
  readonly folder: string | null;
  /** Daemons for other addresses of Docker, which write into the same log. */
  readonly others: readonly ControlClient[];
}

/** The report of an examination, without what is secret and what tells whose it is. */
export async function makeReport(examination: Examination, { locations, folder, others }: ReportWorld): Promise<Report> {
  const { control, engine, status, profiles, configs } = examination;
  const raw: Omit<Report, 'lookedBy'> = {
    madeAt: new Date().toISOString(),
    wharf: { version, runtime: `Node ${process.versions.node}${'electron' in process.versions ? ' of VS Code' : ''}` },
    system: { platform: process.platform, arch: process.arch, release: release(), version: systemVersion() },
    checks: examination.checks.map(forStrangers),
    engine: engine === null ? null : { version: engine.version, apiVersion: engine.apiVersion, at: shownEndpoint(engine.endpoint) },
    daemon: status === null ? null : daemonFacts(status),
    profiles: profiles.map(profileFacts),
    calls: control === null ? [] : await newestCalls(control),
    log: await readableLog(locations.dataFolder, control, folder),
  };
  const texts: string[] = [];
  mapTexts(raw, (text) => texts[texts.push(text) - 1] ?? text);
  const allowed = folder === null ? [] : await allowedProfiles(locations);
  const values = knownValues([...profiles, ...allowed], configs);
  const { texts: clean, by } = await redactTexts(texts, control === null ? [] : [control, ...others], values);
  const personal = await whatIsPrivate(examination, folder);
  let next = 0;
  const report = mapTexts(raw, () => anonymous(clean[next++] ?? '', personal));
  // Cut only now: what lies before the cut may say that the lines behind it are a key.
  return { ...report, log: by.kind === 'refused' || report.log === null ? null : lastLines(report.log), lookedBy: by };
}

/**
 * What a daemon that runs wrote itself, as it knows what must not be told. Without one, the files of every allowed profile have to say
 * that: where none of a project may be read, there is no log.
 */
async function readableLog(dataFolder: string, control: ControlClient | null, folder: string | null): Promise<string | null> {
  const log = control === null && folder === null ? null : await logTail(dataFolder);
  return log === null || control === null ? log : sinceStart(log);
}

/** What a reader of a file says of its syntax may quote the line. */
function forStrangers(check: Check): Check {
  const { outcome } = check;
  return outcome.kind === 'failed' || outcome.kind === 'warning'
    ? { ...check, outcome: { ...outcome, problem: withoutQuote(outcome.problem) } }
    : check;
}

function daemonFacts({ version, sessions, instances }: DaemonStatus): Report['daemon'] {
  return {
    version,
    clients: sessions.map(({ client, profile, startedAt }) => ({ client, profile, since: startedAt })),
    servers: instances.map(({ profile, state, share, openCalls }) => ({
      profile,
      state: state.kind === 'failed' ? `failed: ${state.problem.code}` : state.kind,
      share,
      openCalls,
    })),
  };
}

function profileFacts({ id, scope, isPulled, allowed, profile }: ProfileFile): Report['profiles'][number] {
  return { id, scope: isPulled ? 'pulled' : scope, allowed, servers: profile.ok ? profile.value.servers.map(serverFacts) : null };
}

function serverFacts(server: ProfileServer): { readonly kind: string; readonly network: string; readonly secrets: number } {
  return {
    kind: server.kind,
    network: server.kind === 'image' || server.kind === 'poci' ? shownNetwork(server).kind : elsewhere[server.kind],
    secrets: server.kind === 'builtIn' ? 0 : server.secrets.length,
  };
}

/** What holds the network of what runs in no container. */
const elsewhere = { builtIn: 'none', native: 'open', remote: 'its address' } as const;

async function newestCalls(control: ControlClient): Promise<readonly ReportedCall[]> {
  const listed = await control.request('calls/list', { limit: mostCalls });
  const calls = listed.ok ? listed.value.calls : [];
  return Promise.all(
    calls.map(async ({ id, startedAt, client, tool, status, durationMs, requestBytes, resultBytes, findings }) => {
      const shown = findings > 0 ? await control.request('calls/show', { id }) : undefined;
      const rules = shown?.ok === true ? [...new Set(shown.value.found.map(({ rule }) => rule))] : [];
      return { startedAt, client, tool, status, durationMs, requestBytes, resultBytes, rules };
    }),
  );
}

async function whatIsPrivate({ status, secrets }: Examination, folder: string | null): Promise<Private> {
  const home = homedir();
  const endpoint = status?.dockerEndpoint ?? '';
  const isFar = endpoint !== '' && !/^(?:unix|npipe):/.test(endpoint);
  return {
    homes: [home, await realpath(home).catch(() => home)],
    folder,
    users: [ownName(), process.env['USER'] ?? '', process.env['LOGNAME'] ?? '', process.env['USERNAME'] ?? ''],
    hosts: [hostname()],
    secrets,
    docker: isFar ? [endpoint, ...(URL.canParse(endpoint) ? [new URL(endpoint).hostname] : [])] : [],
  };
}

function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user need not have a name.
    return '';
  }
}

/** The same value with each text in it replaced, always in the same order. */
export function mapTexts<Value>(value: Value, change: (text: string) => string): Value {
  if (typeof value === 'string') {
    return change(value) as Value;
  }
  if (Array.isArray(value)) {
    return value.map((one: unknown) => mapTexts(one, change)) as Value;
  }
  return typeof value === 'object' && value !== null
    ? (Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapTexts(one, change)])) as Value)
    : value;
}
