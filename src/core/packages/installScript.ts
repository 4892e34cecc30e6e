import { packageReferenceText, type PackageReference } from './packageReference.ts';
import { pythonFolder } from './pipReport.ts';

/** The images that packages are installed in and run on, where the user names no other. */
export const defaultBases = { npx: 'node:22-slim', uvx: 'python:3.13-slim' } as const;

export interface InstallWish {
  readonly reference: PackageReference;
  /** Whether packages may run something while they are installed; for Python, whether they may be built from their sources. */
  readonly allowScripts: boolean;
  /** Nothing that was published later is taken (ISO 8601); null takes the newest. */
  readonly before: string | null;
}

/** What a shell in the build container is given: a script, and what it reads as `$1`, `$2` and so on. */
export interface ShellCommand {
  readonly script: string;
  readonly args: readonly string[];
}

/**
 * Both scripts answer on the container's stdout, and everything that others write goes to stderr: one line with the lengths of the
 * files that follow, and their bytes. They end with their stdin, that is, with whoever builds.
 */
const opening = `set -eu
exec 3>&1 1>&2 4<&0 0</dev/null
{ cat <&4 >/dev/null; kill 1; } &
answer() {
  for file; do printf '%s ' "$(wc -c <"$file" | tr -d ' ')"; done >&3
  printf '\\n' >&3
  cat "$@" >&3
}
`;

/** Where the registry is: the address of it and, on lines of their own, other hosts that its files come from. */
export function registryCommand({ kind }: Pick<PackageReference, 'kind'>): ShellCommand {
  const script =
    kind === 'npx'
      ? 'npm config get registry >/work/registry'
      : `cat >/work/registry.py <<'END'
import os
from pip._internal.models.index import PyPI
chosen = os.environ.get("PIP_INDEX_URL")
print(chosen or PyPI.simple_url)
if not chosen:
    print("https://" + PyPI.file_storage_domain + "/")
END
python3 -I /work/registry.py >/work/registry`;
  return { script: `${opening}cd /work\n${script}\nanswer /work/registry\n`, args: [] };
}

/** Installs the package. The answer has what the installer says of it, what the package says of itself, and last a gzipped archive of all. */
export function installCommand(wish: InstallWish): ShellCommand {
  return wish.reference.kind === 'npx' ? npmInstall(wish) : pipInstall(wish);
}

function npmInstall({ reference, allowScripts, before }: InstallWish): ShellCommand {
  const options = [
    allowScripts ? '--dangerously-allow-all-scripts' : '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
    '--omit=dev',
    '--save-exact',
    '--package-lock',
    '--lockfile-version=3',
    '--cache=/work/cache',
    '--loglevel=http',
    // What is wrong with a registry shows at once; its own way is to wait a minute and ask again.
    '--fetch-retries=1',
    '--fetch-retry-mintimeout=500',
    '--fetch-retry-maxtimeout=5000',
    '--fetch-timeout=60000',
    ...(before === null ? [] : [`--before=${before}`]),
  ];
  const script = `${opening}cd /app
printf '{"private":true}' >package.json
npm install ${options.join(' ')} -- "$1"
tar -czf /work/tree.tgz package.json package-lock.json node_modules
answer package-lock.json "node_modules/$2/package.json" /work/tree.tgz
`;
  return { script, args: [argumentOf(reference), reference.package] };
}

function pipInstall({ reference, allowScripts, before }: InstallWish): ShellCommand {
  const options = [
    `--target=${pythonFolder}`,
    ...(allowScripts ? [] : ['--only-binary=:all:']),
    '--no-input',
    '--disable-pip-version-check',
    '--no-cache-dir',
    '--no-compile',
    '--progress-bar=off',
    '--retries=1',
    '--report=/work/report.json',
  ];
  // The option is new in pip 26; before it, what is installed is compared all the same.
  const bounded =
    before === null
      ? ''
      : `if python3 -I -m pip install --help | grep -q uploaded-prior-to; then set -- "$@" --uploaded-prior-to=${before}; fi\n`;
  const script = `${opening}cd /app
name="$2"
set -- "$1"
${bounded}python3 -I -m pip install ${options.join(' ')} "$@"
cat >/work/programs.py <<'END'
import importlib.metadata, json, re, sys
folder, wanted = sys.argv[1:]
same = lambda name: re.sub(r"[-_.]+", "-", name).lower() == wanted
found = [each for each in importlib.metadata.distributions(path=[folder]) if same(each.metadata["Name"])]
print(json.dumps([entry.name for each in found for entry in each.entry_points if entry.group == "console_scripts"]))
END
python3 -I /work/programs.py ${pythonFolder} "$name" >/work/programs.json
tar -czf /work/tree.tgz lib
answer /work/report.json /work/programs.json /work/tree.tgz
`;
  return { script, args: [argumentOf(reference), reference.package] };
}

/** What npm and pip take; it cannot begin with a dash (see parsePackageReference). */
function argumentOf(reference: PackageReference): string {
  const { kind, package: name, version } = reference;
  return kind === 'npx' ? packageReferenceText(reference).slice('npx://'.length) : version === null ? name : `${name}==${version}`;
}
