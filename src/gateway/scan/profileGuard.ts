import { findingOf, type ScanHit } from '../../core/scan/hit.ts';
import { redact } from '../../core/scan/redact.ts';
import * as problems from '../../core/problems.ts';
import type { OutputPolicy, Profile, ServerOutput } from '../../core/profile/profile.ts';
import type { Finding } from '../../shared/findings.ts';
import type { GatewaySettings } from '../../shared/gatewaySettings.ts';
import type { Guard, Looked } from './guard.ts';
import type { Scanning } from './scanning.ts';

type Place = 'arguments' | 'result' | 'error';

/** Does with secrets what one profile says. */
export class ProfileGuard implements Guard {
  private readonly profile: Profile;
  private readonly settings: GatewaySettings;
  private readonly scanning: Scanning;
  private readonly outputs: ReadonlyMap<string, ServerOutput>;

  constructor(profile: Profile, settings: GatewaySettings, scanning: Scanning) {
    this.profile = profile;
    this.settings = settings;
    this.scanning = scanning;
    this.outputs = new Map(profile.servers.map(({ name, output }) => [name, output]));
  }

  look(value: Buffer, where: Place, server: string, tool: string | null): Looked {
    const output = this.outputs.get(server);
    const hits = this.scanning.scanner(output?.allow ?? []).scanJson(value, tool === null ? {} : { tool });
    if (hits.length === 0) {
      return { kind: 'passed', value, kept: value, findings: [] };
    }
    const policy = this.policyOf(output, tool);
    const kept = masked(value, hits);
    switch (policy) {
      case 'block': {
        const [first] = hits;
        const problem = problems.secretBlocked(where === 'arguments', tool ?? '', server, first?.title ?? '', first?.pointer ?? '');
        return { kind: 'blocked', problem, findings: findings(hits, where, 'blocked') };
      }
      case 'redact':
        return { kind: 'passed', value: kept, kept, findings: findings(hits, where, 'redacted') };
      case 'warn':
        return { kind: 'passed', value, kept, findings: findings(hits, where, 'reported') };
      case 'off':
        return { kind: 'passed', value, kept, findings: [] };
    }
  }

  outgoing(message: Buffer): Buffer {
    const policy = this.policyOf(undefined, null);
    if (policy === 'warn' || policy === 'off') {
      return message;
    }
    const hits = this.scanning.scanner([]).scanJson(message);
    return hits.length === 0 ? message : masked(message, hits);
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

function masked(value: Buffer, hits: readonly ScanHit[]): Buffer {
  const bytes = redact(value, hits);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function findings(hits: readonly ScanHit[], where: Place, action: Finding['action']): readonly Finding[] {
  return hits.map((hit) => findingOf(hit, where, action));
}
