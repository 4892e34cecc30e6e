import { descriptionOf, isProgramName, isValues, parseValues, type LockedPackage, type Read } from './lockedPackage.ts';

const folder = 'node_modules/';
const mostPackages = 20_000;

/**
 * Reads what npm wrote into `package-lock.json` (version 3) of a folder in which one package was installed, and that package's own
 * `package.json`. A package without a hash, such as one from git, is refused: nobody could get the same again.
 */
export function readNpmLock(name: string, lockText: string, manifestText: string): Read<LockedPackage> {
  const packages = parseValues(lockText)?.['packages'];
  if (!isValues(packages)) {
    return { ok: false, why: 'npm wrote no lock file that is understood' };
  }
  const entries = Object.entries(packages).filter(([path]) => path !== '');
  const own = packages[`${folder}${name}`];
  if (!isValues(own) || entries.length > mostPackages) {
    return { ok: false, why: isValues(own) ? 'it needs too many packages' : 'npm installed another package' };
  }
  const tree = new Set<string>();
  const withScripts: string[] = [];
  for (const [path, entry] of entries) {
    const found = isValues(entry) ? entry : {};
    const { version, integrity } = found;
    const called = path.slice(path.lastIndexOf(folder) + folder.length);
    // Those lie in the archive of the package that brings them, and have no hash of their own.
    const isBundled = found['inBundle'] === true && path !== `${folder}${name}`;
    if (typeof version !== 'string' || !(isBundled || isHash(integrity))) {
      return { ok: false, why: `"${called}", which it needs, comes from elsewhere than a registry, and has no hash` };
    }
    tree.add(`${called}@${version} ${isHash(integrity) ? integrity : 'bundled'}`);
    if (found['hasInstallScript'] === true) {
      withScripts.push(called);
    }
  }
  const program = programOf(name, own['bin']);
  if (program === undefined) {
    return { ok: false, why: 'it brings no program, or several and none of its own name' };
  }
  return {
    ok: true,
    value: {
      version: String(own['version']),
      integrity: String(own['integrity']),
      program: `/app/node_modules/.bin/${program}`,
      tree: [...tree].sort(),
      withScripts,
      description: descriptionOf(parseValues(manifestText)?.['description']),
    },
  };
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^sha(?:1|256|384|512)-[A-Za-z0-9+/=]+(?: sha\d+-[A-Za-z0-9+/=]+)*$/.test(value);
}

/** As npx chooses it: the only program, or the one that has the package's name. */
function programOf(name: string, bin: unknown): string | undefined {
  const bare = name.slice(name.lastIndexOf('/') + 1);
  const programs = typeof bin === 'string' ? { [bare]: bin } : isValues(bin) ? bin : {};
  const [first] = Object.keys(programs);
  const isOne = new Set(Object.values(programs)).size === 1;
  const chosen = isOne ? first : Object.hasOwn(programs, bare) ? bare : undefined;
  return chosen !== undefined && isProgramName(chosen) ? chosen : undefined;
}
