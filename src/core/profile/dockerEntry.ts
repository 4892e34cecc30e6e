import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';

import { problems } from '../problems.ts';
import { Unusable, YamlReader } from './yamlReader.ts';

/** What a server needs and this version cannot grant, in an entry and in its snapshot. */
const notGranted = ['volumes', 'user', 'oauth', 'extraHosts'] as const;

const variableName = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/** Reads what Docker's snapshot says of a server. What narrows or needs something is obeyed or refused, never passed over. */
export class DockerEntryReader extends YamlReader {
  protected refuseNeeds(entry: YAMLMap, snapshot: YAMLMap | undefined): void {
    this.refuse(entry, 'config');
    for (const map of [entry, snapshot]) {
      for (const key of map === undefined ? [] : notGranted) {
        this.refuse(map, key);
      }
    }
    this.refuse(snapshot, 'secrets');
    const secrets = this.value(entry, 'secrets');
    // Beside a snapshot the entry's own "secrets" only names the provider; alone it is all that is known of a need.
    if (secrets !== undefined && (snapshot === undefined || !isScalar(secrets))) {
      this.refuse(entry, 'secrets');
    }
  }

  private refuse(map: YAMLMap | undefined, key: string): void {
    const node = map && this.value(map, key);
    if (node !== undefined && !isEmpty(node)) {
      throw this.bad(node, `it asks for "${key}", which this version cannot grant yet`);
    }
  }

  protected command(snapshot: YAMLMap | undefined): readonly string[] {
    const command = snapshot && this.texts(snapshot, 'command');
    for (const [index, word] of (command ?? []).entries()) {
      if (word.includes('{{')) {
        throw this.bad(this.itemOf(snapshot, 'command', index), 'its command has a template, which this version cannot fill in yet');
      }
    }
    return command ?? [];
  }

  private itemOf(map: YAMLMap | undefined, key: string, index: number): Node | undefined {
    const list = map && this.value(map, key);
    return isSeq(list) ? (list.items[index] as Node) : list;
  }

  /** Variables with literal values; of two of one name the later. */
  protected environment(maps: readonly (YAMLMap | undefined)[]): Readonly<Record<string, string>> {
    return Object.fromEntries(maps.flatMap((map) => (map === undefined ? [] : this.variables(map))));
  }

  private variables(map: YAMLMap): readonly (readonly [string, string])[] {
    const list = this.value(map, 'env');
    if (list !== undefined && !isSeq(list)) {
      throw this.bad(list, '"env" is not a list of names and values');
    }
    return (list?.items ?? []).map((item) => {
      const variable = this.map(item, 'an entry of "env"', list);
      const name = this.text(variable, 'name');
      if (name === undefined || !variableName.test(name)) {
        throw this.bad(this.value(variable, 'name') ?? variable, 'a variable in "env" has no usable name');
      }
      return [name, this.variableValue(variable, name)];
    });
  }

  private variableValue(variable: YAMLMap, name: string): string {
    const node = this.value(variable, 'value');
    if (node === undefined) {
      return '';
    }
    if (!isScalar(node)) {
      throw this.bad(node, `the variable "${name}" is not a text`);
    }
    const value = typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
    if (value.includes('{{') || value.includes('$')) {
      throw this.bad(node, `the variable "${name}" has a template or a "$", which this version cannot fill in yet`);
    }
    if (value.includes('\0')) {
      throw this.bad(node, `the variable "${name}" holds a NUL character`);
    }
    return value;
  }

  /** `own` is the entry's "wharf". The narrowest of what is said wins; a list of hosts needs the file's own choice. */
  protected network(own: YAMLMap | undefined, maps: readonly (YAMLMap | undefined)[]): 'none' | 'open' {
    const chosen = this.chosenNetwork(own);
    const present = maps.filter((map) => map !== undefined);
    const disabled = present.map((map) => this.isNetworkDisabled(map)).includes(true);
    if (chosen === 'none' || disabled) {
      return 'none';
    }
    for (const map of chosen === undefined ? present : []) {
      const hosts = this.value(map, 'allowHosts');
      if (hosts !== undefined && !isEmpty(hosts)) {
        throw new Unusable(problems.networkNotSupported(this.at(hosts), 'allowHosts'));
      }
    }
    return 'open';
  }

  private isNetworkDisabled(map: YAMLMap): boolean {
    const node = this.value(map, 'disableNetwork');
    if (node !== undefined && !(isScalar(node) && typeof node.value === 'boolean')) {
      throw this.bad(node, '"disableNetwork" is neither true nor false');
    }
    return node?.value === true;
  }

  private chosenNetwork(own: YAMLMap | undefined): 'none' | 'open' | undefined {
    // A key without a value is no choice, and must not become the wider one.
    if (own?.has('network') === true && this.value(own, 'network') === undefined) {
      throw this.bad(own, 'wharf.network has no value');
    }
    const mode = own && this.text(own, 'network');
    if (mode === undefined || mode === 'none' || mode === 'open') {
      return mode;
    }
    throw new Unusable(problems.networkNotSupported(this.at(own), mode));
  }
}

function isEmpty(node: Node): boolean {
  return isScalar(node) ? node.value === '' : (isSeq(node) || isMap(node)) && node.items.length === 0;
}
