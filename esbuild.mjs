// Builds every program into dist/, one build each: a program that imports what its room
// may not have cannot be bundled (`vscode` outside the extension, Node in the page).
import { build, context } from 'esbuild';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

const root = import.meta.dirname;
/** What weighs much and is seldom needed is a bundle of its own, which the others load when they first need it. */
const apart = {
  name: 'apart',
  setup(build) {
    build.onResolve(
      { filter: /\/(?:provenance|profileSharing|profileVerbs|catalogs|imports|packages|volumes|doctor\/doctor|plugin\/plugin)\.ts$/ },
      ({ kind, path }) => (kind === 'dynamic-import' ? { path: `./${basename(path, '.ts')}.cjs`, external: true } : undefined),
    );
  },
};
// `require` finds what lies beside a bundle, in VS Code's runtime too.
const node = { platform: 'node', format: 'cjs', target: 'node22', supported: { 'dynamic-import': false }, plugins: [apart] };
const vscode = { ...node, external: ['vscode'] };
// Optional native parts: ssh2's JavaScript serves as well, and the vault's key may be kept elsewhere than in the OS keyring.
const dockerode = { ...node, external: ['*.node', 'cpu-features', '@napi-rs/keyring'] };

/** Each program by its file in dist/, without the ending. */
export const programs = {
  // Starts on any Node, to say that it is too old.
  wharf: { entry: 'src/cli/wharf.ts', out: 'wharf.cjs', options: { ...node, target: 'node14', banner: { js: '#!/usr/bin/env node' } } },
  runtimeCheck: { entry: 'src/node/runtimeCheck.ts', out: 'runtimeCheck.cjs', options: node },
  shim: { entry: 'src/gateway/shim.ts', out: 'shim.cjs', options: node },
  gateway: { entry: 'src/gateway/main.ts', out: 'gateway.cjs', options: dockerode },
  journal: { entry: 'src/gateway/journal/worker.ts', out: 'journal.cjs', options: node },
  egress: { entry: 'src/gateway/egress/main.ts', out: 'egress.cjs', options: node },
  demoServer: { entry: 'src/gateway/demoServer.ts', out: 'demoServer.cjs', options: node },
  cli: { entry: 'src/cli/main.ts', out: 'cli.cjs', options: node },
  plugin: { entry: 'src/cli/plugin/plugin.ts', out: 'plugin.cjs', options: node },
  doctor: { entry: 'src/cli/doctor/doctor.ts', out: 'doctor.cjs', options: node },
  languageServer: { entry: 'src/languageServer/main.ts', out: 'languageServer.cjs', options: node },
  extension: { entry: 'src/extension/extension.ts', out: 'extension.cjs', options: vscode },
  languageClient: { entry: 'src/extension/languageClient.ts', out: 'languageClient.cjs', options: vscode },
  provenance: { entry: 'src/node/provenance/provenance.ts', out: 'provenance.cjs', options: node },
  profileVerbs: { entry: 'src/cli/profileVerbs.ts', out: 'profileVerbs.cjs', options: node },
  profileSharing: { entry: 'src/cli/profileSharing.ts', out: 'profileSharing.cjs', options: node },
  volumes: { entry: 'src/cli/volumes.ts', out: 'volumes.cjs', options: node },
  packages: { entry: 'src/cli/packages.ts', out: 'packages.cjs', options: dockerode },
  catalogs: { entry: 'src/cli/catalogs.ts', out: 'catalogs.cjs', options: node },
  // jsonc-parser's main file loads its parts at run time.
  imports: { entry: 'src/cli/imports.ts', out: 'imports.cjs', options: { ...node, mainFields: ['module', 'main'] } },
  shownLine: { entry: 'src/extension/shownLine.ts', out: 'shownLine.cjs', options: node },
  profileEdits: { entry: 'src/extension/profileEdits.ts', out: 'profileEdits.cjs', options: node },
  webview: { entry: 'webview/main.ts', out: 'webview.js', options: { platform: 'browser', format: 'iife', target: 'es2023' } },
  webviewStyle: { entry: 'webview/style.css', out: 'webview.css', options: {} },
};

function optionsOf(program, outFolder) {
  return {
    entryPoints: [join(root, program.entry)],
    outfile: join(outFolder, program.out),
    bundle: true,
    minify: true,
    metafile: true,
    legalComments: 'none',
    logLevel: 'warning',
    absWorkingDir: root,
    ...program.options,
  };
}

/** Builds everything and returns esbuild's metafile of each program. */
export async function buildAll(outFolder = join(root, 'dist')) {
  rmSync(outFolder, { recursive: true, force: true });
  mkdirSync(outFolder, { recursive: true });
  const built = await Promise.all(
    Object.entries(programs).map(async ([name, program]) => [name, (await build(optionsOf(program, outFolder))).metafile]),
  );
  chmodSync(join(outFolder, programs.wharf.out), 0o755);
  return Object.fromEntries(built);
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv.includes('--watch')) {
    for (const program of Object.values(programs)) {
      await (await context(optionsOf(program, join(root, 'dist')))).watch();
    }
    console.log('Watching.');
  } else {
    await buildAll();
  }
}
