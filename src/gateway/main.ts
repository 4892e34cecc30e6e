import { hardenProcess } from '../node/hardenProcess.ts';
import { findLocations } from '../node/locations.ts';
import type { GatewayRun } from '../shared/gatewayRun.ts';
import { describeProblem } from '../shared/problem.ts';
import { visibleText } from '../shared/visibleText.ts';
import { describeError } from './describeError.ts';
import { runDaemon } from './daemon.ts';
import { runForeground } from './foreground.ts';

/** `wharf daemon run`. Returns the exit code. */
export async function daemonMain(): Promise<number> {
  hardenProcess();
  const log = (line: string): void =>
    void process.stderr.write(`${new Date().toISOString()} ${visibleText(line, { keepNewlines: true })}\n`);
  const started = await runDaemon(findLocations({ mayRecord: false }), log);
  if (!started.ok) {
    log(describeProblem(started.problem));
    return 2;
  }
  if (started.value.kind === 'alreadyRunning') {
    return 0;
  }
  const daemon = started.value;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => daemon.stop());
  }
  surviveBugs(log, () => daemon.stop());
  await daemon.ended;
  return 0;
}

/** `wharf gateway run` in its own process. Returns the exit code. */
export function foregroundMain(run: GatewayRun): Promise<number> {
  hardenProcess();
  const log = (line: string): void => void process.stderr.write(`wharf: ${visibleText(line, { keepNewlines: true })}\n`);
  // The same way as a signal: what runs is stopped first.
  surviveBugs(log, () => process.kill(process.pid, 'SIGTERM'));
  return runForeground(run);
}

/** A bug in what one client wants must not end the servers of the others. `stop` is called when nothing can be relied on any more. */
function surviveBugs(log: (line: string) => void, stop: () => void): void {
  process.on('unhandledRejection', (reason) => log(`A bug: ${describeError(reason)}`));
  process.on('uncaughtException', (error) => {
    log(`A bug, the gateway stops: ${describeError(error)}`);
    stop();
  });
}
