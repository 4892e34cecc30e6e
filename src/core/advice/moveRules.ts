import { parseRemoteAddress } from '../profile/remoteAddress.ts';
import { remoteBehind } from '../imports/remoteBehind.ts';
import { hasMark } from '../imports/placeholders.ts';
import { isSecretValue, isSecretWord } from '../imports/values.ts';
import type { Look } from './look.ts';
import type { AdviceRule } from './rules.ts';

const shells = ['sh', 'bash', 'zsh', 'fish', 'dash', 'cmd', 'powershell', 'pwsh'];

export function isShell({ program, args }: Look): boolean {
  return shells.includes(program) && args.some((word) => /^(?:-[a-z]*c|\/c|-command)$/i.test(word));
}

/** Where a secret stands in the file itself; never its value. */
function literalSecret({ server: { transport }, args, variables, run, isSecretText }: Look): string | undefined {
  const inVariable = Object.entries(variables).find(([name, text]) => !hasMark(text) && isSecretValue(name, text, isSecretText));
  const inRun = run?.env.find(([name, text]) => text !== null && !hasMark(text) && isSecretValue(name, text, isSecretText));
  const headers = transport.kind === 'http' ? Object.entries(transport.headers) : [];
  const inHeader = headers.find(
    ([name, text]) =>
      !hasMark(text) && isSecretValue(/^authorization$/i.test(name) ? 'token' : name, text.replace(/^Bearer\s+/i, ''), isSecretText),
  );
  if (inVariable !== undefined || inRun !== undefined) {
    return `the variable ${inVariable?.[0] ?? inRun?.[0] ?? ''}`;
  }
  if (inHeader !== undefined) {
    return `the header ${inHeader[0]}`;
  }
  const words = run === undefined ? args : run.command;
  if (words.some((word, index) => isSecretWord(words[index - 1] ?? '', word, isSecretText))) {
    return 'one of its arguments';
  }
  return transport.kind === 'http' && isSecretText(transport.url) ? 'its address' : undefined;
}

function isWholeHome(word: string, home: string): boolean {
  const path = word.replace(/^-{1,2}[\w-]+=/, '').replace(/[\\/]+$/, '');
  return ['', '~', '$HOME', '${HOME}', home].includes(path) && /[/~$\\]/.test(word);
}

/** Why a server is better off in a profile. */
export const moveRules: readonly AdviceRule[] = [
  {
    id: 'literal-secret',
    side: 'move',
    why: (look) => {
      const place = literalSecret(look);
      return place === undefined
        ? undefined
        : `${place} holds a secret itself: everything that reads this file has it, and the vault is made for it`;
    },
  },
  {
    id: 'whole-home',
    side: 'move',
    why: ({ args, run, home }) => {
      const found =
        run === undefined
          ? args.find((word) => isWholeHome(word, home))
          : run.mounts.find(({ source }) => isWholeHome(source, home))?.written;
      return found === undefined ? undefined : `it is given your whole home folder or disk (${found}), with every credential in it`;
    },
  },
  {
    id: 'unpinned-package',
    side: 'move',
    why: ({ package: found }) =>
      found !== undefined && found.version === null
        ? `${found.name} is fetched without a fixed version: whoever can publish it runs code as you, at the next start of any thread`
        : undefined,
  },
  {
    id: 'wide-container',
    side: 'move',
    why: ({ run }) => {
      const wide = run?.leftOut.find(({ what }) =>
        /^--(?:privileged|pid|ipc|device|security-opt|userns|use-api-socket)\b/.test(what),
      )?.what;
      const found = wide ?? (run?.network === 'host' ? '--network host' : undefined);
      return found === undefined ? undefined : `${found} takes away most of what its container is for; a profile starts it without`;
    },
  },
  {
    id: 'bridge',
    side: 'move',
    why: ({ package: found, variables }) =>
      found !== undefined && remoteBehind(found, variables) !== undefined
        ? `${found.name} only passes on to a remote server, which a profile reaches by itself`
        : undefined,
  },
  {
    id: 'container-per-thread',
    side: 'move',
    why: ({ run }) =>
      run === undefined
        ? undefined
        : 'each thread of Codex starts a container of its own, which stays when its client is killed; the gateway starts one, limits it and removes it',
  },
  {
    id: 'runs-as-you',
    side: 'move',
    why: ({ package: found }) =>
      found !== undefined && found.version !== null
        ? `${found.name} runs once for each thread, with all your files and credentials`
        : undefined,
  },
  {
    id: 'token-in-environment',
    side: 'move',
    why: ({ server: { transport } }) =>
      transport.kind === 'http' && Object.values(transport.headers).some(hasMark)
        ? 'its token stands in the environment of Codex, where all that Codex starts can read it; the vault gives it to this server alone'
        : undefined,
  },
];

export function isPlainHttp(url: string): boolean {
  return /^http:/i.test(url) && parseRemoteAddress(url).kind === 'refused';
}
