import { randomBytes } from 'node:crypto';

import { profileHandle } from '../node/profileHandle.ts';
import type { CallSummary } from '../shared/calls.ts';
import type { SessionSelection } from '../shared/controlProtocol.ts';
import type { GatewayRun } from '../shared/gatewayRun.ts';
import { describeProblem, type Problem } from '../shared/problem.ts';
import { ok, type Result } from '../shared/result.ts';
import type { Gateway } from './gateway.ts';
import { Audit } from './http/audit.ts';
import { isOnAllAddresses } from './http/gate.ts';
import { defaultLimits, type HttpLimits } from './http/limits.ts';
import { insecureProblem, isContainer, readProtection, watchFiles, type Protection, type Streaming } from './http/protection.ts';
import { startHttpFront, type HttpClient, type HttpFront } from './http/server.ts';

type Log = (line: string) => void;

/** A shorter one can be guessed. */
const shortestToken = 16;
/** Serves the profiles over HTTP until `ended`. Gives the exit code. */
export async function serveHttp(gateway: Gateway, run: GatewayRun, transport: Streaming, log: Log, ended: Promise<void>): Promise<number> {
  const complain = (problem: Problem): number => {
    log(describeProblem(problem));
    return 2;
  };
  const insecure = insecureProblem(transport, isContainer());
  if (insecure?.isFatal === true) {
    return complain(insecure.problem);
  }
  if (insecure !== undefined) {
    log(`It listens on ${transport.host} without TLS: let nobody reach that address whom you do not trust, or put TLS in front of it.`);
  }
  const protection = await readProtection(transport, log);
  if (!protection.ok) {
    return complain(protection.problem);
  }
  const byHandle = new Map(run.profiles.map((profile) => [profileHandle(profile), profile]));
  const audit = new Audit(protection.value.sink);
  const front = await startFront(gateway, run, transport, protection.value, byHandle, audit, log);
  if (!front.ok) {
    await audit.close();
    return complain(front.problem);
  }
  const watches = watchFiles(transport, protection.value, front.value.front, [...byHandle.keys()], audit, log);
  watches.forEach((watch) => watch.start());
  audit.say({ event: 'started', url: front.value.front.url, profiles: [...byHandle.keys()] });
  await sayWhatIsServed(gateway, run, byHandle, front.value, transport.host, log);
  await ended;
  watches.forEach((watch) => watch.stop());
  await front.value.front.close();
  audit.say({ event: 'stopped' });
  await audit.close();
  return 0;
}

interface StartedFront {
  readonly front: HttpFront;
  /** How clients get in. */
  readonly tokenWords: readonly string[];
}

async function startFront(
  gateway: Gateway,
  { settings }: GatewayRun,
  transport: Streaming,
  { tokens, tls, sink }: Protection,
  byHandle: ReadonlyMap<string, SessionSelection>,
  audit: Audit,
  log: Log,
): Promise<Result<StartedFront>> {
  const given = process.env['MCP_GATEWAY_AUTH_TOKEN'] ?? '';
  // A token that may use everything would be in a log for nothing where each client has its own.
  const token = given !== '' ? given : tokens === undefined ? randomBytes(24).toString('base64url') : undefined;
  if (given !== '' && given.length < shortestToken) {
    log(`The token in MCP_GATEWAY_AUTH_TOKEN has ${given.length} characters: take a random one of at least ${shortestToken}.`);
  }
  const front = await startHttpFront({
    host: transport.host,
    port: transport.port,
    token,
    handles: [...byHandle.keys()],
    open: (handle, link, client) => {
      const profile = byHandle.get(handle);
      if (profile === undefined) {
        throw new Error(`No profile is served as ${handle}.`);
      }
      const { granted } = client;
      const called = sink === undefined ? {} : { called: (call: CallSummary): void => sayCall(audit, handle, client, call) };
      const wish = { profile, cwd: process.cwd(), settings, ...called, ...(granted === undefined ? {} : { granted }) };
      return gateway.openSession(wish, link);
    },
    log,
    allowedHosts: transport.allowedHosts,
    corsOrigins: transport.corsOrigins ?? [],
    audit,
    limits: limitsOf(transport),
    ...(tokens === undefined ? {} : { tokens: tokens.tokens }),
    ...(tls === undefined ? {} : { tls }),
  });
  if (!front.ok) {
    return front;
  }
  const own =
    given === '' ? (token === undefined ? '' : `The bearer token is ${token}`) : 'The bearer token is the one in MCP_GATEWAY_AUTH_TOKEN.';
  const more = tokens === undefined ? '' : `${tokens.tokens.length} tokens with profiles of their own are in ${tokens.files[0] ?? ''}.`;
  return ok({ front: front.value, tokenWords: [own, more].filter((words) => words !== '') });
}

function limitsOf({ rateLimit, maxBody }: Streaming): Partial<HttpLimits> {
  const { main, others } = defaultLimits;
  return {
    ...(rateLimit === undefined ? {} : { main: { ...main, rate: rateLimit }, others: { ...others, rate: rateLimit } }),
    ...(maxBody === undefined ? {} : { bodyBytes: maxBody }),
  };
}

function sayCall(audit: Audit, profile: string, { session, token }: HttpClient, call: CallSummary): void {
  const { server, tool, status, durationMs, requestBytes, resultBytes } = call;
  const ms = Math.round((durationMs ?? 0) * 10) / 10;
  audit.say({ event: 'tool-call', session, token, profile, server, tool, status, ms, requestBytes, resultBytes });
}

async function sayWhatIsServed(
  gateway: Gateway,
  { settings }: GatewayRun,
  byHandle: ReadonlyMap<string, SessionSelection>,
  { front: { url }, tokenWords }: StartedFront,
  host: string,
  log: Log,
): Promise<void> {
  const more = isOnAllAddresses(host) ? ' and at all other addresses of this machine' : '';
  log(`Serving "${[...byHandle.keys()][0] ?? ''}" at ${url}${more}`);
  for (const [handle, profile] of byHandle) {
    const usable = await gateway.profileTools(profile, process.cwd(), false, settings);
    const place = new URL(`/p/${handle}/mcp`, url).href;
    log(
      usable.ok
        ? `Serving "${handle}" at ${place}${more}`
        : `"${handle}" at ${place} is refused until this is mended: ${describeProblem(usable.problem)}`,
    );
  }
  tokenWords.forEach(log);
}
