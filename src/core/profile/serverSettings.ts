import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';

import { wharfSettings } from './entryKeys.ts';
import { serverDefaults, type ServerOutput, type Sharing } from './profile.ts';
import { namesInTemplate } from '../secrets/template.ts';
import { parseTimeout } from './units.ts';
import { YamlReader } from './yamlReader.ts';

/** A name is shown in trees, messages and terminals, and becomes part of tool names. */
const serverName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

const variableName = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

export const policyWords = 'redact, block, warn or off';

export const outputPolicy = (value: unknown) => oneOf('redact', 'block', 'warn', 'off')(value);

const timeWords = 'a time such as 30s or 2m, and at most 24h';

export interface CommonSettings {
  readonly share: Sharing;
  readonly startTimeoutMs: number;
  readonly callTimeoutMs: number;
  readonly idleTimeoutMs: number | null;
  readonly onIdle: 'stop' | 'pause';
  readonly maxInstances: number | null;
  readonly output: ServerOutput;
}

/** Reads what an entry says under "wharf" and what entries of every kind have in common. */
export class ServerReader extends YamlReader {
  /**
   * The settings that do not depend on the kind of the server. One that its kind does not have is refused: misspelt, or
   * where it cannot be held, it would give the server more than the file asks for.
   */
  protected common(own: YAMLMap | undefined, kind: keyof typeof wharfSettings, defaults: Partial<CommonSettings>): CommonSettings {
    this.refuseUnknown(own, kind, wharfSettings[kind]);
    const time = (key: string): number | undefined => this.setting(own, key, parseTimeout, timeWords);
    const onIdle = this.setting(own, 'onIdle', oneOf('stop', 'pause'), 'stop or pause') ?? serverDefaults.onIdle;
    if (onIdle === 'pause' && kind !== 'image') {
      throw this.bad(own && this.value(own, 'onIdle'), 'wharf.onIdle is pause, and only a container can be paused');
    }
    return {
      share:
        this.setting(own, 'share', oneOf('user', 'workspace', 'session'), 'user, workspace or session') ??
        defaults.share ??
        serverDefaults.share,
      startTimeoutMs: time('startTimeout') ?? defaults.startTimeoutMs ?? serverDefaults.startTimeoutMs,
      callTimeoutMs: time('callTimeout') ?? serverDefaults.callTimeoutMs,
      idleTimeoutMs: time('idleTimeout') ?? serverDefaults.idleTimeoutMs,
      onIdle,
      maxInstances: this.setting(own, 'maxInstances', parseCount, 'a whole number of at least 1') ?? serverDefaults.maxInstances,
      output: this.output(own),
    };
  }

  private output(own: YAMLMap | undefined): ServerOutput {
    const node = own && this.value(own, 'output');
    const isMapped = isMap(node);
    const tools = (isMapped ? this.pairs(node) : []).map(({ name, key, value }) => {
      const policy = isScalar(value) ? outputPolicy(value.value) : undefined;
      if (policy === undefined) {
        throw this.bad(value ?? key, `wharf.output of "${name}" is not ${policyWords}`);
      }
      return [name, policy] as const;
    });
    return {
      policy: isMapped ? null : (this.setting(own, 'output', outputPolicy, `${policyWords}, or a map of tools to these`) ?? null),
      tools: Object.fromEntries(tools),
      allow: this.allowedFindings(own),
    };
  }

  private allowedFindings(own: YAMLMap | undefined): readonly string[] {
    const allowed = own === undefined ? [] : (this.texts(own, 'allowFindings') ?? []);
    for (const [index, text] of allowed.entries()) {
      if (!/^(?:[a-z0-9-]{2,80}|sha256:[0-9a-f]{64})$/.test(text)) {
        throw this.bad(this.itemOf(own, 'allowFindings', index), 'wharf.allowFindings takes ids of rules and sha256:HASH of a value');
      }
    }
    return allowed;
  }

  private refuseUnknown(own: YAMLMap | undefined, kind: string, known: readonly string[]): void {
    for (const { name, key } of own === undefined ? [] : this.pairs(own)) {
      if (!known.includes(name)) {
        const words = `"wharf" has no setting "${name}" in this version; for a server of kind "${kind}" it has ${known.join(', ')}`;
        throw this.bad(key, words);
      }
    }
  }

  /** One of Wharf's own settings; undefined where the profile is silent. */
  protected setting<T>(own: YAMLMap | undefined, key: string, parse: (value: unknown) => T | undefined, words: string): T | undefined {
    if (own === undefined || !own.has(key)) {
      return undefined;
    }
    const node = this.value(own, key);
    if (node === undefined) {
      // A key without a value is no choice, and must not become the wider one.
      throw this.bad(own, `wharf.${key} has no value`);
    }
    const value = isScalar(node) ? parse(node.value) : undefined;
    if (value === undefined) {
      throw this.bad(node, `wharf.${key} is not ${words}`);
    }
    return value;
  }

  /** The alias, else the first name of `maps`, else `derived`. */
  protected name(entry: YAMLMap, own: YAMLMap | undefined, maps: readonly (YAMLMap | undefined)[], derived: string | undefined): string {
    const places = [[own, 'alias'] as const, ...maps.map((map) => [map, 'name'] as const)];
    const said = places.find(([map, key]) => map !== undefined && this.value(map, key) !== undefined);
    const name = (said?.[0] && this.text(said[0], said[1])) ?? derived;
    if (name === undefined) {
      throw this.bad(entry, 'the server needs "name"');
    }
    if (!serverName.test(name)) {
      const words = `"${name}" is not a name of a server: it has up to 63 letters, digits, dots, dashes and underscores`;
      throw this.bad((said?.[0] && this.value(said[0], said[1])) ?? entry, words);
    }
    return name;
  }

  protected itemOf(map: YAMLMap | undefined, key: string, index: number): Node | undefined {
    const list = map && this.value(map, key);
    return isSeq(list) ? (list.items[index] as Node) : list;
  }

  protected checkedVariableName(name: string | undefined, node: Node): string {
    if (name === undefined || !variableName.test(name)) {
      throw this.bad(node, 'a variable in "env" has no usable name');
    }
    return name;
  }

  /**
   * A text that is taken as it stands; a key without a value is the empty one. `what` names it, such as `the variable "A"`.
   * It may name the secrets of these variables, as `$NAME` or `${NAME}`.
   */
  protected literal(node: Node | undefined, what: string, secrets: readonly string[] = []): string {
    if (node === undefined || (isScalar(node) && node.value === null)) {
      return '';
    }
    if (!isScalar(node)) {
      throw this.bad(node, `${what} is not a text`);
    }
    const value = typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
    const names = namesInTemplate(value);
    if (value.includes('{{') || names?.every((name) => secrets.includes(name)) !== true) {
      throw this.bad(node, `${what} has a template or a "$", which this version cannot fill in yet`);
    }
    if (value.includes('\0')) {
      throw this.bad(node, `${what} holds a NUL character`);
    }
    return value;
  }
}

/** A parser of one of a few words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): (value: unknown) => Word | undefined {
  return (value) => words.find((word) => word === value);
}

function parseCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 ? value : undefined;
}
