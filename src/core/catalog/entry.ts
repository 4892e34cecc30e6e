import type { Result } from '../../shared/result.ts';

/** What one server of a catalogue is, as Docker's catalogues write it (reference: docker-gateway §2.2, `pkg/catalog/types.go`). */
export type DockerServer = Readonly<Record<string, unknown>>;

interface EntryCommon {
  /** Unique in its catalogue. */
  readonly name: string;
  /** Empty where the catalogue says nothing. */
  readonly title: string;
  readonly description: string;
  /** Names and descriptions of the tools that the catalogue promises. */
  readonly tools: readonly PromisedTool[];
  /** Every key that the catalogue gave, those that nobody knows too: what a profile keeps as its snapshot. It holds `name`. */
  readonly server: DockerServer;
  /** Of a server that a community registry has: its address there, with its version. */
  readonly source?: string;
  /** The tools that whoever made the catalogue allows; absent where that is all of them. */
  readonly onlyTools?: readonly string[];
}

export interface PromisedTool {
  readonly name: string;
  readonly description: string;
}

/** One server of a catalogue. */
export type CatalogEntry =
  | (EntryCommon & { readonly kind: 'image'; readonly image: string })
  | (EntryCommon & { readonly kind: 'remote'; readonly endpoint: string })
  /** Each of its tools is a container of its own, run once for each call. */
  | (EntryCommon & { readonly kind: 'poci' })
  /** A part of Wharf itself, in no catalogue but `builtin`. A profile names it by `catalog_ref` and `name`, and nothing else. */
  | (EntryCommon & { readonly kind: 'builtIn' });

/** What a catalogue holds, wherever it came from. */
export interface CatalogueContent {
  readonly title: string;
  readonly entries: readonly CatalogEntry[];
  /** Entries that could not be used, each with half a sentence that says why: never passed over silently. */
  readonly skipped: readonly { readonly name: string; readonly why: string }[];
}

/** A catalogue of this computer's store. */
export interface Catalogue extends CatalogueContent {
  /** What people name it by: an artefact's reference with its tag, an address, or a path. */
  readonly ref: string;
  /** Where it came from, in Docker's words: `oci:`, `legacy-catalog:`, `registry:`, `profile:`, `user:cli`, or `file:`. */
  readonly source: string;
  /** Of the manifest that it has, or would have, in a registry: hexadecimal, without `sha256:`. */
  readonly digest: string;
  /** When it was last seen to be current, in ISO 8601; null for one that was made here. */
  readonly checkedAt: string | null;
}

/** Looks servers up in the catalogues of this computer, without a network. */
export interface CatalogLookup {
  /** `no catalogue` where this computer has none of that reference. */
  find(ref: string, name: string): CatalogEntry | 'no catalogue' | 'no entry';
}

/** What a reference of `--server` gave: the entry and what its profile's entry names beside it. */
export interface ResolvedServer {
  readonly entry: CatalogEntry;
  /** The catalogue that it was taken from; null for an image, an address or a file. */
  readonly catalogRef: string | null;
  /** The address in a community registry that it was taken from; null otherwise. */
  readonly registrySource: string | null;
}

/** Finds what a reference of `--server` names (DESIGN §4): one server, or several of a catalogue. */
export type ResolveServers = (reference: string) => Promise<Result<readonly ResolvedServer[]>>;
