/** One thing more than the strictest container gives, as a setting under `wharf:` of a server's profile entry. */
export type Relaxation = (
  | { readonly setting: 'tmpfs' | 'exec'; /** A folder in the container. */ readonly value: string }
  | { readonly setting: 'capAdd'; /** Without `CAP_`. */ readonly value: string }
  | { readonly setting: 'writable'; readonly value: true }
  | { readonly setting: 'user'; readonly value: string }
  | { readonly setting: 'shm'; /** Such as `256m`. */ readonly value: string }
) & {
  /** One sentence: what the server tried, and what the setting gives it. */
  readonly why: string;
  /** One sentence: what it costs. */
  readonly risk: string;
  /** `wide` ones weaken the wall between the container and the computer. */
  readonly width: 'narrow' | 'wide';
};
