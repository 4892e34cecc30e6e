import { createInterface } from 'node:readline/promises';

import type { ApprovalChoice } from '../core/codexConfig/gatewayEntry.ts';

const question = `Which tools may Codex call without asking you?
  read-only  those that say that they only read (the default)
  prompt     none: it asks before every call
  all        all of them, those that destroy something too
`;

/**
 * Asks a person on the terminal once. Nothing, the end of input, and whatever is none of the words is the narrow choice: everything
 * runs unasked only by the whole word.
 */
export async function askApproval(): Promise<ApprovalChoice> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    process.stderr.write(question);
    const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
    const answer = (await Promise.race([terminal.question('[read-only] '), ended])).trim().toLowerCase();
    return answer === 'all' || answer === 'prompt' ? answer : 'read-only';
  } finally {
    terminal.close();
  }
}
