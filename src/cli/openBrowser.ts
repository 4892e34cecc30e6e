import { spawn } from 'node:child_process';

/**
 * Shows an address in the person's browser. No shell sees it: it comes from a server. False where no browser can be
 * started; whether one shows the page nobody can tell.
 */
export function openBrowser(address: string): Promise<boolean> {
  const [command, ...args] = openers[process.platform] ?? openers.linux;
  return new Promise((resolve) => {
    const child = spawn(command, [...args, address], { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}

type Opener = readonly [string, ...string[]];

const openers: Partial<Record<NodeJS.Platform, Opener>> & { readonly linux: Opener } = {
  darwin: ['open'],
  // `start` is a word of the shell; this is what it does.
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
  linux: ['xdg-open'],
};
