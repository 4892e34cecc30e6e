import { Effort } from '../../core/scan/effort.ts';
import { findingOf, notLookedAt, type ScanHit } from '../../core/scan/hit.ts';
import { redact } from '../../core/scan/redact.ts';
import * as problems from '../../core/problems.ts';
import type { OutputPolicy, Profile, ServerOutput } from '../../core/profile/profile.ts';
import type { Finding } from '../../shared/findings.ts';
import type { GatewaySettings } from '../../shared/gatewaySettings.ts';
import type { Guard, Looked, LookedAt } from './guard.ts';
import { maskBlobs } from './blobs.ts';
import { hiddenFindings } from './hiddenFindings.ts';
import type { Scanning } from './scanning.ts';

const nothing: readonly never[] = [];

/** Something in which something was found. */
interface Suspect {
  readonly value: Buffer;
  /** Without its secrets. */
  readonly kept: Buffer;
  readonly hits: readonly ScanHit[];
  readonly hidden: readonly Finding[];
  readonly where: LookedAt;
  readonly server: string;
  readonly tool: string | null;
  readonly policy: OutputPolicy;
}

/** Does with secrets what one profile says. */
export class ProfileGuard implements Guard {
  private profile: Profile;
  private readonly settings: GatewaySettings;
  private readonly scanning: Scanning;
  private outputs: ReadonlyMap<string, ServerOutput>;
  /** Parts of lists that were looked at, and what was made of them. */
  private seen = new WeakMap<object, object>();
  private seenVersion = 0;

  constructor(profile: Profile, settings: GatewaySettings, scanning: Scanning) {
    this.profile = profile;
    this.settings = settings;
    this.scanning = scanning;
    this.outputs = new Map(profile.servers.map(({ name, output }) => [name, output]));
  }

  serve(profile: Profile): void {
    this.profile = profile;
    // A server that went may still answer.
    this.outputs = new Map([...this.outputs, ...profile.servers.map(({ name, output }) => [name, output] as const)]);
    this.seen = new WeakMap();
  }

  get version(): number {
    return this.scanning.version;
  }

  look(value: Buffer, where: LookedAt, server: string, tool: string | null): Looked {
    const output = this.outputs.get(server);
    const isOwnWord = where === 'notification' || where === 'request';
    const policy = isOwnWord && tool === null ? this.policyOfWords(output) : this.policyOf(output, tool);
    const scanner = this.scanning.scanner(output?.allow ?? nothing);
    const context = { effort: new Effort() };
    const files = where === 'result' ? maskBlobs(value, scanner, context) : { value, hits: nothing };
    const hits = scanner.scanJson(files.value, context);
    const kept = hits.length === 0 ? files.value : without(files.value, hits);
    const hidden = policy !== 'off' && (where === 'result' || where === 'error') ? this.hiddenIn(kept, where) : nothing;
    if (hits.length === 0 && files.hits.length === 0 && hidden.length === 0) {
      return { kind: 'passed', value, kept: value, findings: nothing };
    }
    return this.judge({ value, kept, hits: [...files.hits, ...hits], hidden, where, server, tool, policy });
  }

  listed<Part extends object>(server: string, part: Part): Part {
    const output = this.outputs.get(server);
    const policy = this.policyOfWords(output);
    if (policy === 'warn' || policy === 'off') {
      return part;
    }
    if (this.seenVersion !== this.version) {
      this.seen = new WeakMap();
      this.seenVersion = this.version;
    }
    let shown = this.seen.get(part) as Part | undefined;
    if (shown === undefined) {
      shown = this.maskedPart(server, part, output);
      this.seen.set(part, shown);
    }
    return shown;
  }

  masked(value: Buffer): Buffer {
    const hits = this.scanning.scanner(nothing).scanJson(value);
    return hits.length === 0 ? value : without(value, hits);
  }

  private maskedPart<Part extends object>(server: string, part: Part, output: ServerOutput | undefined): Part {
    const bytes = Buffer.from(JSON.stringify(part));
    const hits = this.scanning.scanner(output?.allow ?? nothing).scanJson(bytes);
    if (hits.length === 0) {
      return part;
    }
    this.scanning.tell(server, findings(hits, 'list', 'redacted'));
    return JSON.parse(without(bytes, hits).toString()) as Part;
  }

  private judge({ value, kept, hits, hidden, where, server, tool, policy }: Suspect): Looked {
    const [first] = hits;
    // What nobody looked at cannot be masked without breaking it.
    const isUnseen = policy === 'redact' && hits.some(({ rule }) => rule === notLookedAt);
    if ((policy === 'block' || isUnseen) && first !== undefined) {
      const found = [...findings(hits, where, 'blocked'), ...hidden];
      this.tellOf(where, server, found);
      return { kind: 'blocked', problem: problems.secretBlocked(where, tool, server, first.title, first.pointer), kept, findings: found };
    }
    if (policy === 'off') {
      return { kind: 'passed', value, kept, findings: nothing };
    }
    const isMasked = policy !== 'warn';
    const found = [...findings(hits, where, isMasked ? 'redacted' : 'reported'), ...hidden];
    this.tellOf(where, server, found);
    return { kind: 'passed', value: isMasked ? kept : value, kept, findings: found };
  }

  /** What belongs to a call is shown with it; the rest would be seen nowhere. */
  private tellOf(where: LookedAt, server: string, found: readonly Finding[]): void {
    if (where === 'notification' || where === 'request') {
      this.scanning.tell(server, found);
    }
  }

  /** What was hidden is told, and may be a secret itself. */
  private hiddenIn(value: Buffer, where: 'result' | 'error'): readonly Finding[] {
    const found = hiddenFindings(value, where);
    return found.length === 0 ? found : found.map((one) => ({ ...one, preview: this.scanning.redactText(one.preview) }));
  }

  /** For what belongs to no tool for certain: where one of the server's tools is to say no secret, nothing of the server does. */
  private policyOfWords(output: ServerOutput | undefined): OutputPolicy {
    const policy = this.policyOf(output, null);
    const isLoose = policy === 'warn' || policy === 'off';
    return isLoose && Object.values(output?.tools ?? {}).some((its) => its === 'redact' || its === 'block') ? 'redact' : policy;
  }

  private policyOf(output: ServerOutput | undefined, tool: string | null): OutputPolicy {
    if (this.settings.blockSecrets === true) {
      return 'block';
    }
    return (tool === null ? undefined : ownOf(output?.tools, tool)) ?? output?.policy ?? this.profile.output;
  }
}

function ownOf(tools: ServerOutput['tools'] | undefined, tool: string): OutputPolicy | undefined {
  return tools !== undefined && Object.hasOwn(tools, tool) ? tools[tool] : undefined;
}

function without(value: Buffer, hits: readonly ScanHit[]): Buffer {
  const bytes = redact(value, hits);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function findings(hits: readonly ScanHit[], where: Finding['where'], action: Finding['action']): readonly Finding[] {
  return hits.map((hit) => findingOf(hit, where, action));
}
