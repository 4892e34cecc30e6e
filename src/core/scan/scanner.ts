import { Allowances, type ScanAllowance, type Sha256 } from './allowance.ts';
import { latin1, type Latin1 } from './bytes.ts';
import { compileRules } from './compiledRules.ts';
import { noLimits, type Effort, type Limits } from './effort.ts';
import { formsOf, whyNotMatched, type InjectedSecret } from './encodings.ts';
import { hitOf, textHit, type ScanSoFar } from './found.ts';
import type { ScanHit } from './hit.ts';
import { placesOf } from './jsonPlaces.ts';
import { LayerScan, type SecretForm } from './layerScan.ts';
import { allRules } from './rules/all.ts';
import type { ScanRule } from './rules/rule.ts';
import { ScanStream } from './stream.ts';
import { Unescaped } from './unescaped.ts';

export interface ScannerOptions {
  /** Default: all that Wharf has. */
  readonly rules?: readonly ScanRule[];
  /** Values that servers were given: found in every usual encoding, by no rule and without a false alarm. */
  readonly secrets?: readonly InjectedSecret[];
  readonly allow?: readonly ScanAllowance[];
  /** For allowances by SHA-256: small hexadecimal, of the UTF-8. */
  readonly sha256?: Sha256;
  /** Default: as much as needed. */
  readonly limits?: Limits;
  /** The platform's own way to make text of bytes, which is faster. */
  readonly latin1?: Latin1;
}

export interface ScanContext {
  /** What was spent on the message so far of which this text is a part; default: nothing. */
  readonly effort?: Effort;
}

/** Text in JSON in JSON in JSON is looked into so deep. */
const mostLayers = 3;
const backslash = 0x5c;
const nothing: readonly never[] = [];

/** Finds secrets in messages and texts. One scanner serves any number of them, one after the other. */
export class Scanner {
  /** Secrets that are too short or too common to be looked for, with the reason as a sentence's end. */
  readonly unmatched: readonly { readonly name: string; readonly reason: string }[];
  private readonly layerScan: LayerScan;
  private readonly unescaped = new Unescaped();

  /** Costs some milliseconds the first time for a list of rules, and little afterwards. */
  constructor(options: ScannerOptions = {}) {
    const unmatched: { name: string; reason: string }[] = [];
    const forms: SecretForm[] = [];
    for (const secret of options.secrets ?? []) {
      const reason = whyNotMatched(secret.value);
      if (reason === undefined) {
        forms.push(...secretForms(secret));
      } else {
        unmatched.push({ name: secret.name, reason });
      }
    }
    this.unmatched = unmatched;
    const allowances = new Allowances(options.allow ?? [], options.sha256);
    this.layerScan = new LayerScan(
      compileRules(options.rules ?? allRules),
      forms,
      allowances,
      options.latin1 ?? latin1,
      options.limits ?? noLimits,
    );
  }

  /** Scans the bytes of one JSON text, with what its strings stand for. */
  scanJson(message: Uint8Array, context: ScanContext = {}): readonly ScanHit[] {
    // Where nothing in it could be a part of a secret, the strings need not be unescaped.
    if (!this.layerScan.isSuspicious(message)) {
      return nothing;
    }
    const { found } = this.look(message, message.indexOf(backslash) === -1, true, context);
    if (found.length === 0) {
      return nothing;
    }
    const places = placesOf(message, found);
    return found.map((one, index) => hitOf(one, places[index]?.pieces ?? nothing, places[index]?.pointer ?? ''));
  }

  /** Scans text in UTF-8, or whatever it is. Where it has escapes as JSON does, what they stand for is scanned too. */
  scanText(bytes: Uint8Array, context: ScanContext = {}): readonly ScanHit[] {
    const { found } = this.look(bytes, true, true, context);
    return found.length === 0 ? nothing : found.map(textHit);
  }

  /** Scans text that comes in pieces. */
  stream(context: ScanContext = {}): ScanStream {
    return new ScanStream((bytes, isWhole) => this.look(bytes, true, isWhole, context));
  }

  /** Scans the text itself where `asItStands`, and what its escapes stand for, layer by layer. */
  private look(bytes: Uint8Array, asItStands: boolean, isWhole: boolean, { effort }: ScanContext): ScanSoFar {
    const { layerScan, unescaped } = this;
    layerScan.begin(effort);
    unescaped.begin(bytes);
    let goesOn = true;
    if (asItStands) {
      goesOn = layerScan.scan(unescaped, isWhole);
    }
    for (let layer = 1; goesOn && layer <= mostLayers; layer++) {
      unescaped.next();
      goesOn = layerScan.scan(unescaped, isWhole);
    }
    unescaped.finish();
    return layerScan.result(bytes.length);
  }
}

const known = new WeakMap<InjectedSecret, readonly SecretForm[]>();

/** Made once for each secret, as it is given to one scanner after the other. */
function secretForms(secret: InjectedSecret): readonly SecretForm[] {
  const forms = known.get(secret) ?? formsOf(secret.value).map((form) => ({ ...form, name: secret.name }));
  known.set(secret, forms);
  return forms;
}
