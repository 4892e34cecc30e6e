import { homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';

import { adviseServers, type Advice, type Verdict } from '../core/advice/advise.ts';
import { readCodexConfig } from '../core/codexConfig/servers.ts';
import * as problems from '../core/problems.ts';
import { utf8Bytes } from '../core/scan/bytes.ts';
import { withoutSecrets } from '../core/scan/withoutSecrets.ts';
import { codexHome } from '../node/codexHome.ts';
import { nodeScanner } from '../node/scanning.ts';
import { readTextFile, type TextFile } from '../node/textFile.ts';
import { positionAt } from '../shared/text.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { visibleText } from '../shared/visibleText.ts';
import type { ListFormat } from './options.ts';
import { complain, exitCodes, print } from './output.ts';
import { printValue } from './printValue.ts';

export interface AdviseOptions {
  readonly profile: string;
  readonly format: ListFormat;
}

interface FileAdvice {
  readonly file: string;
  readonly servers: readonly Advice[];
}

/** `wharf advise`: says of each server of Codex whether to leave it native or to move it to a profile. Writes nothing. */
export async function advise(given: readonly string[], options: AdviseOptions): Promise<number> {
  const files = await configurations(given);
  if (!files.ok) {
    return complain(files.problem);
  }
  const scanner = nodeScanner();
  const told: FileAdvice[] = [];
  for (const { path, text } of files.value) {
    const config = readCodexConfig(text);
    const [error] = config.document.errors;
    if (error !== undefined) {
      return complain(problems.configSyntax({ file: path, ...positionAt(text, error.range.start) }, error.message));
    }
    const file = shortest(path);
    const context = {
      file,
      home: homedir(),
      profile: options.profile,
      isSecretText: (words: string) => scanner.scanText(utf8Bytes(words)).length > 0,
    };
    told.push({ file, servers: adviseServers(config, context) });
  }
  if (options.format === 'human') {
    told.flatMap(linesOf).forEach((line) => print(visibleText(withoutSecrets(line, scanner))));
  } else {
    printValue(told, options.format);
  }
  return exitCodes.ok;
}

/** Those that are named, or the project's and the user's as far as they are there. */
async function configurations(given: readonly string[]): Promise<Result<readonly TextFile[]>> {
  const usual = [join('.codex', 'config.toml'), join(codexHome(process.env), 'config.toml')];
  const files: TextFile[] = [];
  for (const path of given.length === 0 ? usual : given) {
    const file = await readTextFile(path);
    if (!file.ok) {
      return file;
    }
    if (file.value.hash !== null) {
      files.push(file.value);
    } else if (given.length > 0) {
      return fail(problems.fileUnreadable(path, 'there is no such file'));
    }
  }
  return files.length === 0 ? fail(problems.importNothing('Codex', usual)) : ok(files);
}

function shortest(path: string): string {
  const way = relative(process.cwd(), resolve(path));
  return way.startsWith('..') || way === '' ? resolve(path) : way;
}

const words: Readonly<Record<Verdict, string>> = {
  done: 'is the gateway already',
  off: 'is turned off',
  keep: 'leave it native',
  move: 'move it to a profile',
  fix: 'change it',
};

function linesOf({ file, servers }: FileAdvice): readonly string[] {
  return [
    `${file}:${servers.length === 0 ? ' no servers' : ''}`,
    ...servers.flatMap(({ server, verdict, reasons, command }) => [
      `  ${server}: ${words[verdict]}`,
      ...reasons.map((reason) => `    ${reason.side === verdict ? '-' : 'but'} ${reason.words} (${reason.rule})`),
      ...(command === null ? [] : [`    ${command}`]),
    ]),
  ];
}
