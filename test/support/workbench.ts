import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium, type Browser, type FrameLocator, type Locator, type Page } from 'playwright-core';
import type * as vscode from 'vscode';

import { connectControl } from '../../src/node/controlClient.ts';
import { daemonSocket, findLocations } from '../../src/node/locations.ts';
import { root } from './sharedData.ts';
import { until } from './until.ts';
import { startVscodeServer, type VscodeServer } from './vscodeServer.ts';

export interface WorkbenchOptions {
  /** The folder that is opened; null opens an empty window. */
  readonly folder: string | null;
  /** More of the extension host's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Whether every folder is trusted. In a window that asks for trust, nothing is. */
  readonly trusted?: boolean;
}

/** Which build is driven: the checkout's own, unless a variable names another. */
const extensionFolder = process.env['WHARF_TEST_EXTENSION'] ?? root;

/** A colour theme in which the same tests run, so that a person can look at their pictures in it too. */
const theme = process.env['WHARF_TEST_THEME'];
const themeSettings = theme === undefined ? {} : { 'workbench.colorTheme': theme, 'window.autoDetectColorScheme': false };
const pictures = join(root, '.wharf-test', 'host', theme?.replaceAll(' ', '-').toLowerCase() ?? '');

/** A real VS Code (its server, and chromium as its window) with the extension. Everything it writes is in a temporary home. */
export class Workbench {
  readonly page: Page;
  /** The home folder of the extension host, and of every program that it starts. */
  readonly home: string;
  /** Errors that the page threw, less the ones that a server without a marketplace always has. */
  readonly pageErrors: readonly string[];
  private readonly bridge: { readonly port: number; readonly token: string };
  private readonly closers: (() => Promise<unknown>)[];

  constructor(parts: {
    page: Page;
    home: string;
    pageErrors: readonly string[];
    bridge: { port: number; token: string };
    closers: (() => Promise<unknown>)[];
  }) {
    this.page = parts.page;
    this.home = parts.home;
    this.pageErrors = parts.pageErrors;
    this.bridge = parts.bridge;
    this.closers = parts.closers;
  }

  /** Calls a function inside the extension host. It is sent as text: it sees its arguments and nothing around it. */
  async evaluate<T, A = undefined>(
    fn: (code: typeof vscode, args: A, loadedFiles: readonly string[]) => T | Promise<T>,
    args?: A,
  ): Promise<T> {
    const answer = await this.post<{ value?: T; error?: string }>('/call', { fn: fn.toString(), args });
    if (answer.error !== undefined) {
      throw new Error(`In the extension host: ${answer.error}`);
    }
    return answer.value as T;
  }

  /** A command's value, or undefined when it failed. */
  executeCommand<T>(id: string, ...args: unknown[]): Promise<T> {
    return this.evaluate(async (code, { id, args }) => (await code.commands.executeCommand<T>(id, ...args)) as T, { id, args });
  }

  async screenshot(name: string): Promise<string> {
    const path = join(pictures, `${name}.png`);
    await mkdir(pictures, { recursive: true });
    await this.page.screenshot({ path });
    return path;
  }

  /** Brings Wharf's side bar to the front. */
  async showProfiles(): Promise<void> {
    await this.executeCommand('wharf.profiles.focus');
    await this.page.locator(selectors.profilesPane).waitFor();
  }

  /** Connects Codex as a person does: the command, then how tools are approved. */
  async connectCodex(answer: string): Promise<void> {
    await this.chooseCommand('Wharf: Connect Codex');
    await this.quickInput(/^Connect Codex to/);
    await this.pick(answer);
    await until(async () => (await this.notifications()).some((text) => text.startsWith('Wrote [mcp_servers.MCP_DOCKER]')), {
      what: 'Codex to be connected',
    });
    await this.clearNotifications();
  }

  /** The rows of the profiles view, drawn as text: two spaces for each level, then name and description. */
  async profilesText(): Promise<string> {
    const rows = await this.page.locator(`${selectors.profilesPane} ${selectors.row}`).evaluateAll((elements) =>
      elements
        .map((element) => ({
          top: (element as HTMLElement).offsetTop,
          level: Number(element.getAttribute('aria-level') ?? 1),
          name: element.querySelector('.label-name')?.textContent ?? '',
          description: element.querySelector('.label-description')?.textContent ?? '',
        }))
        .sort((a, b) => a.top - b.top),
    );
    return rows
      .map((row) => `${'  '.repeat(row.level - 1)}${[row.name, row.description].filter((text) => text !== '').join(' — ')}`)
      .join('\n');
  }

  /** What a screen reader says of each row of the profiles view. */
  async profilesLabels(): Promise<readonly string[]> {
    return await this.page
      .locator(`${selectors.profilesPane} ${selectors.row}`)
      .evaluateAll((elements) => elements.map((element) => element.getAttribute('aria-label') ?? ''));
  }

  /** A row by its name; where names repeat, a part of the grey text says which. */
  profileRow(name: string, description = ''): Locator {
    return this.page
      .locator(`${selectors.profilesPane} ${selectors.row}`)
      .filter({ has: this.page.locator('.label-name', { hasText: exactly(name) }) })
      .filter({ hasText: description });
  }

  /** A button that a row shows under the pointer, by its title. */
  async clickRowAction(name: string, title: string, description = ''): Promise<void> {
    const row = this.profileRow(name, description);
    await row.hover();
    await row.locator(`.actions .action-label[aria-label^="${title}"]`).click();
  }

  /**
   * Clicks a button of a row, and gives what that asks. A row that is drawn anew under the pointer loses the click, as a person
   * would see: then it is clicked again.
   */
  async askOfRow(name: string, button: string, title: string | RegExp, description = ''): Promise<Locator> {
    for (let attempt = 1; ; attempt++) {
      await this.clickRowAction(name, button, description);
      try {
        return await this.quickInput(title, 12_000);
      } catch (error) {
        if (attempt === 3) {
          await this.screenshot('row');
          throw error;
        }
      }
    }
  }

  async expandRow(name: string): Promise<void> {
    const row = this.profileRow(name);
    if ((await row.getAttribute('aria-expanded')) === 'false') {
      await row.locator('.monaco-tl-twistie').click();
    }
  }

  /** The text of a view without rows, once there is one. */
  async welcomeText(): Promise<string> {
    const welcome = this.page.locator(`${selectors.profilesPane} .welcome-view-content`);
    return await until(async () => (await welcome.innerText()).trim() || undefined, { what: 'the text of the empty view' });
  }

  async clickWelcome(button: string): Promise<void> {
    await this.page.locator(`${selectors.profilesPane} .welcome-view-content .monaco-button`, { hasText: button }).click();
  }

  /** Waits for a quick pick or an input box with this title. */
  async quickInput(title: string | RegExp, timeoutMs?: number): Promise<Locator> {
    const widget = this.page.locator(selectors.quickInput).filter({ has: this.page.locator('.quick-input-title', { hasText: title }) });
    await widget.waitFor(timeoutMs === undefined ? {} : { timeout: timeoutMs });
    return widget;
  }

  /** Types into an input box with this title, and accepts. Gives whether the box hides what is typed. */
  async answer(title: string | RegExp, text: string): Promise<boolean> {
    const widget = await this.quickInput(title);
    // A list with the same title may stand there until the box takes its place.
    await widget.locator('.quick-input-list').waitFor({ state: 'hidden' });
    const input = widget.locator('input:not([type="checkbox"])').first();
    const isHidden = (await input.getAttribute('type')) === 'password';
    await input.fill(text);
    await input.press('Enter');
    return isHidden;
  }

  async pick(label: string): Promise<void> {
    await this.page.locator(`${selectors.quickInput} .monaco-list-row`).filter({ hasText: label }).first().click();
  }

  /** The support report, after its command was chosen: it is shown, and in the clipboard. */
  async supportReport(): Promise<string> {
    await this.chooseCommand('Wharf: Copy Support Report');
    const shown = (): Promise<string | undefined> =>
      this.evaluate((code) => {
        const document = code.window.activeTextEditor?.document;
        return document?.isUntitled === true && document.languageId === 'markdown' ? document.getText() : undefined;
      });
    const report = await until(shown, { what: 'the report to be shown', timeoutMs: 60_000 });
    await until(async () => (await this.notifications()).some((text) => /support report is shown and in the clipboard/.test(text)));
    return report;
  }

  /**
   * Chooses a command by its title, as a person does: the palette lists what exists when it opens, and closes when another
   * part of a starting window takes the focus, so that it is opened anew where the command is not in it.
   */
  async chooseCommand(title: string): Promise<void> {
    const row = this.page.locator(`${selectors.quickInput} .monaco-list-row`).filter({ hasText: title }).first();
    for (let attempt = 1; ; attempt++) {
      await this.page.keyboard.press('F1');
      try {
        await this.page.locator(`${selectors.quickInput} input[type="text"]`).first().fill(`>${title}`, { timeout: 5_000 });
        await row.click({ timeout: 5_000 });
        return;
      } catch (error) {
        if (attempt === 6) {
          await this.screenshot('palette');
          throw error;
        }
        await this.page.keyboard.press('Escape');
      }
    }
  }

  /** Texts of all notifications, newest first. The smoke-test driver shows none as toasts. */
  async notifications(): Promise<readonly string[]> {
    await this.executeCommand('notifications.showList');
    return await this.page.locator('.notifications-center .notification-list-item-message').allInnerTexts();
  }

  async clearNotifications(): Promise<void> {
    await this.executeCommand('notifications.clearAll');
  }

  /** The inspector page: a webview is a frame in a frame. */
  inspector(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  }

  /** Ends the window, the server and the daemon that the extension started, and removes the temporary home. */
  async close(): Promise<void> {
    for (const close of this.closers.splice(0).reverse()) {
      await close().catch((error: unknown) => console.error(error));
    }
  }

  private async post<T>(path: string, body: unknown): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.bridge.port}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.bridge.token}` },
      body: JSON.stringify(body),
    });
    return (await response.json()) as T;
  }
}

/** VS Code's DOM is no contract: everything that a test knows of it is in this file. */
const selectors = {
  profilesPane: ':is(.pane:has(> .pane-header[aria-label^="Profiles"]), .split-view-view:has([aria-label^="Profiles"]) .pane)',
  row: '.monaco-list-row',
  quickInput: '.quick-input-widget:visible',
} as const;

function exactly(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
}

/** Starts everything and waits until the window is there and the bridge answers. */
export async function openWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-host-'));
  const home = join(folder, 'home');
  const token = randomBytes(16).toString('hex');
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true, maxRetries: 5 })];
  try {
    await mkdir(home);
    const env = { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', HOME: home, ...options.env };
    const server = await startVscodeServer({
      folder,
      trusted: options.trusted ?? true,
      settings: { ...themeSettings, ...options.settings },
      env,
    });
    // Closed from the last: a window that still runs would start the daemon again.
    closers.push(
      () => stopDaemon(env),
      () => server.stop(),
    );
    const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox', '--disable-gpu'] });
    closers.push(() => browser.close());
    const announced = join(folder, 'bridge-port');
    const { page, pageErrors } = await openPage(
      browser,
      windowAddress(server, options.folder, { WHARF_BRIDGE_TOKEN: token, WHARF_BRIDGE_FILE: announced }),
    );
    const port = await until(async () => Number(await readFile(announced, 'utf8').catch(() => '')) || undefined, {
      timeoutMs: 60_000,
      what: 'the extension host of VS Code',
    });
    await page.locator('.monaco-workbench').waitFor();
    return new Workbench({ page, home, pageErrors, bridge: { port, token }, closers });
  } catch (error) {
    for (const close of closers.reverse()) {
      await close().catch(() => undefined);
    }
    throw error;
  }
}

function windowAddress(server: VscodeServer, folder: string | null, env: Readonly<Record<string, string>>): string {
  const remote = (path: string): string => `vscode-remote://${server.authority}${path}`;
  const payload = [
    ['skipWelcome', 'true'],
    ['skipReleaseNotes', 'true'],
    ['extensionDevelopmentPath', remote(extensionFolder)],
    ['extensionTestsPath', remote(join(import.meta.dirname, 'bridge.cjs'))],
    ['extensionEnvironment', JSON.stringify(env)],
  ];
  const what = folder === null ? 'ew=true' : `folder=${encodeURIComponent(folder)}`;
  return `http://${server.authority}/?${what}&payload=${encodeURIComponent(JSON.stringify(payload))}`;
}

async function openPage(browser: Browser, address: string): Promise<{ page: Page; pageErrors: readonly string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  // A request for a marketplace or an update server would wait for its time-out.
  await context.route(
    (url) => url.hostname !== '127.0.0.1',
    (route) => route.abort(),
  );
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const pageErrors: string[] = [];
  page.on('pageerror', (error) => pageErrors.push(error.message));
  // The window calls both when the test module ends.
  await page.exposeFunction('codeAutomationLog', () => undefined);
  await page.exposeFunction('codeAutomationExit', () => undefined);
  await page.goto(address);
  return { page, pageErrors };
}

/** The daemon is detached and would outlive its home. */
async function stopDaemon(env: Readonly<Record<string, string>>): Promise<void> {
  const home = env['HOME'] ?? '';
  const control = await connectControl(daemonSocket(findLocations({ mayRecord: false, env, home })));
  if (control.ok) {
    await control.value.request('daemon/stop', {});
    await control.value.closed;
  }
}

function chromiumPath(): string {
  return process.env['WHARF_TEST_CHROMIUM'] ?? '/usr/bin/chromium';
}
