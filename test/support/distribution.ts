import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { nodeFiles, nodeInImage } from '../../scripts/nodeFiles.ts';
import type { TarEntry } from '../../scripts/tar.ts';
import { docker } from './dockerLane.ts';
import { buildImage, npmServer } from './images.ts';

const run = promisify(execFile);

/** Images as distributions make them: a shell, a package manager's files, users, an interpreter, a browser. */
export const distributionTags = {
  base: 'wharf-sample/debian',
  notes: 'wharf-sample/notes:1',
  browser: 'wharf-sample/browser:1',
} as const;

const packages = ['python3', 'python3-pip', 'chromium', 'fonts-dejavu-core'];
const leftOut = ['/usr/share/man/*', '/usr/share/locale/*', '/usr/share/doc/*', '/usr/share/info/*'];
const user = 'chroot "$1" useradd --system --uid 1500 --no-create-home --shell /usr/sbin/nologin notes';

/** Why they cannot be built here; undefined where they can. */
export function whyNoDistribution(): string | undefined {
  const found = (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'mmdebstrap')));
  return found ? undefined : 'there is no mmdebstrap on the path';
}

/** Debian with Python and chromium, from where this machine gets its own packages. Built once for each list of packages and release. */
export async function baseImage(): Promise<string> {
  const release = /^VERSION_CODENAME=(.+)$/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1] ?? 'stable';
  const options = [
    '--variant=minbase',
    `--include=${packages.join(',')}`,
    ...leftOut.map((path) => `--dpkgopt=path-exclude=${path}`),
    `--customize-hook=${user}`,
  ];
  const content = createHash('sha256')
    .update(JSON.stringify([release, process.arch, options]))
    .digest('hex')
    .slice(0, 12);
  const tag = `${distributionTags.base}:${content}`;
  if ((await docker.listImages({ filters: { reference: [tag] } })).length === 0) {
    const archive = await baseArchive(content, [...options, release]);
    await docker.importImage(archive, { repo: distributionTags.base, tag: content });
  }
  return tag;
}

async function baseArchive(content: string, args: readonly string[]): Promise<string> {
  const folder = process.env['WHARF_TEST_TOOLS'] || join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'wharf');
  const archive = join(folder, `debian-${content}.tar`);
  if (!existsSync(archive)) {
    await mkdir(dirname(archive), { recursive: true });
    const partial = join(folder, `debian-${content}.${process.pid}.tar`);
    try {
      await run('mmdebstrap', [...args, partial, ...(await sources())], { maxBuffer: 16 * 1024 ** 2 });
      await rename(partial, archive);
    } finally {
      await rm(partial, { force: true });
    }
  }
  return archive;
}

/** The files that tell this machine's own package manager where packages are. Those of others than the distribution are left out. */
async function sources(): Promise<readonly string[]> {
  const folder = '/etc/apt/sources.list.d';
  const names = await readdir(folder).catch(() => []);
  const files = ['/etc/apt/sources.list', ...names.filter((name) => /\.(list|sources)$/.test(name)).map((name) => join(folder, name))];
  const texts = await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8').catch(() => '')] as const));
  return texts.filter(([, text]) => /^(?:deb |URIs:).*debian/m.test(text)).map(([file]) => file);
}

/** The image of a server in Python whose entrypoint begins as root and leaves it. */
export async function buildNotesImage(): Promise<void> {
  const servers = join(import.meta.dirname, 'servers');
  const files: TarEntry[] = [
    { path: 'files/srv/notes.py', mode: 0o644, file: join(servers, 'notes.py') },
    { path: 'files/srv/notes.sh', mode: 0o755, file: join(servers, 'notes.sh') },
  ];
  const lines = [`FROM ${await baseImage()}`, 'COPY files/ /', 'ENTRYPOINT ["/srv/notes.sh"]'];
  await buildImage({ tag: distributionTags.notes, lines, files }, docker);
}

/** The image of `@playwright/mcp` with Debian's chromium. */
export async function buildBrowserImage(): Promise<void> {
  const server = await npmServer('@playwright/mcp');
  const node = await nodeFiles();
  const files = [...node.filter(({ path }) => path === nodeInImage), ...server.files].map((entry) => ({
    ...entry,
    path: `files/${entry.path}`,
  }));
  const command = [`/${nodeInImage}`, server.program, '--headless', '--browser=chromium', '--executable-path=/usr/bin/chromium'];
  const lines = [`FROM ${await baseImage()}`, 'COPY files/ /', `ENTRYPOINT ${JSON.stringify(command)}`];
  await buildImage({ tag: distributionTags.browser, lines, files }, docker);
}
