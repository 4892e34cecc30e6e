import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';

import type { Command } from 'commander';

import { isTokenName, readTokens, withoutToken, withToken, type TokenEntry } from '../../core/http/tokens.ts';
import * as problems from '../../core/problems.ts';
import { isToolName } from '../../core/tools/toolGrants.ts';
import { defaultTokensFile, hashOfToken } from '../../node/httpTokens.ts';
import { readPrivateFile } from '../../node/privateFile.ts';
import { readTextFile, replaceTextFile, type TextFile } from '../../node/textFile.ts';
import { ok, type Result } from '../../shared/result.ts';
import { commandLocations } from '../context.ts';
import { expiryOf } from '../expiry.ts';
import { listFormatOption, type ListFormat } from '../options.ts';
import { complain, exitCodes, note, print, printTable } from '../output.ts';
import { printValue } from '../printValue.ts';
import type { RunAction } from '../runAction.ts';

/** By which people and scanners tell what it is. */
const tokenPrefix = 'wharf_';
const mostBytes = 1024 ** 2;
const fileOption = ['--file <file>', "the file of tokens (default: http-tokens.yaml in Wharf's configuration folder)"] as const;

export function addHttpCommands(program: Command, run: RunAction): void {
  const token = program.command('http').description('the gateway over HTTP').command('token').description('its tokens: who may use what');
  token
    .command('create')
    .description('make a token for some profiles and print it once; only its hash is kept')
    .argument('<name>', 'whose it is, for logs')
    .requiredOption('--profile <id>', 'a profile that it may use; may be there several times', collected)
    .option('--tools <list>', 'only these tools of them: tool, server:tool, server:* with commas between', collectedTools)
    .option('--expires <time>', 'when it ends: 12h, 30d or a date such as 2027-01-31 (default: never)')
    .option(...fileOption)
    .action(run(create));
  token
    .command('ls')
    .alias('list')
    .description('list them')
    .option(...fileOption)
    .addOption(listFormatOption())
    .action(run(list));
  token
    .command('revoke')
    .alias('rm')
    .description('end one; a gateway that runs ends its sessions within seconds')
    .argument('<name>')
    .option(...fileOption)
    .action(run(revoke));
}

interface CreateOptions {
  readonly profile: readonly string[];
  readonly tools?: readonly string[];
  readonly expires?: string;
  readonly file?: string;
}

async function create(name: string, options: CreateOptions): Promise<number> {
  const expiresAt = options.expires === undefined ? null : expiryOf(options.expires, Date.now());
  const wrongTool = options.tools?.find((tool) => !isToolName(tool));
  if (!isTokenName(name)) {
    return misused(`A token's name has letters, digits and . _ @ -, and is not "main": "${name}" is none.`);
  }
  if (expiresAt === undefined) {
    return misused(`--expires takes a time such as 12h or 30d, or a date to come such as 2027-01-31, not "${options.expires ?? ''}".`);
  }
  const wrongProfile = options.profile.find((id) => !/^[\w.-]+$/.test(id));
  if (wrongProfile !== undefined) {
    return misused(`--profile takes the id of a profile, as in the address /p/ID/mcp, not "${wrongProfile}".`);
  }
  if (wrongTool !== undefined) {
    return misused(`--tools takes names such as tool, server:tool or server:*, with commas between, not "${wrongTool}".`);
  }
  const secret = `${tokenPrefix}${randomBytes(32).toString('base64url')}`;
  const entry: TokenEntry = {
    name,
    proof: { kind: 'sha256', sha256: hashOfToken(secret) },
    profiles: [...new Set(options.profile)],
    tools: options.tools ?? null,
    expiresAt,
  };
  const written = await change(options.file, (text, file) => withToken(text, file, entry));
  if (!written.ok) {
    return complain(written.problem);
  }
  note(`The token "${name}" is for ${entry.profiles.join(', ')}${entry.tools === null ? '' : ` and there for ${entry.tools.join(', ')}`}.`);
  note(
    `It is shown this once. Serve it with "wharf gateway run --transport streaming --tokens ${written.value}", which keeps only its hash.`,
  );
  print(secret);
  return exitCodes.ok;
}

async function revoke(name: string, options: { readonly file?: string }): Promise<number> {
  const written = await change(options.file, (text, file) => withoutToken(text, file, name));
  if (!written.ok) {
    return complain(written.problem);
  }
  print(`The token "${name}" is good no more. A gateway that reads ${written.value} ends its sessions.`);
  return exitCodes.ok;
}

async function list(options: { readonly file?: string; readonly format: ListFormat }): Promise<number> {
  const file = await open(options.file);
  const read = file.ok ? readTokens(file.value.text, file.value.path) : file;
  if (!read.ok) {
    return complain(read.problem);
  }
  const tokens = read.value.map(({ name, profiles, tools, expiresAt }) => ({
    name,
    profiles,
    tools,
    expires: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    expired: expiresAt !== null && expiresAt <= Date.now(),
  }));
  if (options.format !== 'human') {
    printValue({ tokens }, options.format);
  } else if (tokens.length === 0) {
    print('No token yet: "wharf http token create NAME --profile ID" makes one.');
  } else {
    printTable([
      ['NAME', 'PROFILES', 'TOOLS', 'EXPIRES'],
      ...tokens.map(({ name, profiles, tools, expires, expired }) => [
        name,
        profiles.join(', '),
        tools === null ? 'all' : tools.length === 0 ? 'none' : tools.join(', '),
        expires === null ? 'never' : `${expires}${expired ? ' (expired)' : ''}`,
      ]),
    ]);
  }
  return exitCodes.ok;
}

/** Changes the file of tokens, and gives its path. */
async function change(path: string | undefined, edit: (text: string, file: string) => Result<string>): Promise<Result<string>> {
  const file = await open(path);
  if (!file.ok) {
    return file;
  }
  const text = edit(file.value.text, file.value.path);
  if (!text.ok) {
    return text;
  }
  const written = await replaceTextFile(file.value, text.value, join(commandLocations().dataFolder, 'backups'), 0o600);
  return written.ok ? ok(file.value.path) : written;
}

/** The file, which may be missing; one that is not private is refused, as others may have put a token of theirs into it. */
async function open(path: string | undefined): Promise<Result<TextFile>> {
  const file = path === undefined ? defaultTokensFile(commandLocations()) : resolve(path);
  const read = await readTextFile(file, mostBytes);
  if (!read.ok || read.value.hash === null) {
    return read;
  }
  const proven = await readPrivateFile(file, mostBytes);
  return proven.ok ? read : proven;
}

function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function collectedTools(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...value.split(',').map((name) => name.trim())];
}

function misused(words: string): number {
  return complain(problems.badArgument(words, 'wharf http token create'));
}
