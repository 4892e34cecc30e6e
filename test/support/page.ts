import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { root } from './sharedData.ts';

export interface InspectorBundle {
  readonly folder: string;
  /** Bytes of the minified script, and of the style. */
  readonly scriptBytes: number;
  readonly styleBytes: number;
  remove(): Promise<void>;
}

/** Builds the inspector page into a new temporary folder: `index.html`, `inspector.js`, `inspector.css`. */
export async function buildInspector(): Promise<InspectorBundle> {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-page-'));
  const built = await build({
    entryPoints: { inspector: join(root, 'webview/main.ts') },
    outdir: folder,
    bundle: true,
    minify: true,
    metafile: true,
    platform: 'browser',
    format: 'iife',
    target: 'chrome134',
    logLevel: 'silent',
  });
  await build({
    entryPoints: { inspector: join(root, 'webview/style.css') },
    outdir: folder,
    bundle: true,
    minify: true,
    target: 'chrome134',
  });
  await copyFile(join(root, 'webview/index.html'), join(folder, 'index.html'));
  const scriptBytes = Object.values(built.metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
  const styleBytes = (await readFile(join(folder, 'inspector.css'))).byteLength;
  return { folder, scriptBytes, styleBytes, remove: () => rm(folder, { recursive: true, force: true }) };
}

export interface PageServer {
  /** Such as `http://127.0.0.1:40123/`. */
  readonly address: string;
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** Serves the files of one folder on the loopback address. */
export async function servePage(folder: string): Promise<PageServer> {
  const server = createServer((request, response) => {
    const name = request.url === '/' ? 'index.html' : (request.url ?? '').slice(1);
    const type = types[extname(name)];
    if (type === undefined || name.includes('/')) {
      response.writeHead(404).end();
      return;
    }
    readFile(join(folder, name)).then(
      (bytes) => response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { address: `http://127.0.0.1:${port}/`, close };
}

/** Where Debian puts chromium; `WHARF_CHROMIUM` names another. */
export const chromiumPath = process.env['WHARF_CHROMIUM'] ?? '/usr/bin/chromium';

export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
