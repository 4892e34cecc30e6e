import type { CallSummary } from '../src/shared/calls.ts';

const fields = ['server', 'tool', 'client', 'status', 'profile', 'thread'] as const;

type Field = (typeof fields)[number];

interface Term {
  /** null: any of server, tool, client, status. */
  readonly field: Field | null;
  /** In lower case. */
  readonly value: string;
  readonly negated: boolean;
}

/** Every term must hold. */
export type Filter = readonly Term[];

const termPattern = /(?<not>-?)(?:(?<field>server|tool|client|status|profile|thread):)?(?:"(?<quoted>[^"]*)"?|(?<bare>\S+))?/giu;

/** Reads words such as `echo status:error -client:ci server:"my server"`. A half-typed term matches everything. */
export function parseFilter(text: string): Filter {
  const terms: Term[] = [];
  for (const { groups } of text.matchAll(termPattern)) {
    const value = (groups?.['quoted'] ?? groups?.['bare'] ?? '').toLowerCase();
    if (value !== '') {
      const field = fields.find((name) => name === groups?.['field']?.toLowerCase()) ?? null;
      terms.push({ field, value, negated: groups?.['not'] === '-' });
    }
  }
  return terms;
}

export function matches(filter: Filter, call: CallSummary): boolean {
  return filter.every((term) => holds(term, call) !== term.negated);
}

function holds({ field, value }: Term, call: CallSummary): boolean {
  const texts = field === null ? [call.server, call.tool, call.client, call.status] : [call[field] ?? ''];
  return texts.some((text) => text.toLowerCase().includes(value));
}
