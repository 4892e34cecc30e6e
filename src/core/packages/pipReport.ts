import { descriptionOf, isProgramName, isValues, parseValues, type LockedPackage, type Read } from './lockedPackage.ts';
import { pythonNameOf } from './packageReference.ts';

/** Where a Python package and what it needs lie in its image. */
export const pythonFolder = '/app/lib';

/**
 * Reads what `pip install --report` wrote (its format 1), and the names of the programs of the package as a JSON list.
 * A package without a hash is refused: nobody could get the same again.
 */
export function readPipReport(name: string, reportText: string, programsText: string): Read<LockedPackage> {
  const installs = parseValues(reportText)?.['install'];
  const found = (Array.isArray(installs) ? installs : []).map(installOf);
  const own = found.find((each) => each.name === name);
  if (own === undefined) {
    return { ok: false, why: 'pip installed another package, or wrote no report that is understood' };
  }
  const bad = found.find(({ version, hash }) => version === '' || hash === '');
  if (bad !== undefined) {
    return { ok: false, why: `"${bad.name}", which it needs, has no hash` };
  }
  const programs = programsOf(programsText);
  const program = programs.length === 1 ? programs[0] : programs.find((each) => pythonNameOf(each) === name);
  if (program === undefined || !isProgramName(program)) {
    return { ok: false, why: 'it brings no program, or several and none of its own name' };
  }
  return {
    ok: true,
    value: {
      version: own.version,
      integrity: `sha256:${own.hash}`,
      program: `${pythonFolder}/bin/${program}`,
      tree: found.map((each) => `${each.name}@${each.version} sha256:${each.hash}`).sort(),
      withScripts: found.filter(({ isWheel }) => !isWheel).map((each) => each.name),
      description: own.summary,
    },
  };
}

interface Install {
  readonly name: string;
  readonly version: string;
  /** Hexadecimal; empty where it has none. */
  readonly hash: string;
  readonly summary: string;
  readonly isWheel: boolean;
}

function installOf(value: unknown): Install {
  const metadata = valuesAt(value, 'metadata');
  const download = valuesAt(value, 'download_info');
  const archive = valuesAt(download, 'archive_info');
  const hash = valuesAt(archive, 'hashes')['sha256'];
  return {
    name: pythonNameOf(textOf(metadata['name'])),
    version: textOf(metadata['version']),
    hash: typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash) ? hash : '',
    summary: descriptionOf(metadata['summary']),
    isWheel: textOf(download['url'])
      .replace(/[?#].*$/, '')
      .endsWith('.whl'),
  };
}

function valuesAt(value: unknown, key: string): Readonly<Record<string, unknown>> {
  const inner = isValues(value) ? value[key] : undefined;
  return isValues(inner) ? inner : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function programsOf(text: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
  } catch {
    return [];
  }
}
