import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';

import * as problems from '../problems.ts';
import type { NetworkWish, Sharing } from './profile.ts';
import { ServerReader } from './serverSettings.ts';
import { Unusable } from './yamlReader.ts';

/** What a server needs and this version cannot grant, in an entry and in its snapshot. */
const notGranted = ['volumes', 'user', 'oauth', 'extraHosts'] as const;

/** Reads what Docker's snapshot says of a server. What narrows or needs something is obeyed or refused, never passed over. */
export class DockerEntryReader extends ServerReader {
  /** What Docker's catalogue says of the server of an entry. */
  protected snapshot(entry: YAMLMap): YAMLMap | undefined {
    const snapshot = this.optionalMap(entry, 'snapshot');
    return snapshot && this.optionalMap(snapshot, 'server');
  }

  /**
   * Docker gives a catalogue's server a fresh container for each call unless it is "longLived", so such a server
   * holds nothing of the one who called it. Of others nobody knows.
   */
  protected sharing(snapshot: YAMLMap | undefined): Sharing {
    return snapshot !== undefined && !this.flag(snapshot, 'longLived') ? 'user' : 'session';
  }

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
      const name = this.checkedVariableName(this.text(variable, 'name'), this.value(variable, 'name') ?? variable);
      return [name, this.literal(this.value(variable, 'value'), `the variable "${name}"`)];
    });
  }

  /** `own` is the entry's "wharf". The narrowest of what is said wins; a list of hosts needs the file's own choice. */
  protected network(own: YAMLMap | undefined, maps: readonly (YAMLMap | undefined)[]): NetworkWish {
    const chosen = this.chosenNetwork(own);
    const present = maps.filter((map) => map !== undefined);
    const disabled = present.map((map) => this.flag(map, 'disableNetwork')).includes(true);
    if (chosen === 'none' || disabled) {
      return { kind: 'none' };
    }
    for (const map of chosen === undefined ? present : []) {
      const hosts = this.value(map, 'allowHosts');
      if (hosts !== undefined && !isEmpty(hosts)) {
        throw new Unusable(problems.networkNotSupported(this.at(hosts), 'allowHosts'));
      }
    }
    return { kind: 'open', isChosen: chosen === 'open' };
  }

  /** False where the map is silent. */
  protected flag(map: YAMLMap, key: string): boolean {
    const node = this.value(map, key);
    if (node !== undefined && !(isScalar(node) && typeof node.value === 'boolean')) {
      throw this.bad(node, `"${key}" is neither true nor false`);
    }
    return node?.value === true;
  }

  private chosenNetwork(own: YAMLMap | undefined): 'none' | 'open' | undefined {
    const mode = this.setting(own, 'network', (value) => (typeof value === 'string' && value !== '' ? value : undefined), 'a text');
    if (mode === undefined || mode === 'none' || mode === 'open') {
      return mode;
    }
    throw new Unusable(problems.networkNotSupported(this.at(own), mode));
  }
}

function isEmpty(node: Node): boolean {
  return isScalar(node) ? node.value === '' : (isSeq(node) || isMap(node)) && node.items.length === 0;
}
