import { parseDuration } from '../profile/units.ts';

/**
 * When a catalogue is fetched before it is shown, in Docker's words (`--pull`): `never`, `always`, `missing` and `initial` (where
 * there is none), `exists` (where there is one), a time such as `6h` (where it is older), and several of them with `+`, each with
 * a time behind `@`: `initial+exists@6h`.
 */
export type PullPolicy = readonly PullRule[];

interface PullRule {
  readonly when: 'always' | 'absent' | 'present';
  /** Milliseconds that it must be old at least, where there is one. */
  readonly olderThanMs: number;
}

/** Undefined for what is none. */
export function parsePullPolicy(text: string): PullPolicy | undefined {
  const rules: PullRule[] = [];
  for (const part of text.split('+')) {
    const made = rulesOf(part);
    if (made === undefined) {
      return undefined;
    }
    rules.push(...made);
  }
  return rules;
}

function rulesOf(part: string): readonly PullRule[] | undefined {
  const [word = '', time, ...more] = part.split('@');
  const days = /^(\d+)d$/.exec(time ?? word)?.[1];
  const age = days === undefined ? parseDuration(time ?? word) : Number(days) * 24 * 3_600_000;
  if (more.length > 0 || (time !== undefined && age === undefined)) {
    return undefined;
  }
  const olderThanMs = time === undefined ? 0 : (age ?? 0);
  switch (word) {
    case 'never':
      return time === undefined ? [] : undefined;
    case 'always':
      return time === undefined ? [{ when: 'always', olderThanMs }] : undefined;
    case 'missing':
    case 'initial':
      return [{ when: 'absent', olderThanMs }];
    case 'exists':
      return [{ when: 'present', olderThanMs }];
    default:
      return time !== undefined || age === undefined || !/[a-z]/.test(word)
        ? undefined
        : [
            { when: 'absent', olderThanMs: 0 },
            { when: 'present', olderThanMs: age },
          ];
  }
}

/** `ageMs`: since it was last seen to be current; null where there is none. */
export function isPullDue(policy: PullPolicy, ageMs: number | null): boolean {
  return policy.some(
    ({ when, olderThanMs }) => when === 'always' || ((when === 'absent') === (ageMs === null) && (ageMs ?? Infinity) >= olderThanMs),
  );
}
