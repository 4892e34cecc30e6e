import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { codeServerMain } from './tools.mjs';
import { until } from './until.ts';

/** Settings that keep the window quiet, so that a test sees Wharf and little else. */
const quietSettings = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.openRepositoryInParentFolders': 'never',
  'security.workspace.trust.banner': 'never',
  'security.workspace.trust.startupPrompt': 'never',
  'telemetry.telemetryLevel': 'off',
  'window.commandCenter': false,
  'workbench.enableExperiments': false,
  'workbench.layoutControl.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

export interface VscodeServer {
  readonly port: number;
  /** `host:port`, as remote addresses of the window name it. */
  readonly authority: string;
  readonly logFile: string;
  stop(): Promise<void>;
}

/** Starts the real VS Code server under this Node. Everything it and its children write is below `folder`. */
export async function startVscodeServer(options: {
  readonly folder: string;
  readonly trusted: boolean;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
  /** Tests load extensions from their folders, which needs VS Code's smoke-test driver. It shows no toasts. Default true. */
  readonly driver?: boolean;
  /** What the address must carry, for a server that a person leaves running. Default none. */
  readonly token?: string;
  /** Called with the folder of installed extensions before the start. */
  prepare?(extensions: string): Promise<void>;
}): Promise<VscodeServer> {
  const { folder } = options;
  const data = join(folder, 'server');
  const logFile = join(folder, 'server.log');
  await mkdir(join(data, 'data', 'User'), { recursive: true });
  await writeFile(join(data, 'data', 'User', 'settings.json'), JSON.stringify({ ...quietSettings, ...options.settings }, null, 2));
  const trust = options.trusted ? ['--disable-workspace-trust'] : [];
  const driver = options.driver === false ? [] : ['--enable-smoke-test-driver'];
  await options.prepare?.(join(folder, 'extensions'));
  const listen = ['--host', '127.0.0.1', '--port', '0', '--accept-server-license-terms'];
  if (options.token === undefined) {
    listen.push('--without-connection-token');
  } else {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, options.token, { mode: 0o600 });
    listen.push('--connection-token-file', tokenFile);
  }
  const folders = ['--server-data-dir', data, '--extensions-dir', join(folder, 'extensions'), '--telemetry-level', 'off'];
  const child = spawn(process.execPath, [await codeServerMain(), ...listen, ...folders, ...driver, ...trust], {
    cwd: folder,
    env: { ...options.env, VSCODE_IPC_HOOK_CLI: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      // The group: the server's own children (extension hosts) end with it.
      process.kill(-child.pid, 'SIGTERM');
      await ended;
    }
  };
  try {
    const port = await until(
      async () => {
        const text = await readFile(logFile, 'utf8').catch(() => '');
        if (child.exitCode !== null) {
          throw new Error(`The VS Code server ended with ${child.exitCode}:\n${text}`);
        }
        const found = /agent listening on (\d+)/.exec(text)?.[1];
        return found === undefined ? undefined : Number(found);
      },
      { timeoutMs: 30_000, what: 'the VS Code server' },
    );
    return { port, authority: `127.0.0.1:${port}`, logFile, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
