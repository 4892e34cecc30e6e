import { isMap, isScalar, isSeq, Pair, Scalar, YAMLMap, YAMLSeq, type Node } from 'yaml';

import { checkConfig, configSchemasOf, isOfType, type Config } from '../catalog/configSchema.ts';
import { fillConfigTemplate, hasTemplate, type Filled } from '../catalog/template.ts';
import type { MissingKey } from './missingKey.ts';
import { YamlReader } from './yamlReader.ts';

/** A variable whose value came out of the server's configuration. */
export interface FilledVariable {
  readonly name: string;
  readonly value: string;
}

/** What a catalogue says of a server, with the configuration of its entry in the places of the templates. */
export interface FilledSnapshot {
  readonly snapshot: YAMLMap | undefined;
  /** Variables that had a template, without those that became empty: Docker passes none of these (reference: docker-gateway §2.2). */
  readonly variables: readonly FilledVariable[];
  /** Keys of the configuration that the server needs and that have no value. */
  readonly missing: readonly MissingKey[];
}

/** Lists of texts in which a template may give several, or none. */
const lists = ['command', 'volumes'] as const;

/** Fills the templates of a snapshot in. */
export class SnapshotFiller extends YamlReader {
  fill(entry: YAMLMap, snapshot: YAMLMap | undefined): FilledSnapshot {
    const given = this.value(entry, 'config');
    const config = given === undefined ? {} : this.plainMap(given);
    if (snapshot === undefined) {
      if (given !== undefined && Object.keys(config).length > 0) {
        throw this.bad(given, 'it has "config", and no catalogue\'s entry that says what becomes of it');
      }
      return { snapshot, variables: [], missing: [] };
    }
    const schemas = configSchemasOf(snapshot.toJS(this.document) as Config);
    const faults = checkConfig(schemas, config);
    const wrong = faults.find(({ kind }) => kind === 'wrong');
    if (wrong !== undefined) {
      throw this.bad(given ?? entry, `its "config" is not what the catalogue asks for: ${wrong.words}`);
    }
    const name = this.text(snapshot, 'name') ?? this.text(entry, 'name') ?? '';
    const fill = (text: string): Filled => fillConfigTemplate(text, name, config);
    const variables = this.variables(snapshot, fill, given ?? entry);
    return {
      snapshot: this.copy(snapshot, fill, given ?? entry),
      variables,
      missing: faults
        .filter(({ kind }) => kind === 'missing')
        .map(({ path }) => ({ key: path, isList: isOfType(schemas, path.split('.'), 'array') })),
    };
  }

  private variables(snapshot: YAMLMap, fill: (text: string) => Filled, place: Node): readonly FilledVariable[] {
    const list = this.value(snapshot, 'env');
    return (isSeq(list) ? list.items : []).flatMap((item) => {
      const variable = this.resolved(item);
      const value = isMap(variable) ? this.value(variable, 'value') : undefined;
      if (!isMap(variable) || !isScalar(value) || typeof value.value !== 'string' || !hasTemplate(value.value)) {
        return [];
      }
      const name = this.text(variable, 'name') ?? '';
      const { texts, references } = fill(value.value);
      const filled = texts.join(',');
      if (filled.includes('\0')) {
        throw this.bad(place, `its "config" puts a NUL character into the variable "${name}"`);
      }
      if (references.some((reference) => reference !== filled)) {
        throw this.bad(place, `a secret of its "config" would be a part of the variable "${name}", and can only be the whole of it`);
      }
      return filled === '' ? [] : [{ name, value: filled }];
    });
  }

  /** The snapshot without the variables that have a template, and with its other templates filled in. */
  private copy(snapshot: YAMLMap, fill: (text: string) => Filled, place: Node): YAMLMap {
    const copy = new YAMLMap();
    copy.range = snapshot.range ?? null;
    copy.items = snapshot.items.map((pair) => {
      const key = isScalar(pair.key) ? pair.key.value : undefined;
      const value = this.resolved(pair.value);
      if (key === 'env' && isSeq(value)) {
        return new Pair(
          pair.key,
          this.listOf(
            value,
            value.items.filter((item) => !this.isTemplated(item)),
          ),
        );
      }
      if (lists.some((name) => name === key) && isSeq(value)) {
        return new Pair(pair.key, this.filledList(String(key), value, fill, place));
      }
      if (key === 'user' && isScalar(value) && typeof value.value === 'string' && hasTemplate(value.value)) {
        const text = this.plainTexts('user', fill(value.value), place).join('');
        return new Pair(pair.key, this.scalar(text === '' ? null : text, value));
      }
      return pair;
    });
    return copy;
  }

  private filledList(key: string, list: YAMLSeq, fill: (text: string) => Filled, place: Node): YAMLSeq {
    const items = list.items.flatMap((item) => {
      const node = this.resolved(item);
      if (!isScalar(node) || typeof node.value !== 'string' || !hasTemplate(node.value)) {
        return [item];
      }
      const texts = this.plainTexts(key, fill(node.value), place);
      // A volume whose folder nobody named: the schema says whether it had to be.
      return texts.filter((text) => key !== 'volumes' || !text.startsWith(':')).map((text) => this.scalar(text, node));
    });
    return this.listOf(list, items);
  }

  /** Everybody on this computer sees the arguments of a process. */
  private plainTexts(key: string, { texts, references }: Filled, place: Node): readonly string[] {
    if (references.length > 0) {
      throw this.bad(place, `a secret of its "config" would stand in the server's "${key}", where other programs see it`);
    }
    return texts;
  }

  private isTemplated(item: unknown): boolean {
    const variable = this.resolved(item);
    const value = isMap(variable) ? this.value(variable, 'value') : undefined;
    return isScalar(value) && typeof value.value === 'string' && hasTemplate(value.value);
  }

  private listOf(list: YAMLSeq, items: readonly unknown[]): YAMLSeq {
    const copy = new YAMLSeq();
    copy.range = list.range ?? null;
    copy.items = [...items];
    return copy;
  }

  private scalar(value: string | null, at: Scalar): Scalar {
    const scalar = new Scalar(value);
    scalar.range = at.range ?? null;
    return scalar;
  }

  private plainMap(node: Node): Config {
    return this.map(node, '"config"').toJS(this.document) as Config;
  }
}
