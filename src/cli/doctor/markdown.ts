import { visibleText } from '../../shared/visibleText.ts';
import type { Check } from './check.ts';
import { counted } from './engineChecks.ts';
import type { Report } from './report.ts';

/** The report as Markdown. Words of others stand in blocks of code alone, where they mean nothing. */
export function markdownOf(report: Report): string {
  const { wharf, system, engine, daemon, lookedBy } = report;
  return [
    '# Wharf support report',
    '',
    `Made ${report.madeAt} by "wharf doctor --report". ${lookedByWords(lookedBy)} Look it through before you attach it to an issue.`,
    '',
    '## Versions',
    block([
      `Wharf   ${wharf.version}, ${wharf.runtime}`,
      `System  ${system.platform} ${system.arch}, ${system.release}, ${system.version}`,
      engine === null ? 'Docker  not known' : `Docker  ${engine.version}, API ${engine.apiVersion}, ${engine.at}`,
      daemon === null ? 'Daemon  not reached' : `Daemon  ${daemon.version}`,
    ]),
    '## Checks',
    block(report.checks.flatMap(checkLines)),
    '## Profiles',
    block(
      report.profiles.flatMap(({ id, scope, allowed, servers }) => [
        `${id} (${scope}, ${allowed ? 'allowed' : 'not allowed'})${servers === null ? ': not understood' : ''}`,
        ...(servers ?? []).map(({ kind, network, secrets }) => `  ${kind}, network ${network}, ${counted(secrets, 'secret')}`),
      ]),
    ),
    '## Daemon',
    block([
      ...(daemon?.clients ?? []).map(({ client, profile, since }) => `client ${client}, profile ${profile}, since ${since}`),
      ...(daemon?.servers ?? []).map(
        ({ profile, state, share, openCalls }) => `server of ${profile}: ${state}, shared by ${share}, ${openCalls} open calls`,
      ),
    ]),
    '## Newest calls',
    block(
      report.calls.map(
        ({ startedAt, client, tool, status, durationMs, requestBytes, resultBytes, rules }) =>
          `${startedAt}  ${client}  ${tool}  ${status}  ${durationMs === null ? 'runs' : `${durationMs.toFixed(1)} ms`}  ${requestBytes} B in, ${resultBytes} B out${
            rules.length === 0 ? '' : `  found: ${rules.join(', ')}`
          }`,
      ),
    ),
    "## End of the daemon's log",
    report.log === null
      ? 'There is none, or it is left out: nobody who knows the values that servers were given looked through it.\n'
      : block(report.log.split('\n')),
  ].join('\n');
}

/** One check for people: what was found, and where something is wrong, what to do. */
export function checkLines({ title, outcome }: Check): readonly string[] {
  switch (outcome.kind) {
    case 'ok':
      return [`ok       ${title}: ${outcome.evidence}`];
    case 'skipped':
      return [`skipped  ${title}: ${outcome.because}`];
    case 'warning':
    case 'failed': {
      const { message, code, next, detail, place } = outcome.problem;
      const where = place === undefined ? '' : `${place.file}:${place.line}:${place.column}: `;
      const evidence = (detail ?? '').split('\n').filter((line) => line.trim() !== '');
      return [
        `${outcome.kind === 'failed' ? 'FAILED ' : 'warning'}  ${title}: ${where}${message} (${code})`,
        ...evidence.map((line) => `         | ${line}`),
        `         ${next}`,
      ];
    }
  }
}

function lookedByWords(by: Report['lookedBy']): string {
  switch (by.kind) {
    case 'daemon':
      return by.vault
        ? 'The daemon looked through it for every value of the vault and of running servers, and for what looks like a secret.'
        : 'The daemon looked through it for the values of running servers and for what looks like a secret; the vault is locked.';
    case 'rules':
      return 'No daemon runs, so it was only looked through for what looks like a secret and for what files of profiles and of Codex say.';
    case 'refused':
      return 'The daemon did not look through it, so its log is left out.';
  }
}

/** A fence that is longer than any in the text. */
function block(lines: readonly string[]): string {
  const text = lines.map((line) => visibleText(line)).join('\n');
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((ticks) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text === '' ? 'none' : text}\n${fence}\n`;
}
