import { isPlainHttp, isShell } from './moveRules.ts';
import type { AdviceRule } from './rules.ts';

/** What is better written in another way, wherever the server runs. */
export const fixRules: readonly AdviceRule[] = [
  {
    id: 'shell-command',
    side: 'fix',
    why: (look) =>
      isShell(look) ? 'it is a line for a shell, which nobody can judge or pin: name the program and its arguments themselves' : undefined,
  },
  {
    id: 'plain-http',
    side: 'fix',
    why: ({ server: { transport } }) =>
      transport.kind === 'http' && isPlainHttp(transport.url)
        ? 'whoever is on the way reads and changes what is said to it: use https'
        : undefined,
  },
  {
    id: 'approves-all',
    side: 'fix',
    why: ({ approval }) =>
      approval === 'approve'
        ? 'all its tools run without asking, those that destroy something too: default_tools_approval_mode = "approve"'
        : undefined,
  },
  {
    id: 'whole-line',
    side: 'fix',
    why: ({ command, args }) =>
      args.length === 0 && /^\S+\s+\S/.test(command) && !/[\\/]/.test(command.split(/\s/)[0] ?? '')
        ? 'its command is a whole line, which Codex takes for the name of one program: move the words to "args"'
        : undefined,
  },
];
