import { LineCounter, isMap, isScalar, isSeq, parseDocument, type Node, type YAMLMap } from 'yaml';

import type { Place, Problem } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { builtInCatalogue, builtInNames } from '../catalog/builtIn.ts';
import { problems } from '../problems.ts';
import type { ImageServer, Profile, ProfileServer } from './profile.ts';
import { parseBytes, parseDuration } from './units.ts';

/** Time to answer "initialize" when the profile says nothing. */
export const defaultStartTimeoutMs = 30_000;

/** YAML aliases can make a small file explode; no profile needs many. */
const aliasLimit = 100;

/** Reads a profile file: Docker's exported form, version 1, and Wharf's lean entries. `file` is only for messages. */
export function readProfile(text: string, file: string): Result<Profile> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (node: Node | null | undefined): Place => placeOf(lines, file, node?.range?.[0] ?? 0);
  const syntax = document.errors[0];
  if (syntax !== undefined) {
    return fail(problems.profileSyntax(placeOf(lines, file, syntax.pos[0]), syntax.message));
  }
  try {
    document.toJS({ maxAliasCount: aliasLimit });
  } catch (error) {
    return fail(problems.profileSyntax(at(document.contents), error instanceof Error ? error.message : String(error)));
  }
  return new ProfileReader(at, file).read(document.contents);
}

function placeOf(lines: LineCounter, file: string, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { file, line, column: col };
}

/** Thrown inside this file only, to leave a nested reader with one problem. */
class Unusable extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

class ProfileReader {
  private readonly at: (node: Node | null | undefined) => Place;
  private readonly file: string;

  constructor(at: (node: Node | null | undefined) => Place, file: string) {
    this.at = at;
    this.file = file;
  }

  read(contents: unknown): Result<Profile> {
    try {
      const top = this.map(contents, 'the profile');
      const version = top.get('version');
      if (version !== 1) {
        throw this.bad(top, version === undefined ? 'it has no "version: 1"' : `version ${String(version)} is not known, only 1 is`);
      }
      const id = this.text(top, 'id') ?? idFromPath(this.file);
      const name = this.text(top, 'name') ?? id;
      const list = top.get('servers', true);
      if (list !== undefined && !isSeq(list)) {
        throw this.bad(top, '"servers" is not a list');
      }
      const servers: ProfileServer[] = [];
      for (const item of list?.items ?? []) {
        const server = this.server(this.map(item, 'a server'));
        if (servers.some((other) => other.name === server.name)) {
          throw this.bad(item as Node, `the server "${server.name}" is there twice`);
        }
        servers.push(server);
      }
      return ok({ id, name, servers });
    } catch (error) {
      if (error instanceof Unusable) {
        return fail(error.problem);
      }
      throw error;
    }
  }

  private server(entry: YAMLMap): ProfileServer {
    const line = this.at(entry).line;
    const tools = this.texts(entry, 'tools');
    const image = this.text(entry, 'image');
    const catalogue = this.text(entry, 'catalog_ref') ?? this.text(entry, 'catalogRef');
    if (image !== undefined) {
      return { ...this.imageServer(entry, image), tools, line };
    }
    if (catalogue !== undefined) {
      const name = this.text(entry, 'name') ?? '';
      const known = catalogue === builtInCatalogue && name === 'demo';
      if (!known) {
        throw new Unusable(problems.unknownServer(this.at(entry), name, catalogue, catalogue === builtInCatalogue ? builtInNames : []));
      }
      return { kind: 'builtIn', program: 'demo', name, tools, line };
    }
    throw this.bad(entry, 'a server needs "image", or "catalog_ref" and "name"');
  }

  private imageServer(entry: YAMLMap, image: string): Omit<ImageServer, 'tools' | 'line'> {
    const snapshot = this.optionalMap(entry, 'snapshot');
    const snapshotServer = snapshot === undefined ? undefined : this.optionalMap(snapshot, 'server');
    const own = this.optionalMap(entry, 'wharf');
    const name = (own && this.text(own, 'alias')) ?? this.text(entry, 'name') ?? (snapshotServer && this.text(snapshotServer, 'name')) ?? nameFromImage(image);
    const cpus = own?.get('cpus');
    const memory = own?.get('memory');
    const startTimeout = own?.get('startTimeout');
    return {
      kind: 'image',
      name,
      image,
      command: (snapshotServer && this.texts(snapshotServer, 'command')) ?? [],
      env: {},
      network: this.network(own),
      limits: {
        ...(cpus === undefined ? {} : { cpus: this.positive(own, cpus, 'wharf.cpus') }),
        ...(memory === undefined ? {} : { memory: this.parsed(own, parseBytes(memory), 'wharf.memory') }),
      },
      startTimeoutMs: startTimeout === undefined ? defaultStartTimeoutMs : this.parsed(own, parseDuration(startTimeout), 'wharf.startTimeout'),
    };
  }

  private network(own: YAMLMap | undefined): 'none' | 'open' {
    const mode = (own && this.text(own, 'network')) ?? 'open';
    if (mode === 'none' || mode === 'open') {
      return mode;
    }
    throw new Unusable(problems.networkNotSupported(this.at(own), mode));
  }

  private positive(node: Node | undefined, value: unknown, what: string): number {
    if (typeof value === 'number' && value > 0) {
      return value;
    }
    throw this.bad(node, `${what} is not a number above 0`);
  }

  private parsed(node: Node | undefined, value: number | undefined, what: string): number {
    if (value === undefined) {
      throw this.bad(node, `${what} has no known unit`);
    }
    return value;
  }

  private map(node: unknown, what: string): YAMLMap {
    if (isMap(node)) {
      return node;
    }
    throw this.bad(node as Node | undefined, `${what} is not a map of keys`);
  }

  private optionalMap(parent: YAMLMap, key: string): YAMLMap | undefined {
    const node = parent.get(key, true);
    return node === undefined ? undefined : this.map(node, `"${key}"`);
  }

  private text(parent: YAMLMap, key: string): string | undefined {
    const node = parent.get(key, true);
    if (node === undefined) {
      return undefined;
    }
    if (isScalar(node) && typeof node.value === 'string' && node.value !== '') {
      return node.value;
    }
    throw this.bad(node as Node, `"${key}" is not a text`);
  }

  private texts(parent: YAMLMap, key: string): readonly string[] | null {
    const node = parent.get(key, true);
    if (node === undefined || (isScalar(node) && node.value === null)) {
      return null;
    }
    if (isSeq(node) && node.items.every((item) => isScalar(item) && typeof item.value === 'string')) {
      return node.items.map((item) => (isScalar(item) ? String(item.value) : ''));
    }
    throw this.bad(node as Node, `"${key}" is not a list of texts`);
  }

  private bad(node: Node | undefined | null, detail: string): Unusable {
    return new Unusable(problems.profileShape(this.at(node), detail));
  }
}

function idFromPath(file: string): string {
  return (file.split(/[\\/]/).at(-1) ?? file).replace(/\.ya?ml$/, '');
}

/** `registry/team/everything:1.2@sha256:…` gives `everything`. */
function nameFromImage(image: string): string {
  const last = image.split('/').at(-1) ?? image;
  return last.split('@')[0]?.split(':')[0] ?? last;
}
