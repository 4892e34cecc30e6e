import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';

const longestInput = 1024 * 1024;

/** Asks on the terminal and shows nothing of what is typed. The end of input is no answer. */
export async function askHidden(question: string): Promise<Result<string>> {
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  const ended = new Promise<undefined>((resolve) => terminal.once('close', () => resolve(undefined)));
  const answer = await Promise.race([terminal.question(''), ended]);
  terminal.close();
  process.stderr.write('\n');
  return answer === undefined ? fail(problems.badArgument('Nothing was typed, so nothing was done.')) : ok(answer);
}

/** A secret from the terminal, or all of stdin. */
export async function readValue(name: string): Promise<Result<string>> {
  if (process.stdin.isTTY) {
    return askHidden(`Value of ${name} (it is not shown): `);
  }
  const text = await readInput();
  return text.ok ? ok(withoutLastLineEnd(text.value)) : text;
}

/** A passphrase: typed, or the first line of stdin. A new one is typed twice. */
export async function readPassphrase(options: { readonly isNew: boolean }): Promise<Result<string>> {
  if (!process.stdin.isTTY) {
    const text = await readInput();
    return text.ok ? ok(text.value.split(/\r?\n/, 1)[0] ?? '') : text;
  }
  const first = await askHidden(options.isNew ? 'New passphrase for the vault: ' : 'Passphrase of the vault: ');
  if (!first.ok || !options.isNew) {
    return first;
  }
  const second = await askHidden('Once more: ');
  return !second.ok || second.value === first.value
    ? second
    : fail(problems.badArgument('The two passphrases differ; nothing was changed.'));
}

async function readInput(): Promise<Result<string>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > longestInput) {
      return fail(problems.badArgument('There is more than 1 MB on stdin.'));
    }
  }
  try {
    return ok(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch {
    return fail(problems.badArgument('What is on stdin is no UTF-8 text.'));
  }
}

/** `echo` adds a line end that no token has. What has several lines, such as a key in PEM form, stays as it is. */
export function withoutLastLineEnd(text: string): string {
  const [, line] = /^([^\r\n]*)\r?\n$/.exec(text) ?? [];
  return line ?? text;
}
