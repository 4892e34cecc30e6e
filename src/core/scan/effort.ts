/** What may be spent on one message, which bounds the time that a hostile one takes. The rest of it is one hit of the rule `not-looked-at`. */
export interface Limits {
  /** So often expressions of rules are tried. */
  readonly mostTries: number;
  /** So much is found, allowed or not. */
  readonly mostHits: number;
}

export const noLimits: Limits = { mostTries: Number.POSITIVE_INFINITY, mostHits: Number.POSITIVE_INFINITY };

/** What was spent on one message. Texts that are parts of one message share it. */
export class Effort {
  tries = 0;
  hits = 0;
}
