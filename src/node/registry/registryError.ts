/** Why a registry could not be asked. Thrown within src/node/registry only: its client turns it into a problem. No secret is in it. */
export class RegistryError extends Error {
  /** Whether the same request may succeed a moment later, and when at the earliest. */
  readonly again: { readonly afterMs: number | null } | null;

  constructor(message: string, again: { readonly afterMs: number | null } | null = null) {
    super(message);
    this.again = again;
  }
}
