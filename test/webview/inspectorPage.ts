import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before } from 'node:test';
import type { TestContext } from 'node:test';
import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import type { CallDetail } from '../../src/shared/calls.ts';
import type { InspectorMessage, InspectorRequest } from '../../src/shared/inspectorProtocol.ts';
import type { Host } from '../../webview/host.ts';
import type { ViewState } from '../../webview/state.ts';
import { buildInspector, launchChromium, servePage } from '../support/page.ts';
import type { InspectorBundle, PageServer } from '../support/page.ts';
import { root } from '../support/sharedData.ts';
import { themes } from './themes.ts';
import type { Theme, ThemeName } from './themes.ts';

declare global {
  interface Window {
    /** The host's double, whichever way the page reaches it. */
    testHost: TestHost;
  }
}

interface TestHost extends Host {
  readonly sent: InspectorRequest[];
  deliver(message: InspectorMessage): void;
  /** Answers to `showCall`, by id. */
  readonly details: Map<string, CallDetail>;
}

export interface InspectorPage {
  readonly page: Page;
  readonly deliver: (...messages: readonly InspectorMessage[]) => Promise<void>;
  /** From now on the host answers for these calls. */
  readonly know: (...details: readonly CallDetail[]) => Promise<void>;
  readonly sent: () => Promise<readonly InspectorRequest[]>;
  /** Writes `.wharf-test/webview/<name>.png`. */
  readonly screenshot: (name: string) => Promise<void>;
}

export interface PageOptions {
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
  readonly reducedMotion?: boolean;
  readonly forcedColors?: boolean;
  /** How the page finds its host: as VS Code offers it, as others do (the default), or not at all. */
  readonly reach?: 'vscode' | 'wharfHost' | 'none';
}

export interface Lab {
  readonly bundle: InspectorBundle;
  open(t: TestContext, options?: PageOptions): Promise<InspectorPage>;
}

/** One browser and one build for a file of tests; stopped after the last. */
export function inspectorLab(): Lab {
  let bundle: InspectorBundle | undefined;
  let server: PageServer | undefined;
  let browser: Browser | undefined;
  before(async () => {
    bundle = await buildInspector();
    server = await servePage(bundle.folder);
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
    await bundle?.remove();
  });
  return {
    get bundle() {
      assert.ok(bundle);
      return bundle;
    },
    async open(t, options = {}) {
      assert.ok(browser);
      assert.ok(server);
      return openInspector(t, browser, server.address, options);
    },
  };
}

async function openInspector(t: TestContext, browser: Browser, address: string, options: PageOptions): Promise<InspectorPage> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1200, height: options.height ?? 640 },
    reducedMotion: options.reducedMotion === true ? 'reduce' : 'no-preference',
    forcedColors: options.forcedColors === true ? 'active' : 'none',
  });
  t.after(() => context.close());
  await context.addInitScript(installHost, { theme: themes[options.theme ?? 'dark'], reach: options.reach ?? 'wharfHost' });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => faults.push(message.text()));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(address)) {
      faults.push(`request: ${request.url()}`);
    }
  });
  t.after(() => assert.deepEqual(faults, [], 'the page ran without errors, dialogs and foreign requests'));
  await page.goto(address);
  return {
    page,
    deliver: async (...messages) => {
      await page.evaluate((all) => all.forEach((message) => window.testHost.deliver(message)), messages);
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    },
    // As text, because the driver's own messages cannot be deep.
    know: (...details) =>
      page.evaluate((json) => {
        for (const known of JSON.parse(json) as readonly CallDetail[]) {
          window.testHost.details.set(known.id, known);
        }
      }, JSON.stringify(details)),
    sent: () => page.evaluate(() => window.testHost.sent),
    screenshot: async (name) => {
      const folder = join(root, '.wharf-test', 'webview');
      await mkdir(folder, { recursive: true });
      await page.screenshot({ path: join(folder, `${name}.png`) });
    },
  };
}

/** Runs in the page before its own script; so it uses nothing from outside. */
function installHost({ theme, reach }: { readonly theme: Theme; readonly reach: string }): void {
  const listeners: ((message: InspectorMessage) => void)[] = [];
  const host: TestHost = {
    sent: [],
    details: new Map(),
    send(request) {
      host.sent.push(request);
      const known = request.kind === 'showCall' ? host.details.get(request.id) : undefined;
      if (known !== undefined) {
        queueMicrotask(() => host.deliver({ kind: 'callDetail', call: known }));
      }
    },
    onMessage(listener) {
      listeners.push(listener);
    },
    loadState() {
      const saved = sessionStorage.getItem('state');
      return saved === null ? undefined : (JSON.parse(saved) as ViewState);
    },
    saveState(state) {
      sessionStorage.setItem('state', JSON.stringify(state));
    },
    deliver(message) {
      for (const listener of listeners) {
        listener(message);
      }
    },
  };
  window.testHost = host;
  if (reach === 'wharfHost') {
    window.wharfHost = host;
  } else if (reach === 'vscode') {
    host.onMessage((message) => window.postMessage(message, '*'));
    const acquireVsCodeApi = () => ({
      postMessage: (request: InspectorRequest) => host.send(request),
      getState: () => host.loadState(),
      setState: (state: ViewState) => host.saveState(state),
    });
    Object.assign(window, { acquireVsCodeApi });
  }
  document.addEventListener('DOMContentLoaded', () => {
    document.body.className = theme.bodyClasses;
    for (const [name, value] of Object.entries(theme.variables)) {
      document.documentElement.style.setProperty(`--vscode-${name}`, value);
    }
  });
}
