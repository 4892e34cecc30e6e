import { LineCounter, isMap, isScalar, isSeq, parseDocument, type Node, type YAMLMap } from 'yaml';

import type { Place } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import * as problems from '../problems.ts';
import { Unusable, YamlReader } from '../profile/yamlReader.ts';
import { wholePattern } from '../catalog/approval.ts';
import { dockerHub, isDigest, parseImageName } from './imageName.ts';
import type {
  AttestationKind,
  CatalogueRule,
  ImagePattern,
  ImageRule,
  Policy,
  PolicyKey,
  PolicyOwner,
  PolicyPath,
  SignerIdentity,
} from './policy.ts';

const topKeys = ['version', 'registries', 'requireDigest', 'requireSignature', 'trustedRoot', 'plainHttp', 'images', 'catalogs'];
const ruleKeys = ['match', 'keys', 'identities', 'signedAs', 'requireDigest', 'requireAttestation', 'signaturesIn'];
const keyKeys = ['pem', 'file', 'notAfter'];
const identityKeys = ['issuer', 'subject', 'subjectPattern'];
/** `**` makes a match branch; nobody needs many. */
const mostDoubleStars = 3;
const longestSubjectPattern = 1000;

/** Reads a policy file. What is not understood is a failure with its line: a rule that is passed over would let something in. */
export function readPolicy(text: string, file: string, owner: PolicyOwner): Result<Policy> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const syntax = document.errors[0] ?? document.warnings[0];
  if (syntax !== undefined) {
    return fail(problems.policyBroken(placeOf(syntax.pos[0]), syntax.message));
  }
  try {
    return ok(new PolicyReader(document, (node) => placeOf(node?.range?.[0] ?? 0)).read(file, owner));
  } catch (error) {
    if (error instanceof Unusable) {
      return fail(error.problem);
    }
    throw error;
  }
}

class PolicyReader extends YamlReader {
  read(file: string, owner: PolicyOwner): Policy {
    const top = this.map(this.document.contents, 'the policy');
    this.checkKeys(top, 'a policy', topKeys);
    const version = this.value(top, 'version');
    if (!isScalar(version) || version.value !== 1) {
      throw this.bad(version ?? top, 'it has no "version: 1"');
    }
    const trustedRoot = this.text(top, 'trustedRoot');
    return {
      file,
      owner,
      registries: this.value(top, 'registries') === undefined ? null : this.list(top, 'registries').map((node) => this.pattern(node)),
      requireDigest: this.flag(top, 'requireDigest'),
      requireSignature: this.flag(top, 'requireSignature'),
      trustedRoot: trustedRoot === undefined ? null : this.path(trustedRoot, this.value(top, 'trustedRoot')),
      plainHttp: this.list(top, 'plainHttp').map((node) => this.host(node)),
      catalogs: this.catalogs(top),
      rules: this.list(top, 'images').map((node) => this.rule(this.map(node, 'an entry of "images"'))),
    };
  }

  private rule(entry: YAMLMap): ImageRule {
    this.checkKeys(entry, 'an entry of "images"', ruleKeys);
    const match = this.value(entry, 'match');
    if (match === undefined) {
      throw this.bad(entry, 'an entry of "images" has no "match"');
    }
    const keys = this.list(entry, 'keys').map((node) => this.key(node));
    const identities = this.list(entry, 'identities').map((node) => this.identity(this.map(node, 'an identity')));
    for (const [name, found] of [
      ['keys', keys],
      ['identities', identities],
    ] as const) {
      if (entry.has(name) && found.length === 0) {
        throw this.bad(entry, `"${name}" is empty; leave it out when no signature is asked for`);
      }
    }
    const requireAttestation = this.attestations(entry);
    if (requireAttestation.length > 0 && keys.length + identities.length === 0) {
      throw this.bad(this.value(entry, 'requireAttestation'), '"requireAttestation" needs "keys" or "identities" that may sign it');
    }
    return {
      place: this.at(entry),
      match: this.pattern(match),
      keys,
      identities,
      signedAs: this.list(entry, 'signedAs').map((node) => this.pattern(node)),
      requireDigest: this.flag(entry, 'requireDigest'),
      requireAttestation,
      signaturesIn: this.signaturesIn(entry),
    };
  }

  private catalogs(top: YAMLMap): readonly CatalogueRule[] | null {
    const catalogs = this.optionalMap(top, 'catalogs');
    if (catalogs === undefined) {
      return null;
    }
    this.checkKeys(catalogs, '"catalogs"', ['only']);
    if (!catalogs.has('only')) {
      throw this.bad(catalogs, '"catalogs" has no list "only"');
    }
    return this.list(catalogs, 'only').map((node) => this.catalog(node));
  }

  private catalog(node: Node): CatalogueRule {
    const place = this.at(node);
    if (!isMap(node)) {
      return { text: this.catalogPattern(node), digests: null, place };
    }
    this.checkKeys(node, 'an entry of "only"', ['match', 'digests']);
    const match = this.value(node, 'match');
    const digests = this.texts(node, 'digests');
    const wrong = digests?.find((digest) => !isDigest(digest));
    if (match === undefined || wrong !== undefined || digests?.length === 0) {
      throw this.bad(
        node,
        match === undefined ? 'an entry of "only" has no "match"' : `"digests" lists sha256: and 64 digits, not "${wrong ?? ''}"`,
      );
    }
    return { text: this.catalogPattern(match), digests, place };
  }

  private catalogPattern(node: Node): string {
    const text = isScalar(node) && typeof node.value === 'string' ? node.value : '';
    const parts = text.replace('://', '').split('/');
    const isSound = /^[\w.:/@*~[\]%+-]+$/.test(text) && parts.every((part) => part === '**' || part.split('*').length <= 2);
    if (!isSound || parts.filter((part) => part === '**').length > mostDoubleStars) {
      throw this.bad(node, `"${text}" is no pattern of catalogues, such as registry.example/team/*`);
    }
    return wholePattern(text);
  }

  private key(node: Node): PolicyKey {
    const place = this.at(node);
    if (isMap(node)) {
      this.checkKeys(node, 'a key', keyKeys);
      const [pem, file, until] = [this.text(node, 'pem'), this.text(node, 'file'), this.text(node, 'notAfter')];
      if ((pem === undefined) === (file === undefined)) {
        throw this.bad(node, 'a key has either "pem" or "file"');
      }
      if (until !== undefined && (!/^\d{4}-\d\d-\d\d/.test(until) || Number.isNaN(Date.parse(until)))) {
        throw this.bad(this.value(node, 'notAfter'), `"${until}" is no date, such as 2027-01-31 or 2027-01-31T12:00:00Z`);
      }
      const source = pem === undefined ? ({ kind: 'file', path: file ?? '' } as const) : ({ kind: 'pem', pem } as const);
      return { place, source, notAfter: until === undefined ? null : new Date(until).toISOString() };
    }
    const text = isScalar(node) ? node.value : undefined;
    if (typeof text !== 'string' || text.trim() === '') {
      throw this.bad(node, 'a key is neither PEM text, nor the path of a file, nor a map');
    }
    const source = text.includes('-----BEGIN') ? ({ kind: 'pem', pem: text } as const) : ({ kind: 'file', path: text } as const);
    return { place, source, notAfter: null };
  }

  private identity(entry: YAMLMap): SignerIdentity {
    this.checkKeys(entry, 'an identity', identityKeys);
    const issuer = this.text(entry, 'issuer');
    const [exact, pattern] = [this.text(entry, 'subject'), this.text(entry, 'subjectPattern')];
    if (issuer === undefined || (exact === undefined) === (pattern === undefined)) {
      throw this.bad(entry, 'an identity needs "issuer", and either "subject" or "subjectPattern"');
    }
    if (pattern === undefined) {
      return { issuer, subject: { kind: 'exact', text: exact ?? '' } };
    }
    const why = whyNoPattern(pattern);
    if (why !== undefined) {
      throw this.bad(this.value(entry, 'subjectPattern'), why);
    }
    return { issuer, subject: { kind: 'pattern', source: pattern } };
  }

  private attestations(entry: YAMLMap): readonly AttestationKind[] {
    const node = this.value(entry, 'requireAttestation');
    if (isScalar(node) && typeof node.value === 'boolean') {
      return node.value ? ['provenance'] : [];
    }
    return this.list(entry, 'requireAttestation').map((item) => {
      const kind = isScalar(item) ? item.value : undefined;
      if (kind !== 'provenance' && kind !== 'sbom') {
        throw this.bad(item, '"requireAttestation" takes true, false, or a list of provenance and sbom');
      }
      return kind;
    });
  }

  private signaturesIn(entry: YAMLMap): ImageRule['signaturesIn'] {
    const text = this.text(entry, 'signaturesIn');
    if (text === undefined) {
      return null;
    }
    const name = parseImageName(text);
    if (name === undefined || name.tag !== null || name.digest !== null) {
      throw this.bad(this.value(entry, 'signaturesIn'), `"${text}" is no repository, such as docker.io/mcp/signatures`);
    }
    return { host: name.host, path: name.path };
  }

  private pattern(node: Node): ImagePattern {
    const text = isScalar(node) ? node.value : undefined;
    const why = typeof text === 'string' ? whyNoImagePattern(text) : 'a pattern is not a text';
    if (why !== undefined || typeof text !== 'string') {
      throw this.bad(node, why ?? '');
    }
    return { text, place: this.at(node) };
  }

  private host(node: Node): string {
    const text = isScalar(node) && typeof node.value === 'string' ? node.value : '';
    if (parseImageName(`${text}/x/x`)?.host !== text) {
      throw this.bad(node, `"${text}" is no registry, such as registry.lan:5000`);
    }
    return text;
  }

  private path(path: string, node: Node | undefined): PolicyPath {
    return { path, place: this.at(node) };
  }

  private flag(parent: YAMLMap, key: string): boolean {
    const node = this.value(parent, key);
    if (node !== undefined && !(isScalar(node) && typeof node.value === 'boolean')) {
      throw this.bad(node, `"${key}" is not true or false`);
    }
    return node !== undefined && node.value === true;
  }

  private list(parent: YAMLMap, key: string): readonly Node[] {
    const node = this.value(parent, key);
    if (node === undefined) {
      return [];
    }
    if (!isSeq(node)) {
      throw this.bad(node, `"${key}" is not a list`);
    }
    return node.items.map((item) => {
      const entry = this.resolved(item);
      if (entry === undefined || entry === null) {
        throw this.bad(node, `"${key}" has an empty entry`);
      }
      return entry;
    });
  }

  private checkKeys(map: YAMLMap, what: string, known: readonly string[]): void {
    for (const { name, key, value } of this.pairs(map)) {
      if (!known.includes(name)) {
        throw this.bad(key, `${what} has no setting "${name}" in this version; it has ${known.join(', ')}`);
      }
      if (value === undefined || (isScalar(value) && value.value === null)) {
        // Elsewhere null is the same as absent; here that would allow what somebody meant to list.
        throw this.bad(key, `"${name}" is empty; leave it out, or write what it says`);
      }
    }
  }

  protected override bad(node: Node | undefined | null, detail: string): Unusable {
    return new Unusable(problems.policyBroken(this.at(node), detail));
  }
}

function whyNoPattern(source: string): string | undefined {
  if (source.length > longestSubjectPattern) {
    return `"subjectPattern" may have ${longestSubjectPattern} characters`;
  }
  try {
    void new RegExp(`^(?:${source})$`, 'u');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function whyNoImagePattern(text: string): string | undefined {
  const parts = text.split('/');
  const [host = ''] = parts;
  if (parts.some((part) => part === '' || (part !== '**' && part.split('*').length > 2))) {
    return `"${text}" is no pattern: between slashes stands a name, a name with one *, or **`;
  }
  if (!/^[a-z0-9*:._[\]/-]+$/.test(text) || parts.filter((part) => part === '**').length > mostDoubleStars) {
    return `"${text}" is no pattern: it has lower-case names without tag or digest, and at most ${mostDoubleStars} times **`;
  }
  const isHost = host === '**' || /[.:]/.test(host) || host === 'localhost';
  if (!isHost || (parts.length === 1 && host !== '**')) {
    return `"${text}" does not begin with a registry, such as ${dockerHub}/mcp/*, or is not **`;
  }
  if (parts.slice(1).some((part) => part.includes(':'))) {
    return `"${text}" names a tag, and a pattern names repositories alone`;
  }
  if (host !== '**' && !host.includes('*') && parseImageName(`${host}/x/x`)?.host !== host) {
    return `"${host}" is another name of "${parseImageName(`${host}/x/x`)?.host ?? dockerHub}": write that`;
  }
  return undefined;
}
