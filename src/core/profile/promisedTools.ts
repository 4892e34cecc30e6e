import { isMap, isScalar, isSeq, type Node, type YAMLMap, type YAMLSeq } from 'yaml';

import type { McpTool } from '../../shared/mcp.ts';
import { YamlReader } from './yamlReader.ts';

/** More would fill a model's context; what a server really has is asked of the server itself. */
const most = 500;

const schemaTypes = ['string', 'integer', 'number', 'boolean', 'array', 'object'];

type Schema = Readonly<Record<string, unknown>>;

/** Reads the tools of a catalogue's snapshot as a server would list them. */
export class PromisedToolsReader extends YamlReader {
  read(snapshot: YAMLMap | undefined): readonly McpTool[] {
    const tools = new Map<string, McpTool>();
    for (const item of this.list(snapshot, 'tools')) {
      const tool = this.tool(this.resolved(item));
      if (tool !== undefined && !tools.has(tool.name) && tools.size < most) {
        tools.set(tool.name, tool);
      }
    }
    return [...tools.values()];
  }

  private list(map: YAMLMap | undefined, key: string): YAMLSeq['items'] {
    const list = map && this.value(map, key);
    if (list !== undefined && !isSeq(list)) {
      throw this.bad(list, `"${key}" is not a list`);
    }
    return list?.items ?? [];
  }

  /** undefined for one that has no name: nobody could call it. */
  private tool(entry: Node | undefined): McpTool | undefined {
    const name = isMap(entry) ? this.said(entry, 'name') : undefined;
    if (!isMap(entry) || name === undefined) {
      return undefined;
    }
    const description = this.said(entry, 'description');
    const annotations = this.value(entry, 'annotations');
    return {
      name,
      ...(description === undefined ? {} : { description }),
      inputSchema: this.givenSchema(entry) ?? { type: 'object', properties: this.properties(entry) },
      ...(isMap(annotations) && annotations.items.length > 0 ? { annotations: this.plain(annotations) } : {}),
    };
  }

  /** A schema that is there as such: of a registry's list of tools, or of a tool that runs in its own container. */
  private givenSchema(entry: YAMLMap): Schema | undefined {
    for (const key of ['inputSchema', 'parameters']) {
      const node = this.value(entry, key);
      // Docker writes an empty "parameters" for every tool.
      if (isMap(node) && isMap(this.value(node, 'properties'))) {
        return { type: 'object', ...this.plain(node) };
      }
    }
    return undefined;
  }

  private properties(entry: YAMLMap): Schema {
    return Object.fromEntries(
      this.list(entry, 'arguments').flatMap((item) => {
        const argument = this.resolved(item);
        const name = isMap(argument) ? this.said(argument, 'name') : undefined;
        return isMap(argument) && name !== undefined ? [[name, this.property(argument)]] : [];
      }),
    );
  }

  private property(argument: YAMLMap): Schema {
    const type = this.said(argument, 'type');
    const description = this.said(argument, 'desc') ?? this.said(argument, 'description');
    const items = this.value(argument, 'items');
    return {
      ...(type !== undefined && schemaTypes.includes(type) ? { type } : {}),
      ...(type === 'array' && isMap(items) ? { items: this.plain(items) } : {}),
      ...(description === undefined ? {} : { description }),
    };
  }

  private said(map: YAMLMap, key: string): string | undefined {
    const node = this.value(map, key);
    return isScalar(node) && typeof node.value === 'string' && node.value !== '' ? node.value : undefined;
  }

  private plain(map: YAMLMap): Schema {
    return map.toJS(this.document) as Schema;
  }
}
