import type { YAMLMap } from 'yaml';

import { builtInCatalogue, builtInNames } from '../catalog/builtIn.ts';
import * as problems from '../problems.ts';
import type { BuiltInServer } from './profile.ts';
import { ServerReader } from './serverSettings.ts';
import { Unusable } from './yamlReader.ts';

/** Reads an entry that names a server of the built-in list. */
export class BuiltInServerReader extends ServerReader {
  read(entry: YAMLMap, own: YAMLMap | undefined): Omit<BuiltInServer, 'tools' | 'line'> {
    const program = this.text(entry, 'name') ?? '';
    if (program !== 'demo') {
      throw new Unusable(problems.unknownServer(this.at(entry), program, builtInCatalogue, builtInNames));
    }
    return {
      kind: 'builtIn',
      program,
      name: this.name(entry, own, [entry], undefined),
      // It holds no state, and starts at once.
      ...this.common(own, 'builtIn', { share: 'user', startTimeoutMs: 10_000 }),
      promisedTools: [],
      missingConfig: [],
    };
  }
}
