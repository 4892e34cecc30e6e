import { LineCounter, isAlias, isCollection, isScalar, isSeq, parseDocument, visit, type Document, type Node, type YAMLMap } from 'yaml';

import type { Place } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { builtInCatalogue } from '../catalog/builtIn.ts';
import type { CatalogLookup } from '../catalog/entry.ts';
import * as problems from '../problems.ts';
import { BuiltInServerReader } from './builtInServer.ts';
import { whyNotInEntry, whyNotInProfile } from './entryKeys.ts';
import { taggedImage } from './imageReference.ts';
import { ImageServerReader } from './imageServer.ts';
import { LeanEntries, noCatalogues } from './leanEntries.ts';
import { NativeServerReader } from './nativeServer.ts';
import { PociServerReader } from './pociServer.ts';
import type { Profile, ProfileServer } from './profile.ts';
import { ProfileSettingsReader } from './profileSettings.ts';
import { RemoteServerReader } from './remoteServer.ts';
import { aliasLimit, findExcess, longestProfile } from './yamlBounds.ts';
import { Unusable, YamlReader } from './yamlReader.ts';

/** Docker's gateway knows no other either. */
const secretsProvider = 'docker-desktop-store';

/**
 * Reads a profile file: Docker's exported form, version 1, and Wharf's lean entries, which are looked up in `catalogs`. `file` is
 * only for messages.
 */
export function readProfile(text: string, file: string, catalogs: CatalogLookup = noCatalogues): Result<Profile> {
  if (text.length > longestProfile) {
    return fail(problems.profileSyntax({ file, line: 1, column: 1 }, `It has more than ${longestProfile} characters.`));
  }
  const lines = new LineCounter();
  // YAML 1.2, "Character Set": what no editor shows could hide what stands behind it from whoever allows the profile.
  const hidden = text.search(/(?![\t\n\r])\p{Cc}/u);
  if (hidden !== -1) {
    const before = text.slice(0, hidden).split('\n');
    const place = { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
    return fail(problems.profileSyntax(place, 'It holds a control character'));
  }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, logLevel: 'error' });
  const at = (node: Node | null | undefined): Place => placeOf(lines, file, node?.range?.[0] ?? 0);
  const syntax = document.errors[0];
  if (syntax !== undefined) {
    return fail(problems.profileSyntax(placeOf(lines, file, syntax.pos[0]), syntax.message));
  }
  const excess = findExcess(document);
  if (excess !== undefined) {
    return fail(problems.profileSyntax(at(excess.node), excess.why));
  }
  try {
    document.toJS({ maxAliasCount: aliasLimit });
  } catch (error) {
    const place = at(unresolvedAlias(document) ?? document.contents);
    return fail(problems.profileSyntax(place, error instanceof Error ? error.message : String(error)));
  }
  return new ProfileReader(document, at, file, catalogs).read();
}

/** The first alias whose anchor was not set before it. */
function unresolvedAlias(document: Document): Node | undefined {
  const anchors = new Set<string>();
  let found: Node | undefined;
  visit(document, (_key, node) => {
    if (isAlias(node) && !anchors.has(node.source)) {
      found = node;
      return visit.BREAK;
    }
    if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined) {
      anchors.add(node.anchor);
    }
    return undefined;
  });
  return found;
}

function placeOf(lines: LineCounter, file: string, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { file, line, column: col };
}

class ProfileReader extends YamlReader {
  private readonly file: string;
  private readonly lean: LeanEntries;

  constructor(document: Document, at: (node: Node | null | undefined) => Place, file: string, catalogs: CatalogLookup) {
    super(document, at);
    this.file = file;
    this.lean = new LeanEntries(document, at, catalogs);
  }

  read(): Result<Profile> {
    try {
      const top = this.map(this.document.contents, 'the profile');
      this.checkVersion(top);
      this.checkKeys(top, whyNotInProfile);
      this.checkSecrets(top);
      const id = this.text(top, 'id') ?? idFromPath(this.file);
      const name = this.text(top, 'name') ?? id;
      const settings = new ProfileSettingsReader(this.document, this.at).read(top);
      return ok({ id, name, ...settings, servers: this.servers(top), lookedUp: this.lean.lookedUp });
    } catch (error) {
      if (error instanceof Unusable) {
        return fail(error.problem);
      }
      throw error;
    }
  }

  private checkVersion(top: YAMLMap): void {
    const version = this.value(top, 'version');
    if (version === undefined) {
      throw this.bad(top, 'it has no "version: 1"');
    }
    if (!isScalar(version) || version.value !== 1) {
      throw this.bad(version, `version ${isScalar(version) ? JSON.stringify(version.value) : 'of this form'} is not known, only 1 is`);
    }
  }

  /** Unknown keys are kept and passed over, but not those that only look so. */
  private checkKeys(map: YAMLMap, whyNot: (key: string) => string | undefined): void {
    for (const { name, key } of this.pairs(map)) {
      const why = whyNot(name);
      if (why !== undefined) {
        throw this.bad(key, why);
      }
    }
  }

  private checkSecrets(top: YAMLMap): void {
    const secrets = this.optionalMap(top, 'secrets');
    for (const { key, value } of secrets?.items ?? []) {
      const entry = this.map(value, 'an entry of "secrets"', key as Node);
      const provider = this.text(entry, 'provider');
      if (provider !== undefined && provider !== secretsProvider) {
        throw this.bad(this.value(entry, 'provider'), `the secrets provider "${provider}" is not known, only ${secretsProvider} is`);
      }
    }
  }

  private servers(top: YAMLMap): readonly ProfileServer[] {
    const list = this.value(top, 'servers');
    if (list !== undefined && !isSeq(list)) {
      throw this.bad(list, '"servers" is not a list');
    }
    const servers: ProfileServer[] = [];
    for (const [index, item] of (list?.items ?? []).entries()) {
      const server = this.server(this.map(item, 'a server'), index);
      if (servers.some((other) => other.name === server.name)) {
        throw this.bad(item as Node, `the server "${server.name}" is there twice`);
      }
      servers.push(server);
    }
    return servers;
  }

  private server(given: YAMLMap, index: number): ProfileServer {
    const line = this.at(given).line;
    this.checkKeys(given, whyNotInEntry);
    const entry = this.lean.expanded(given, index);
    const tools = this.texts(entry, 'tools');
    const own = this.optionalMap(entry, 'wharf');
    const native = own && this.optionalMap(own, 'native');
    if (own !== undefined && native !== undefined) {
      return { ...new NativeServerReader(this.document, this.at).read(entry, own, native), tools, line };
    }
    if (this.isOfToolContainers(entry)) {
      return { ...new PociServerReader(this.document, this.at).read(entry), tools, line };
    }
    const { image, endpoint } = this.address(entry);
    if (image !== undefined) {
      return { ...new ImageServerReader(this.document, this.at).read(entry, image), tools, line };
    }
    if (endpoint !== undefined) {
      return { ...new RemoteServerReader(this.document, this.at).read(entry, endpoint), tools, line };
    }
    if (this.lean.catalogueOf(entry) === builtInCatalogue) {
      return { ...new BuiltInServerReader(this.document, this.at).read(entry, own), tools, line };
    }
    throw this.bad(entry, 'a server needs "image", "endpoint", "wharf.native", or "catalog_ref" and "name"');
  }

  /** Docker stores such a server as an image, whether it has one or not. */
  private isOfToolContainers(entry: YAMLMap): boolean {
    const snapshot = this.optionalMap(entry, 'snapshot');
    const server = snapshot && this.optionalMap(snapshot, 'server');
    return server !== undefined && this.unlessEmpty(server, 'type') === 'poci';
  }

  /** Docker's kinds of entries, with or without the word for them. */
  private address(entry: YAMLMap): { readonly image: string | undefined; readonly endpoint: string | undefined } {
    const image = this.text(entry, 'image');
    const endpoint = this.text(entry, 'endpoint');
    const type = this.text(entry, 'type') ?? (this.value(entry, 'source') === undefined ? undefined : 'registry');
    if (type === 'registry') {
      return this.ofRegistry(entry, image, endpoint);
    }
    if (type !== undefined && type !== 'image' && type !== 'remote') {
      throw this.bad(entry, `the type "${type}" is not known`);
    }
    if (type === 'image' && image === undefined) {
      throw this.bad(entry, 'a server of type "image" needs "image"');
    }
    if (type === 'remote' && endpoint === undefined) {
      throw this.bad(entry, 'a server of type "remote" needs "endpoint"');
    }
    if (image !== undefined && endpoint !== undefined) {
      throw this.bad(entry, 'it has "image" and "endpoint", and only one of them can be meant');
    }
    return { image, endpoint };
  }

  /** Of a server of a community registry only its snapshot says what it is; the registry itself may say something else by now. */
  private ofRegistry(entry: YAMLMap, image: string | undefined, endpoint: string | undefined): ReturnType<ProfileReader['address']> {
    const snapshot = this.optionalMap(entry, 'snapshot');
    const server = snapshot && this.optionalMap(snapshot, 'server');
    const remote = server && this.optionalMap(server, 'remote');
    const snapshotImage = server && this.unlessEmpty(server, 'image');
    const said = {
      image: image ?? (snapshotImage === undefined ? undefined : taggedImage(snapshotImage)),
      endpoint: endpoint ?? (remote && this.unlessEmpty(remote, 'url')),
    };
    if ((said.image === undefined) === (said.endpoint === undefined)) {
      const words = 'a server of type "registry" needs a "snapshot" that names its image or its address';
      throw this.bad(entry, `${words}; "wharf profile server add" writes one`);
    }
    return said;
  }
}

function idFromPath(file: string): string {
  return (file.split(/[\\/]/).at(-1) ?? file).replace(/\.ya?ml$/, '');
}
