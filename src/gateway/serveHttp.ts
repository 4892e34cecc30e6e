import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';

import * as problems from '../core/problems.ts';
import { readTokensFile, type TokensFile } from '../node/httpTokens.ts';
import { profileHandle } from '../node/profileHandle.ts';
import { WatchedFiles } from '../node/watchedFiles.ts';
import type { CallSummary } from '../shared/calls.ts';
import type { ProfileSelection } from '../shared/controlProtocol.ts';
import type { GatewayRun, GatewayTransport } from '../shared/gatewayRun.ts';
import { describeProblem, type Problem } from '../shared/problem.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import type { Gateway } from './gateway.ts';
import { Audit, type AuditSink } from './http/audit.ts';
import { openAuditFile } from './http/auditFile.ts';
import { isLoopbackHost } from './http/callerAddress.ts';
import { defaultLimits, type HttpLimits } from './http/limits.ts';
import { startHttpFront, type HttpClient, type HttpFront } from './http/server.ts';
import { readTls, type TlsFiles, type TlsPair } from './http/tls.ts';

type Log = (line: string) => void;
type Streaming = Extract<GatewayTransport, { kind: 'streaming' }>;

/** What the endpoint is protected with, as its files say now. */
interface Protection {
  readonly tokens: TokensFile | undefined;
  readonly tls: TlsPair | undefined;
  readonly sink: AuditSink | undefined;
}

/** A shorter one can be guessed. */
const shortestToken = 16;
const dayMs = 24 * 3_600_000;

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
  await sayWhatIsServed(gateway, run, byHandle, front.value, log);
  await ended;
  watches.forEach((watch) => watch.stop());
  await front.value.front.close();
  audit.say({ event: 'stopped' });
  await audit.close();
  return 0;
}

/** Why nothing should be served like this; undefined where nobody else can read along. */
export function insecureProblem(
  { host, tls, insecure }: Pick<Streaming, 'host' | 'tls' | 'insecure'>,
  inContainer: boolean,
): { readonly problem: Problem; readonly isFatal: boolean } | undefined {
  if (tls !== undefined || isLoopbackHost(host)) {
    return undefined;
  }
  return { problem: problems.httpInsecure(host), isFatal: insecure !== true && !inContainer };
}

/** There, all addresses are those of the container alone, and whoever publishes its port decides who reaches it. */
function isContainer(): boolean {
  return existsSync('/.dockerenv') || existsSync('/run/.containerenv') || (process.env['KUBERNETES_SERVICE_HOST'] ?? '') !== '';
}

async function readProtection({ tokensFile, tls, auditLog }: Streaming, log: Log): Promise<Result<Protection>> {
  const tokens = tokensFile === undefined ? ok(undefined) : await readTokensFile(tokensFile);
  if (!tokens.ok) {
    return tokens;
  }
  const pair = tls === undefined ? ok(undefined) : await readTls(tls);
  if (!pair.ok) {
    return pair;
  }
  const sink = auditLog === undefined ? ok(undefined) : await openAuditFile(auditLog, log);
  return sink.ok ? ok({ tokens: tokens.value, tls: pair.value, sink: sink.value }) : fail(sink.problem);
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
  byHandle: ReadonlyMap<string, ProfileSelection>,
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

/** The files that are read again when they change. */
function watchFiles(
  { tokensFile, tls }: Streaming,
  first: Protection,
  front: HttpFront,
  handles: readonly string[],
  audit: Audit,
  log: Log,
): readonly WatchedFiles[] {
  return [
    ...(tokensFile === undefined || first.tokens === undefined
      ? []
      : [watchTokens(tokensFile, first.tokens, (tokens) => front.useTokens(tokens.tokens), handles, audit, log)]),
    ...(tls === undefined || first.tls === undefined ? [] : [watchTls(tls, first.tls, (pair) => front.useTls(pair), log)]),
  ];
}

/** A file that is gone grants nothing; one that cannot be read leaves in force what it said before. */
function watchTokens(
  file: string,
  first: TokensFile,
  use: (tokens: TokensFile) => void,
  handles: readonly string[],
  audit: Audit,
  log: Log,
): WatchedFiles {
  let current = first;
  sayUnserved(first, handles, log);
  const renew = async (): Promise<void> => {
    const read = existsSync(file) ? await readTokensFile(file) : ok({ tokens: [], files: current.files });
    if (!read.ok) {
      log(`The tokens stay as they were: ${describeProblem(read.problem)}`);
      return;
    }
    const isSame = JSON.stringify(read.value.tokens) === JSON.stringify(current.tokens);
    current = read.value;
    if (!isSame) {
      use(current);
      audit.say({ event: 'tokens-changed', names: current.tokens.map(({ name }) => name) });
      log(`The tokens changed: there are ${current.tokens.length} now.`);
      sayUnserved(current, handles, log);
    }
  };
  return new WatchedFiles(() => current.files, renew);
}

/** New ones are used when they fit each other: of a certificate and its key one is always written first. */
function watchTls(files: TlsFiles, first: TlsPair, use: (pair: TlsPair) => void, log: Log): WatchedFiles {
  let current = first;
  sayExpiry(first, log);
  const renew = async (): Promise<void> => {
    const read = await readTls(files);
    if (!read.ok) {
      log(`The certificate stays as it was: ${describeProblem(read.problem)}`);
    } else if (read.value.cert !== current.cert || !read.value.key.equals(current.key)) {
      current = read.value;
      use(current);
      log('The certificate changed.');
      sayExpiry(current, log);
    }
  };
  return new WatchedFiles(() => [files.cert, files.key], renew);
}

function sayUnserved({ tokens }: TokensFile, handles: readonly string[], log: Log): void {
  for (const { name, profiles } of tokens) {
    const unserved = profiles.filter((profile) => !handles.includes(profile));
    if (unserved.length > 0) {
      log(`The token "${name}" names what is not served here: ${unserved.join(', ')}.`);
    }
  }
}

function sayExpiry({ expiresAt }: TlsPair, log: Log): void {
  const days = (expiresAt - Date.now()) / dayMs;
  if (days <= 0) {
    log('The certificate of --tls-cert has expired: clients will refuse it.');
  } else if (days < 7) {
    log(`The certificate of --tls-cert expires in ${Math.ceil(days)} days.`);
  }
}

async function sayWhatIsServed(
  gateway: Gateway,
  { settings }: GatewayRun,
  byHandle: ReadonlyMap<string, ProfileSelection>,
  { front: { url }, tokenWords }: StartedFront,
  log: Log,
): Promise<void> {
  log(`Serving "${[...byHandle.keys()][0] ?? ''}" at ${url}`);
  for (const [handle, profile] of byHandle) {
    const usable = await gateway.profileTools(profile, process.cwd(), false, settings);
    const place = new URL(`/p/${handle}/mcp`, url).href;
    log(
      usable.ok
        ? `Serving "${handle}" at ${place}`
        : `"${handle}" at ${place} is refused until this is mended: ${describeProblem(usable.problem)}`,
    );
  }
  tokenWords.forEach(log);
}
