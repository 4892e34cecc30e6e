import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A value that nothing else in the world has. It is made of what must be escaped in JSON and in addresses. */
export interface Canary {
  readonly value: string;
  /** What it looks like in a file: itself, in hexadecimal, and in Base64 wherever in a longer text it begins. */
  readonly looks: readonly string[];
}

/** `suffix` are more characters of the value, which make other encodings differ. */
export function makeCanary(suffix = ''): Canary {
  const core = `canary-${randomBytes(12).toString('hex')}`;
  const bytes = Buffer.from(core);
  const base64 = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .slice(before === 0 ? 0 : 4, -4),
  );
  const hex = bytes.toString('hex');
  // Half of it is no less a leak: what cuts a text may cut a value.
  return { value: `${core}${suffix}`, looks: [core.slice(0, 20), core.slice(-16), hex, hex.toUpperCase(), ...base64] };
}

/** Makes a file whose time says when the run began. */
export async function stampOf(folder: string): Promise<string> {
  const path = join(folder, 'stamp');
  await writeFile(path, '');
  return path;
}

/** Files that changed since the stamp was made and hold one of these texts. What is mounted below a folder is passed over. */
export async function filesHolding(folders: readonly string[], stamp: string, canaries: readonly Canary[]): Promise<readonly string[]> {
  const texts = canaries.flatMap(({ looks }) => looks).flatMap((look) => ['-e', look]);
  const present = folders.filter((folder) => existsSync(folder));
  const args = [...present, '-xdev', '-type', 'f', '-cnewer', stamp, '-exec', 'grep', '-laF', ...texts, '{}', '+'];
  // Files come and go meanwhile, and grep fails where it finds nothing.
  const { stdout } = await promisify(execFile)('find', args, { maxBuffer: 1 << 26 }).catch((error: unknown) => error as { stdout: string });
  return stdout.split('\n').filter((path) => path !== '');
}

/** Processes of this computer whose arguments or variables hold one of these texts. `container` is the id of the one that it runs in. */
export function processesHolding(canaries: readonly Canary[]): readonly { readonly pid: string; readonly container: string | null }[] {
  const looks = canaries.flatMap((canary) => canary.looks);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const facts = ['cmdline', 'environ'].map((name) => read(`/proc/${pid}/${name}`)).join('\0');
      const container = /[0-9a-f]{64}/.exec(read(`/proc/${pid}/cgroup`))?.[0] ?? null;
      return looks.some((look) => facts.includes(look)) ? [{ pid, container }] : [];
    });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** Which of these texts hold one of the canaries, in short. */
export function textsHolding(texts: Readonly<Record<string, string>>, canaries: readonly Canary[]): readonly string[] {
  const looks = canaries.flatMap((canary) => canary.looks);
  return Object.entries(texts).flatMap(([name, text]) => {
    const found = looks.find((look) => text.includes(look));
    const at = found === undefined ? -1 : text.indexOf(found);
    return found === undefined ? [] : [`${name}: …${text.slice(Math.max(0, at - 100), at + 80)}…`];
  });
}
