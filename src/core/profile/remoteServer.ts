import { isMap, type Node, type YAMLMap } from 'yaml';

import { DockerEntryReader } from './dockerEntry.ts';
import { SnapshotFiller } from './filledSnapshot.ts';
import type { RemoteServer } from './profile.ts';
import { PromisedToolsReader } from './promisedTools.ts';
import { SecretUsesReader } from './secretUses.ts';
import { isSameAddress, nameFromAddress, parseRemoteAddress, type RemoteAddress } from './remoteAddress.ts';

/** Docker's words for Streamable HTTP. */
const streamable = ['http', 'streamable', 'streaming', 'streamable-http'];

/** RFC 9110, section 5.6.2. */
const headerName = /^[!#%&'*+\-.^_`|~0-9A-Za-z]+$/;
const headerValue = /^[\t\x20-\x7e]*$/;

/** What says how a message is sent is the gateway's own, and must not be bent by a file. */
const gatewaysOwn =
  /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|accept|accept-encoding|content-(?:length|type|encoding)|last-event-id|mcp-(?:session-id|protocol-version|method|name|param-.*))$/i;

/** Reads an entry that names the address of a server which runs elsewhere. */
export class RemoteServerReader extends DockerEntryReader {
  read(entry: YAMLMap, endpoint: string): Omit<RemoteServer, 'tools' | 'line'> {
    const { snapshot: docker, missing } = new SnapshotFiller(this.document, this.at).fill(entry, this.snapshot(entry));
    const remote = docker && this.optionalMap(docker, 'remote');
    const own = this.optionalMap(entry, 'wharf');
    const address = this.address(entry, endpoint);
    this.refuseNeeds(entry, docker);
    this.refuseOther(remote, address);
    const secrets = new SecretUsesReader(this.document, this.at).read(entry, docker, own);
    for (const map of [entry, docker]) {
      if (map !== undefined && this.flag(map, 'disableNetwork')) {
        throw this.bad(this.value(map, 'disableNetwork'), 'it is remote, and may not use the network');
      }
    }
    return {
      kind: 'remote',
      name: this.name(entry, own, [entry, docker], nameFromAddress(address)),
      url: endpoint,
      missingConfig: missing,
      transport: this.transport(remote, address),
      headers: this.headers(
        [remote, entry],
        secrets.map(({ env }) => env),
      ),
      secrets,
      oauthScopes: this.scopes([entry, docker]),
      ...this.common(own, 'remote', { share: this.sharing(docker) }),
      promisedTools: new PromisedToolsReader(this.document, this.at).read(docker),
    };
  }

  private address(entry: YAMLMap, endpoint: string): RemoteAddress {
    const address = parseRemoteAddress(endpoint);
    if (address.kind === 'refused') {
      // The address itself is not repeated: it may hold a password.
      throw this.bad(this.value(entry, 'endpoint'), `its "endpoint" ${address.why}`);
    }
    return address;
  }

  /** Docker connects to the snapshot's address; a person who allows the entry sees the other one. */
  private refuseOther(remote: YAMLMap | undefined, address: RemoteAddress): void {
    const url = remote && this.unlessEmpty(remote, 'url');
    if (url === undefined) {
      return;
    }
    const other = parseRemoteAddress(url);
    if (other.kind === 'refused' || !isSameAddress(address, other)) {
      throw this.bad(remote && this.value(remote, 'url'), 'its snapshot names another address than its "endpoint"');
    }
  }

  /** Where nothing is said, an address that ends in `/sse` is one of the older transport, as in all of Docker's catalogue. */
  private transport(remote: YAMLMap | undefined, { path }: RemoteAddress): 'streamable' | 'sse' {
    const said = remote && this.unlessEmpty(remote, 'transport_type');
    if (said === undefined) {
      return /\/sse\/?(?:\?|$)/.test(path) ? 'sse' : 'streamable';
    }
    if (said !== 'sse' && !streamable.includes(said)) {
      const words = `the transport "${said}" is not known, only streamable-http and sse are`;
      throw this.bad(remote && this.value(remote, 'transport_type'), words);
    }
    return said === 'sse' ? 'sse' : 'streamable';
  }

  /** Scopes of the first map that says something of OAuth. */
  private scopes(maps: readonly (YAMLMap | undefined)[]): readonly string[] | null {
    const map = maps.find((one) => one !== undefined && this.value(one, 'oauth') !== undefined);
    const oauth = map && this.value(map, 'oauth');
    return oauth === undefined ? null : isMap(oauth) ? (this.texts(oauth, 'scopes') ?? []) : [];
  }

  /** Headers; those of the entry go before those of its snapshot. */
  private headers(maps: readonly (YAMLMap | undefined)[], secrets: readonly string[]): Readonly<Record<string, string>> {
    const headers = new Map<string, readonly [string, string]>();
    for (const map of maps) {
      const given = map && this.optionalMap(map, 'headers');
      for (const { name, key, value } of given === undefined ? [] : this.pairs(given)) {
        headers.set(name.toLowerCase(), [this.headerName(name, key), this.headerValue(name, value, secrets)]);
      }
    }
    return Object.fromEntries(headers.values());
  }

  private headerName(name: string, key: Node): string {
    if (!headerName.test(name)) {
      throw this.bad(key, `"${name}" is not a name of a header`);
    }
    if (gatewaysOwn.test(name)) {
      throw this.bad(key, `the header "${name}" is set by the gateway itself`);
    }
    return name;
  }

  private headerValue(name: string, node: Node | undefined, secrets: readonly string[]): string {
    const value = this.literal(node, `the header "${name}"`, secrets);
    if (!headerValue.test(value)) {
      throw this.bad(node, `the header "${name}" has a line break, or a character that headers cannot carry`);
    }
    return value;
  }
}
