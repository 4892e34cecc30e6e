import { isLiteralSecret } from '../profile/literalValue.ts';
import { entropyOf, hasLettersAndDigits, isPlaceholder } from '../scan/rules/checks.ts';
import { isSecretName, parseSecretReference } from '../secrets/reference.ts';
import type { LeftOut, MarkedText, Placeholder } from './foreign.ts';
import { piecesOf, type Piece } from './placeholders.ts';

/** A secret that the entry names and that the vault has to hold. */
export interface SecretNeed {
  /** Its name in the vault. */
  readonly name: string;
  /** What stood in the file itself; null where only its name did. Never shown. */
  readonly value: string | null;
}

/** What a variable or header becomes. */
export type CarriedValue =
  | { readonly kind: 'plain'; readonly value: string }
  | { readonly kind: 'reference'; readonly reference: string }
  /** Names secrets by `${NAME}`, for those of `uses`. */
  | { readonly kind: 'template'; readonly value: string; readonly uses: readonly { readonly env: string; readonly reference: string }[] }
  | { readonly kind: 'left'; readonly why: string };

/** Names of variables that carry a secret, also where their value is an address, or not known. */
const telling =
  /(?:^|[_.-])(?:PAT|DSN|AUTH|AUTHORIZATION|BEARER|COOKIES?|CONNECTION_?STRING|(?:DATABASE|DB|MONGO\w*|POSTGRES\w*|PG|MYSQL|REDIS)_UR[IL]|\w*(?:KEY|PASSWORD|PASSWD|SECRET|TOKEN))$/i;
const loginInAddress = /^[a-z][a-z0-9+.-]*:\/\/[^/\s@]*:[^/\s@]+@/i;

export function looksSecret(name: string): boolean {
  return telling.test(name) || isLiteralSecret(name, 'q7Zr2mVx9Lk4');
}

/** Whether a text itself is a secret, by the scan's rules. */
export type IsSecretText = (text: string) => boolean;

/** Whether a value is a secret by its form, its rules, or the name that it stands behind. */
export function isSecretValue(name: string, text: string, isSecretText: IsSecretText): boolean {
  return isLiteralSecret(looksSecret(name) ? 'token' : name, text) || loginInAddress.test(text) || isSecretText(text);
}

/**
 * Whether a text is of random letters and digits, whatever its name: more often a key than anything else. In a variable or a header it
 * does no harm to keep one in the vault that is none.
 */
export function isOpaque(text: string): boolean {
  return (
    /^[A-Za-z0-9_+/=-]{20,500}$/.test(text) &&
    !text.startsWith('/') &&
    hasLettersAndDigits(text) &&
    entropyOf(text) > 3.3 &&
    !isPlaceholder(text)
  );
}

/** Carries the values of one server over, and remembers what the vault has to hold for it. */
export class ValueCarrier {
  readonly needs: SecretNeed[] = [];
  readonly notes: LeftOut[] = [];
  private readonly server: string;
  private readonly placeholders: readonly Placeholder[];
  private readonly isSecretText: IsSecretText;
  /** Names in the vault that a catalogue chose for variables. */
  private readonly named: ReadonlyMap<string, string>;

  constructor(options: {
    readonly server: string;
    readonly placeholders: readonly Placeholder[];
    readonly isSecretText: IsSecretText;
    readonly named?: ReadonlyMap<string, string>;
  }) {
    this.server = options.server;
    this.placeholders = options.placeholders;
    this.isSecretText = options.isSecretText;
    this.named = options.named ?? new Map();
  }

  /** `name` is that of the variable, or of the header. */
  carry(name: string, text: MarkedText): CarriedValue {
    return this.carryPieces(name, piecesOf(text, this.placeholders));
  }

  /** A variable that is passed on from the environment by its name alone. */
  passOn(name: string): CarriedValue {
    return this.carryPieces(name, [{ kind: 'variable', name, fallback: null }]);
  }

  private carryPieces(name: string, pieces: readonly Piece[]): CarriedValue {
    const [first, ...others] = pieces;
    if (first === undefined) {
      return looksSecret(name) ? this.secret(name, null) : { kind: 'plain', value: '' };
    }
    if (others.length === 0) {
      return this.whole(name, first);
    }
    return this.mixed(name, pieces);
  }

  private whole(name: string, piece: Piece): CarriedValue {
    switch (piece.kind) {
      case 'text':
        return this.literal(name, piece.text);
      case 'variable':
      case 'input':
        return this.asked(name, piece);
      case 'workspace':
        return { kind: 'left', why: "a container does not see the project at the client's path: mount it and name its place there" };
      case 'home':
        return { kind: 'left', why: 'a container does not see your home folder' };
      case 'unknown':
        return { kind: 'left', why: `${piece.written} is filled in by the client alone` };
    }
  }

  private literal(name: string, text: string): CarriedValue {
    const reference = parseSecretReference(text);
    if (reference !== undefined && reference.kind !== 'file') {
      return { kind: 'reference', reference: text };
    }
    if (isSecretValue(name, text, this.isSecretText) || isOpaque(text)) {
      return this.secret(name, text);
    }
    if (looksSecret(name) && (isPlaceholder(text) || /^<.*>$/.test(text) || text.trim() === '')) {
      return this.secret(name, null);
    }
    return { kind: 'plain', value: text };
  }

  private asked(name: string, piece: Extract<Piece, { kind: 'variable' | 'input' }>): CarriedValue {
    const isSecret = looksSecret(name) || (piece.kind === 'input' ? piece.isSecret : looksSecret(piece.name));
    if (isSecret) {
      return this.secret(name, null);
    }
    const written = piece.kind === 'input' ? `\${input:${piece.id}}` : `\${${piece.name}}`;
    if (piece.fallback !== null) {
      this.notes.push({ what: `${written} of ${name}`, why: 'its default is written into the profile, and it is not asked for any more' });
      return this.literal(name, piece.fallback);
    }
    return { kind: 'reference', reference: `env://${piece.kind === 'input' ? variableOf(name) : piece.name}` };
  }

  /** `secret://` in the vault. A value that is known is offered to it, and stands nowhere else. */
  private secret(name: string, value: string | null): CarriedValue {
    const chosen = this.named.get(name) ?? `${this.server}.${variableOf(name)}`;
    const vaultName = isSecretName(chosen) ? chosen : `${this.server}.${variableOf(name).slice(0, 60)}`;
    if (!this.needs.some((need) => need.name === vaultName && need.value !== null)) {
      this.needs.push({ name: vaultName, value: value === '' ? null : value });
    }
    return { kind: 'reference', reference: `secret://${vaultName}` };
  }

  private mixed(name: string, pieces: readonly Piece[]): CarriedValue {
    const uses: { env: string; reference: string }[] = [];
    const words: string[] = [];
    for (const piece of pieces) {
      if (piece.kind === 'text') {
        if (piece.text.includes('$') || piece.text.includes('{{') || isSecretValue('', piece.text, this.isSecretText)) {
          return { kind: 'left', why: 'it has a secret or a "$" beside its placeholders' };
        }
        words.push(piece.text);
        continue;
      }
      if (piece.kind !== 'variable' && piece.kind !== 'input') {
        return this.whole(name, piece);
      }
      const env = piece.kind === 'input' ? variableOf(piece.id) : piece.name;
      const inSecret = looksSecret(name) || loginInAddress.test(pieces.map((one) => (one.kind === 'text' ? one.text : 'x')).join(''));
      const carried = inSecret && piece.kind === 'variable' ? this.secret(env, null) : this.asked(env, piece);
      if (carried.kind === 'plain') {
        words.push(carried.value);
      } else if (carried.kind === 'reference') {
        uses.push({ env, reference: carried.reference });
        words.push(`\${${env}}`);
      } else {
        return carried;
      }
    }
    return uses.length === 0 ? { kind: 'plain', value: words.join('') } : { kind: 'template', value: words.join(''), uses };
  }
}

/** `X-API-Key` gives `X_API_KEY`: a name that is one of a variable too. */
export function variableOf(name: string): string {
  const clean = name.replaceAll(/[^A-Za-z0-9_]+/g, '_').replace(/^_+|_+$/g, '');
  const variable = name.includes('-') || /[a-z]/.test(name) ? clean.toUpperCase() : clean;
  return /^[A-Za-z_]/.test(variable) ? variable : `V_${variable}`;
}

/** Whether an argument of a program is a secret: by the option before it, by its form, or as `--token=VALUE` and `Header: VALUE`. */
export function isSecretWord(before: string, word: string, isSecretText: IsSecretText): boolean {
  const option = /^-{1,2}[\w.-]+$/.test(before) ? before.replace(/^-+/, '') : '';
  const [, name = '', value = ''] = /^-*([\w.-]+)[=:]\s*(?:Bearer\s+)?(.+)$/is.exec(word) ?? [];
  return (
    loginInAddress.test(word) ||
    isSecretText(word) ||
    (option !== '' && !word.startsWith('-') && isLiteralSecret(looksSecret(option) ? 'token' : option, word)) ||
    (name !== '' && isLiteralSecret(looksSecret(name) ? 'token' : name, value))
  );
}
