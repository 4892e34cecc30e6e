import { existsSync } from 'node:fs';
import { join } from 'node:path';

import * as problems from '../core/problems.ts';
import { connectOrStartDaemon } from '../node/daemonProcess.ts';
import { watchDockerCli } from '../node/dockerCli.ts';
import { daemonSocket, findLocations } from '../node/locations.ts';
import { protocolVersion, type SessionSelection, type SessionHello } from '../shared/controlProtocol.ts';
import type { GatewaySettings } from '../shared/gatewaySettings.ts';
import { describeProblem } from '../shared/problem.ts';
import { version } from '../shared/version.ts';
import { visibleText } from '../shared/visibleText.ts';
import { ShimRelay } from './shimRelay.ts';
import type { DaemonSource } from './shimSearch.ts';

/** A dead parent is noticed within this time, also where somebody else holds its pipes open. */
const parentWatchMs = 2_000;

/**
 * What Codex runs, once per thread: the way from its stdio to the daemon. Ends when the client does. Returns the exit code,
 * or undefined when the daemon cannot be had and the caller must serve by itself.
 */
export async function runShim(profile: SessionSelection, settings: GatewaySettings): Promise<number | undefined> {
  const hello: SessionHello = {
    wharf: protocolVersion,
    role: 'session',
    version,
    profile,
    cwd: process.cwd(),
    settings,
    hearsRefusal: true,
  };
  const program = { node: process.execPath, script: join(__dirname, 'wharf.cjs') };
  let path = '';
  let resumed = false;
  const connect = (): ReturnType<typeof connectOrStartDaemon> => {
    // Looked up each time: the folder of a login session can go, and the sockets with it.
    const locations = findLocations({ mayRecord: false });
    path = daemonSocket(locations);
    return connectOrStartDaemon(locations, program, { ...hello, resumed });
  };
  const connecting = connect();
  // Made while the daemon answers.
  const client = { input: process.stdin, output: process.stdout, tell };
  const first = await connecting;
  if (!first.ok) {
    tell(describeProblem(first.problem));
    tell('serving this thread from its own process.');
    return undefined;
  }
  // A daemon that ends in order takes its socket along. A pipe of Windows is gone either way.
  const wasStopped = (): boolean => process.platform !== 'win32' && !existsSync(path);
  const source: DaemonSource = { unreachable: (detail) => problems.daemonUnreachable(path, detail), connect, wasStopped };
  return new Promise((resolve) => {
    const relay = new ShimRelay(client, source, (code, sentence) => {
      if (sentence !== undefined) {
        tell(sentence);
      }
      resolve(code);
    });
    resumed = true;
    relay.start(first.value);
    endWithTheClient(() => relay.end(0));
  });
}

function tell(sentence: string): void {
  process.stderr.write(`wharf: ${visibleText(sentence, { keepNewlines: true })}\n`);
}

function endWithTheClient(end: () => void): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, end);
  }
  watchDockerCli(end);
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) {
      end();
    }
  }, parentWatchMs).unref();
}
