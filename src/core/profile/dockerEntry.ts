import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';

import { parseAllowedHost, type AllowedHost } from '../network/allowedHost.ts';
import { whyNotHeld } from '../network/divideHosts.ts';
import type { FilledVariable } from './filledSnapshot.ts';
import type { ImageServer, NetworkWish, SecretUse, Sharing } from './profile.ts';
import { oneOf, ServerReader } from './serverSettings.ts';

/** What a server needs and this version cannot grant, in an entry and in its snapshot. */
const notGranted = ['extraHosts'] as const;

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
    for (const map of [entry, snapshot]) {
      for (const key of map === undefined ? [] : notGranted) {
        this.refuse(map, key);
      }
    }
  }

  private refuse(map: YAMLMap | undefined, key: string): void {
    const node = map && this.value(map, key);
    if (node !== undefined && !isEmpty(node)) {
      throw this.bad(node, `it asks for "${key}", which this version cannot grant yet`);
    }
  }

  /** Of a snapshot whose templates are filled in. */
  protected command(snapshot: YAMLMap | undefined): readonly string[] {
    return (snapshot && this.texts(snapshot, 'command')) ?? [];
  }

  /**
   * Variables, which may name those of `secrets`; the entry's and those that its configuration gave go before its snapshot's. What is
   * a secret itself is left out.
   */
  protected environment(
    snapshot: YAMLMap | undefined,
    entry: YAMLMap,
    secrets: readonly SecretUse[],
    filled: readonly FilledVariable[],
  ): Pick<ImageServer, 'env' | 'catalogEnv'> {
    const names = secrets.map(({ env }) => env);
    const variablesOf = (map: YAMLMap): Readonly<Record<string, string>> =>
      Object.fromEntries(this.variables(map, names).filter(([name]) => !names.includes(name)));
    const [catalog, own] = [snapshot === undefined ? {} : variablesOf(snapshot), variablesOf(entry)];
    const configured = Object.fromEntries(
      filled.map(({ name, value }) => [this.checkedVariableName(name, entry), value] as const).filter(([name]) => !names.includes(name)),
    );
    const chosen = { ...configured, ...own };
    return { env: { ...catalog, ...chosen }, catalogEnv: Object.keys(catalog).filter((name) => !Object.hasOwn(chosen, name)) };
  }

  private variables(map: YAMLMap, secrets: readonly string[]): readonly (readonly [string, string])[] {
    const list = this.value(map, 'env');
    if (list !== undefined && !isSeq(list)) {
      throw this.bad(list, '"env" is not a list of names and values');
    }
    return (list?.items ?? []).map((item) => {
      const variable = this.map(item, 'an entry of "env"', list);
      const name = this.checkedVariableName(this.text(variable, 'name'), this.value(variable, 'name') ?? variable);
      return [name, this.literal(this.value(variable, 'value'), `the variable "${name}"`, secrets)];
    });
  }

  /**
   * `own` is the entry's "wharf". A closed network stays closed; hosts that the entry itself names go before those
   * of its snapshot, so that hosts can be pinned.
   */
  protected network(own: YAMLMap | undefined, entry: YAMLMap, snapshot: YAMLMap | undefined): NetworkWish {
    const chosen = this.setting(own, 'network', oneOf('none', 'declared', 'learn', 'open'), 'none, declared, learn or open');
    const disabled = [entry, snapshot].map((map) => map !== undefined && this.flag(map, 'disableNetwork')).includes(true);
    if (chosen === 'none' || disabled) {
      return { kind: 'none' };
    }
    // An open network is held to none of them.
    const isHeld = chosen !== 'open';
    const pinned = this.hosts(entry, 'allowHosts', isHeld);
    const named = pinned ?? this.hosts(snapshot, 'allowHosts', isHeld);
    const privateHosts = this.hosts(own, 'privateHosts');
    const hosts = { hosts: named ?? [], isOwn: pinned !== undefined, ...(privateHosts === undefined ? {} : { privateHosts }) };
    switch (chosen ?? (named === undefined ? 'open' : 'declared')) {
      case 'declared':
        return { kind: 'declared', ...hosts };
      case 'learn':
        return { kind: 'learn', ...hosts };
      default:
        return { kind: 'open', isChosen: chosen === 'open' };
    }
  }

  /** Undefined where none are named; an empty list of private ones says that none may be. */
  private hosts(map: YAMLMap | undefined, key: 'allowHosts' | 'privateHosts', isHeld = false): readonly AllowedHost[] | undefined {
    const node = map && this.value(map, key);
    if (map === undefined || node === undefined || (key === 'allowHosts' && isEmpty(node))) {
      return undefined;
    }
    return (this.texts(map, key) ?? []).map((text, index) => {
      const host = parseAllowedHost(text);
      if (host === undefined) {
        throw this.bad(this.itemOf(map, key, index), `"${text}" of its "${key}" is not HOST:PORT, such as api.example.com:443`);
      }
      const why = isHeld ? whyNotHeld(host) : undefined;
      if (why !== undefined) {
        throw this.bad(this.itemOf(map, key, index), `"${text}" of its "${key}" ${why}`);
      }
      return host;
    });
  }

  /** False where the map is silent. */
  protected flag(map: YAMLMap, key: string): boolean {
    const node = this.value(map, key);
    if (node !== undefined && !(isScalar(node) && typeof node.value === 'boolean')) {
      throw this.bad(node, `"${key}" is neither true nor false`);
    }
    return node?.value === true;
  }
}

function isEmpty(node: Node): boolean {
  return isScalar(node) ? node.value === '' : (isSeq(node) || isMap(node)) && node.items.length === 0;
}
