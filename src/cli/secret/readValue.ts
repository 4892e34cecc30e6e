import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

import * as problems from '../../core/problems.ts';
import type { Problem } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';

const longestInput = 1024 * 1024;

/** A terminal passes a long paste on in pieces; one that cannot mark where a paste ends is waited for this long, in ms. */
const pastePauseMs = 50;

/** Asks on the terminal and shows nothing of what is typed. The end of input is no answer; of more than one line, `several` is the failure. */
async function askHidden(question: string, several: Problem): Promise<Result<string>> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  // Not before: until now the terminal itself shows what is typed.
  process.stderr.write(`${question}${pasteMarks('h')}`);
  const ended = new Promise<undefined>((resolve) => terminal.once('close', () => resolve(undefined)));
  const paste = new Paste();
  let hasMore = false;
  terminal.on('line', (line) => (hasMore ||= line !== ''));
  const answer = await Promise.race([terminal.question(''), ended]);
  if (answer !== undefined) {
    // What follows would go to the shell, which shows it, keeps it, and runs it.
    await Promise.race([paste.isOver(), ended]);
  }
  hasMore ||= terminal.line !== '';
  paste.close();
  terminal.close();
  process.stderr.write(`${pasteMarks('l')}\n`);
  if (answer === undefined) {
    return fail(problems.badArgument('Nothing was typed, so nothing was done.'));
  }
  return hasMore ? fail(several) : ok(answer);
}

/** Has the terminal mark where a paste begins and ends, or not any more (DEC private mode 2004). */
function pasteMarks(onOrOff: 'h' | 'l'): string {
  return process.stderr.isTTY && process.env['TERM'] !== 'dumb' ? `\u001B[?2004${onOrOff}` : '';
}

/** Follows what is pasted into the terminal. */
class Paste {
  private isOpen = false;
  private lastKey = 0;
  private readonly heard = (_text: unknown, key: { readonly name?: string } = {}): void => {
    this.lastKey = performance.now();
    this.isOpen = key.name === 'paste-start' || (this.isOpen && key.name !== 'paste-end');
  };

  constructor() {
    process.stdin.on('keypress', this.heard);
  }

  close(): void {
    process.stdin.off('keypress', this.heard);
  }

  /** Resolves when its end was marked, or nothing came for a moment. */
  async isOver(): Promise<void> {
    do {
      await pause(pastePauseMs);
    } while (this.isOpen || performance.now() - this.lastKey < pastePauseMs);
  }
}

/** A secret from the terminal, or all of stdin. */
export async function readValue(name: string): Promise<Result<string>> {
  if (process.stdin.isTTY) {
    const several = problems.secretValue(name, 'the value has several lines', `Give it on stdin: "wharf secret set ${name} < file".`);
    return askHidden(`Value of ${name} (it is not shown): `, several);
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
  const several = problems.badArgument('The passphrase has several lines; nothing was done.');
  const first = await askHidden(options.isNew ? 'New passphrase for the vault: ' : 'Passphrase of the vault: ', several);
  if (!first.ok || !options.isNew) {
    return first;
  }
  const second = await askHidden('Once more: ', several);
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
