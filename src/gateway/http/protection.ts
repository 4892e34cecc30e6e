import { existsSync } from 'node:fs';

import * as problems from '../../core/problems.ts';
import { readTokensFile, type TokensFile } from '../../node/httpTokens.ts';
import { WatchedFiles } from '../../node/watchedFiles.ts';
import type { GatewayTransport } from '../../shared/gatewayRun.ts';
import { describeProblem, type Problem } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Audit, AuditSink } from './audit.ts';
import { openAuditFile } from './auditFile.ts';
import { isLoopbackHost } from './callerAddress.ts';
import type { HttpFront } from './server.ts';
import { readTls, type TlsFiles, type TlsPair } from './tls.ts';

type Log = (line: string) => void;
export type Streaming = Extract<GatewayTransport, { kind: 'streaming' }>;

/** What the endpoint is protected with, as its files say now. */
export interface Protection {
  readonly tokens: TokensFile | undefined;
  readonly tls: TlsPair | undefined;
  readonly sink: AuditSink | undefined;
}

const dayMs = 24 * 3_600_000;

/** What would keep these options from being served, for `--dry-run`. */
export async function protectionProblems({ tokensFile, tls, ...transport }: Streaming): Promise<readonly Problem[]> {
  const insecure = insecureProblem({ ...transport, ...(tls === undefined ? {} : { tls }) }, isContainer());
  const read = [
    tokensFile === undefined ? ok(undefined) : await readTokensFile(tokensFile),
    tls === undefined ? ok(undefined) : await readTls(tls),
  ];
  return [...(insecure?.isFatal === true ? [insecure.problem] : []), ...read.flatMap((one) => (one.ok ? [] : [one.problem]))];
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
export function isContainer(): boolean {
  return existsSync('/.dockerenv') || existsSync('/run/.containerenv') || (process.env['KUBERNETES_SERVICE_HOST'] ?? '') !== '';
}

export async function readProtection({ tokensFile, tls, auditLog }: Streaming, log: Log): Promise<Result<Protection>> {
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

/** The files that are read again when they change. */
export function watchFiles(
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
