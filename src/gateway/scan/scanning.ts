import type { Limits } from '../../core/scan/effort.ts';
import { withoutPieces } from '../../core/scan/pieces.ts';
import { redact } from '../../core/scan/redact.ts';
import type { Scanner } from '../../core/scan/scanner.ts';
import { nodeScanner } from '../../node/scanning.ts';
import type { Finding } from '../../shared/findings.ts';
import type { Problem } from '../../shared/problem.ts';
import type { InjectedSecret } from '../instances/secretValues.ts';

/** Values that are looked for: more than any user has, so that a file of secrets that changes all the time cannot fill the memory. */
const mostSecrets = 500;
/** Of one name: old values, and those of other workspaces and profiles that are in use at the same time. */
const mostValues = 10;
/**
 * For one message: some tenths of a second, since a try takes up to 20 µs. Large source files need up to 5,000 tries.
 * A server that makes more work for the scan costs the others no more.
 */
const limits: Limits = { mostTries: 15_000, mostHits: 10_000 };
/** Sentences about what was found outside of calls. */
const mostTold = 1_000;
/** Values that entries of profiles say themselves. */
const mostWritten = 2_000;
/** Scanners for different lists of allowed findings. */
const mostScanners = 50;

/** What this gateway looks for in what servers say: public forms of secrets, and every value that it gave to a server. */
export class Scanning {
  private readonly log: (line: string) => void;
  private readonly secrets = new Map<string, InjectedSecret>();
  private readonly scanners = new Map<string, Scanner>();
  private readonly told = new Set<string>();
  private readonly written = new Set<string>();
  private readonly found: (server: string, sentence: string) => void;
  private addedSecrets = 0;
  /** Looks for the values alone that this gateway gave to servers. */
  private given: Scanner | undefined;

  /** `found` hears what belongs to no call. */
  constructor(log: (line: string) => void, found: (server: string, sentence: string) => void = () => undefined) {
    this.log = log;
    this.found = found;
  }

  /** Another number when more is looked for than before. */
  get version(): number {
    return this.addedSecrets;
  }

  /** From now on these are looked for; also after their server is gone, as others may have heard of them. */
  add(secrets: readonly InjectedSecret[]): void {
    for (const secret of secrets) {
      const key = JSON.stringify([secret.name, secret.value]);
      const known = this.secrets.get(key);
      if (known === undefined) {
        this.addedSecrets++;
        this.scanners.clear();
        this.given = undefined;
      }
      // The one that was given out last goes last. A scanner knows the object, and makes its forms only once.
      this.secrets.delete(key);
      this.secrets.set(key, known ?? secret);
      this.forgetOld(secret.name);
    }
  }

  /** Values that stand in the files of profiles: servers may say them to clients, and not to strangers. */
  addWritten(values: readonly string[]): void {
    for (const value of values) {
      this.written.delete(value);
      this.written.add(value);
    }
    for (const value of [...this.written].slice(0, Math.max(0, this.written.size - mostWritten))) {
      this.written.delete(value);
    }
  }

  /** A token that is renewed every hour is not looked for in all that it ever was. */
  private forgetOld(name: string): void {
    const values = [...this.secrets].filter(([, secret]) => secret.name === name);
    for (const [key] of values.slice(0, -mostValues)) {
      this.secrets.delete(key);
    }
    const [oldest] = this.secrets.keys();
    if (this.secrets.size > mostSecrets && oldest !== undefined) {
      this.secrets.delete(oldest);
    }
  }

  /** `allow` as in a server's `allowFindings`. */
  scanner(allow: readonly string[]): Scanner {
    const key = allow.join('\n');
    let scanner = this.scanners.get(key);
    if (scanner === undefined) {
      scanner = this.makeScanner(allow);
      if (this.scanners.size >= mostScanners) {
        this.scanners.clear();
      }
      this.scanners.set(key, scanner);
    }
    return scanner;
  }

  /** Text with a secret in it was seen where it belongs to no call: said once for each server and rule. */
  tell(server: string, findings: readonly Finding[]): void {
    for (const { rule, title, kind, where, secret, action } of findings) {
      const key = JSON.stringify([server, rule, secret, where]);
      if (kind === 'secret' && !this.told.has(key) && this.told.size < mostTold) {
        this.told.add(key);
        const what = secret === undefined ? `something like a secret (${title})` : `the secret "${secret}"`;
        const sentence = `Server "${server}" said ${what} in a ${where}; it was ${action}.`;
        this.log(sentence);
        this.found(server, sentence);
      }
    }
  }

  /** JSON of a server that is kept whatever its profile says: without the values that servers were given. */
  withoutInjected<Value>(value: Value): Value {
    const json = JSON.stringify(value);
    const clean = this.redactGiven(json);
    return clean === json ? value : (JSON.parse(clean) as Value);
  }

  /** A problem without the secrets in the words of others that it quotes. */
  redactProblem(problem: Problem): Problem {
    const { message, next, detail } = problem;
    return {
      ...problem,
      message: this.redactText(message),
      next: this.redactText(next),
      ...(detail === undefined ? {} : { detail: this.redactText(detail) }),
    };
  }

  /** A text for people and logs, without its secrets. */
  redactText(text: string): string {
    const bytes = Buffer.from(text);
    const hits = this.scanner([]).scanText(bytes);
    return hits.length === 0 ? text : Buffer.from(redact(bytes, hits)).toString();
  }

  /** Texts that leave this computer: without their secrets, without values of profiles, and without `more`, which are looked for only here. */
  redactTexts(texts: readonly string[], more: readonly InjectedSecret[]): readonly string[] {
    const secrets = [...this.secrets.values(), ...more, ...[...this.written].map((value) => ({ name: 'value', value }))];
    const values = secrets.map(({ value }) => value);
    const scanner = nodeScanner({ limits, secrets });
    return texts.map((text) => {
      const bytes = Buffer.from(text);
      const clean = Buffer.from(redact(bytes, scanner.scanText(bytes))).toString();
      return withoutPieces(clean, values, '[wharf:secret]');
    });
  }

  /** One JSON text without the values that this gateway gave to servers; what only looks like a secret stays. */
  redactGiven(json: string): string {
    if (this.secrets.size === 0) {
      return json;
    }
    this.given ??= nodeScanner({ limits, rules: [], secrets: [...this.secrets.values()] });
    const bytes = Buffer.from(json);
    const hits = this.given.scanJson(bytes);
    return hits.length === 0 ? json : Buffer.from(redact(bytes, hits)).toString();
  }

  private makeScanner(allow: readonly string[]): Scanner {
    const scanner = nodeScanner({
      limits,
      secrets: [...this.secrets.values()],
      allow: allow.map((text) => (text.startsWith('sha256:') ? { sha256: text.slice('sha256:'.length) } : { rule: text })),
    });
    for (const { name, reason } of scanner.unmatched) {
      if (!this.told.has(name)) {
        this.told.add(name);
        this.log(`The secret "${name}" is not looked for in what servers say: ${reason}.`);
      }
    }
    return scanner;
  }
}
