import { isScalar, type YAMLMap } from 'yaml';

import type { NativeServer, SecretUse } from './profile.ts';
import { keysOfDocker } from './entryKeys.ts';
import { isReferenceInVariable } from '../secrets/reference.ts';
import { ServerReader } from './serverSettings.ts';

const nativeSettings = ['command', 'args', 'env', 'cwd'];

/** POSIX, a drive of Windows, or a share of Windows. */
const absolute = /^(?:\/|[A-Za-z]:[\\/]|\\\\)/;

/** Reads an entry that names a command of the user, which runs outside any container. */
export class NativeServerReader extends ServerReader {
  read(entry: YAMLMap, own: YAMLMap, native: YAMLMap): Omit<NativeServer, 'tools' | 'line'> {
    for (const { name, key, value } of this.pairs(entry)) {
      // Beside a command of the user it would be a promise that nobody keeps.
      if (value !== undefined && !(isScalar(value) && value.value === null) && keysOfDocker.includes(name)) {
        throw this.bad(key, `a native server has only "wharf.native", and no "${name}"`);
      }
    }
    for (const { name, key } of this.pairs(native)) {
      if (!nativeSettings.includes(name)) {
        throw this.bad(key, `"native" has no setting "${name}" in this version; it has ${nativeSettings.join(', ')}`);
      }
    }
    return {
      kind: 'native',
      name: this.name(entry, own, [entry], undefined),
      ...this.common(own, 'native', {}),
      command: this.command(native),
      args: this.args(native),
      ...this.env(native),
      cwd: this.cwd(native),
      promisedTools: [],
      missingConfig: [],
    };
  }

  private command(native: YAMLMap): string {
    const command = this.text(native, 'command');
    const node = this.value(native, 'command');
    if (command === undefined || node === undefined) {
      throw this.bad(native, 'a native server needs "command"');
    }
    if (/[\\/]/.test(command) && !absolute.test(command)) {
      throw this.bad(node, 'its "command" is neither a name nor an absolute path');
    }
    return this.literal(node, 'its "command"');
  }

  private args(native: YAMLMap): readonly string[] {
    return (this.texts(native, 'args') ?? []).map((word, index) => {
      // A "$" alone is a word like any other: no shell reads it.
      if (word.includes('{{') || word.includes('${') || word.includes('\0')) {
        throw this.bad(
          this.itemOf(native, 'args', index),
          'one of its "args" has a template, which this version cannot fill in yet, or a NUL character',
        );
      }
      return word;
    });
  }

  /** Variables, and those whose value is a reference to a secret. */
  private env(native: YAMLMap): Pick<NativeServer, 'env' | 'secrets'> {
    const map = this.optionalMap(native, 'env');
    const env: [string, string][] = [];
    const secrets: SecretUse[] = [];
    for (const { name, key, value } of map === undefined ? [] : this.pairs(map)) {
      const variable = this.checkedVariableName(name, key);
      const text = isScalar(value) && typeof value.value === 'string' ? value.value : '';
      this.refuseBrokenReference(value, text);
      if (isReferenceInVariable(text)) {
        secrets.push({ env: variable, reference: text, as: 'env' });
      } else {
        env.push([variable, this.literal(value, `the variable "${name}"`)]);
      }
    }
    return { env: Object.fromEntries(env), secrets };
  }

  private cwd(native: YAMLMap): string | null {
    const cwd = this.text(native, 'cwd');
    const node = this.value(native, 'cwd');
    if (cwd === undefined || node === undefined) {
      return null;
    }
    if (!absolute.test(cwd)) {
      throw this.bad(node, 'its "cwd" is not an absolute path');
    }
    return this.literal(node, 'its "cwd"');
  }
}
