import { setTimeout as pause } from 'node:timers/promises';

import { offeredCount, unknownChoices } from '../core/tools/toolChoice.ts';
import { toolCountWords } from '../core/tools/toolCount.ts';
import { watchDockerCli } from '../node/dockerCli.ts';
import { LineFramer } from '../node/lines.ts';
import { findLocations } from '../node/locations.ts';
import type { GatewayRun } from '../shared/gatewayRun.ts';
import { describeProblem, type Problem } from '../shared/problem.ts';
import type { ServerReport } from '../shared/servers.ts';
import { visibleText } from '../shared/visibleText.ts';
import { describeError } from './describeError.ts';
import { Gateway, stopPatienceMs } from './gateway.ts';
import { StdioLink } from './stdioLink.ts';

type Log = (line: string) => void;

/** Runs the gateway in this process, without a daemon. Resolves, with the exit code, when its client or a signal ends it. */
export async function runForeground(run: GatewayRun): Promise<number> {
  const log: Log = (line) => void process.stderr.write(`wharf: ${visibleText(line, { keepNewlines: true })}\n`);
  const quiet: Log = (line) => (run.verbose || run.transport.kind === 'stdio' ? log(line) : undefined);
  const gateway = new Gateway(findLocations({ mayRecord: false }), quiet, run.settings.maxInstances, log, false);
  if (!run.dryRun) {
    void gateway.removeOrphans();
  }
  if (run.logCalls) {
    logCalls(gateway, log);
  }
  let code: number;
  if (run.dryRun) {
    code = await describeRun(gateway, run, log);
  } else if (run.transport.kind === 'stdio') {
    code = await serveStdio(gateway, run, log);
  } else {
    const { serveHttp } = await import('./serveHttp.ts');
    code = await serveHttp(gateway, run, run.transport, log, new Promise<void>((resolve) => onSignal(resolve)));
  }
  await Promise.race([gateway.close(), pause(stopPatienceMs, undefined, { ref: false })]);
  return code;
}

function onSignal(action: () => void): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, action);
  }
  watchDockerCli(action);
}

async function serveStdio(gateway: Gateway, { profiles, settings }: GatewayRun, log: Log): Promise<number> {
  const [profile] = profiles;
  if (profile === undefined) {
    throw new Error('A gateway on stdio serves one profile.');
  }
  return new Promise<number>((resolve, reject) => {
    const link = new StdioLink((reason) => {
      log(reason);
      resolve(1);
    });
    const serve = async (): Promise<void> => {
      const refused = (problem: Problem): void => log(describeProblem(problem));
      const session = await gateway.openSession({ profile, cwd: process.cwd(), settings, refused }, link);
      process.stdout.on('drain', () => session.drained());
      const framer = new LineFramer((line) => session.receive(line));
      process.stdin.on('data', (chunk: Buffer) => {
        try {
          framer.push(chunk);
        } catch (error) {
          log(error instanceof RangeError ? error.message : describeError(error));
          resolve(1);
        }
      });
      process.stdin.on('end', () => resolve(0));
      process.stdin.on('error', () => resolve(0));
      process.stdout.on('error', () => resolve(0));
      onSignal(() => resolve(0));
    };
    serve().catch(reject);
  });
}

/** `--dry-run`: every server is started and asked as for a call, and nothing is served. */
async function describeRun(gateway: Gateway, { profiles, settings, transport }: GatewayRun, log: Log): Promise<number> {
  let code = 0;
  const complain = (problem: Problem, before = ''): void => {
    log(`${before}${describeProblem(problem)}`);
    code = 1;
  };
  if (transport.kind === 'streaming') {
    const { protectionProblems } = await import('./http/protection.ts');
    (await protectionProblems(transport)).forEach((problem) => complain(problem));
  }
  for (const profile of profiles) {
    const servers = await gateway.profileTools(profile, process.cwd(), 'all', settings);
    if (!servers.ok) {
      complain(servers.problem);
      continue;
    }
    const shown = withOption(servers.value, settings.tools);
    for (const report of shown.servers) {
      if (report.state.kind === 'failed') {
        complain(report.state.problem, `${report.name}: `);
      } else {
        log(`${report.name}: ${toolCountWords(report, settings.tools === undefined ? undefined : '--tools')}`);
      }
    }
    shown.warnings.forEach((problem) => complain(problem));
  }
  return code;
}

/** `--tools` takes the place of the profile's choice. */
function withOption(
  servers: readonly ServerReport[],
  choice: readonly string[] | undefined,
): { readonly servers: readonly ServerReport[]; readonly warnings: readonly Problem[] } {
  if (choice === undefined) {
    return { servers, warnings: servers.flatMap(({ warnings = [] }) => warnings) };
  }
  const all = servers.map(({ name, tools }) => ({ server: name, chosen: null, tools: tools?.map((tool) => tool.name) ?? null }));
  return {
    servers: servers.map((report, index) => {
      const one = all[index];
      const served = one?.tools?.filter((name) => report.withheld?.includes(name) !== true) ?? null;
      return one === undefined ? report : { ...report, offered: offeredCount({ ...one, tools: served }, choice) };
    }),
    warnings: [
      ...unknownChoices(all, choice),
      ...servers.flatMap(({ warnings = [] }) => warnings.filter(({ code }) => code !== 'WHARF_TOOL_NOT_OFFERED')),
    ],
  };
}

function logCalls(gateway: Gateway, log: Log): void {
  gateway.calls.follow(({ status, server, tool, durationMs }) => {
    if (status !== 'running') {
      log(`${server === '' ? '' : `${server}/`}${tool} took ${Math.round(durationMs ?? 0)} ms: ${status}`);
    }
  });
}
