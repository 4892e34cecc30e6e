import type { Command } from 'commander';

import { scanChunks, scanFile, type ScannedText } from '../../node/scanFile.ts';
import { ok, type Result } from '../../shared/result.ts';
import { visibleText } from '../../shared/visibleText.ts';
import { formatOption, type Format } from '../options.ts';
import { complain, exitCodes, note, print, printJson } from '../output.ts';
import type { RunAction } from '../runAction.ts';

export function addScanCommand(program: Command, run: RunAction): void {
  program
    .command('scan')
    .description('look for secrets in files, by the rules that hold for what servers say; exit 0 clean, 1 findings, 2 could not run')
    .argument('<files...>', '"-" is what comes on stdin')
    .addOption(formatOption())
    .action(run(scan));
}

async function scan(files: readonly string[], options: { readonly format: Format }): Promise<number> {
  // Hundreds of rules, which no other command needs.
  const { nodeScanner } = await import('../../node/scanning.ts');
  const scanner = nodeScanner();
  const scanned: { readonly path: string; readonly text: ScannedText }[] = [];
  let hasFailed = false;
  let hasRead = false;
  for (const path of files) {
    if (path === '-' && hasRead) {
      continue;
    }
    hasRead ||= path === '-';
    const text: Result<ScannedText> =
      path === '-' ? ok(await scanChunks(scanner, process.stdin as AsyncIterable<Uint8Array>)) : await scanFile(scanner, path);
    if (!text.ok) {
      complain(text.problem);
      hasFailed = true;
      continue;
    }
    scanned.push({ path, text: text.value });
    if (text.value.kind === 'binary') {
      note(`wharf: ${visibleText(path)} is no text, and was passed over.`);
    }
    if (options.format === 'human') {
      findingsIn(text.value).forEach(({ line, column, title, preview, rule }) =>
        print(`${visibleText(path)}:${line}:${column}: ${title}: ${preview} (${rule})`),
      );
    }
  }
  if (options.format === 'json') {
    printJson({ files: scanned.map(({ path, text }) => ({ path, findings: findingsIn(text).map(shortFinding) })) });
  }
  const found = scanned.some(({ text }) => findingsIn(text).length > 0);
  return hasFailed ? exitCodes.failed : found ? exitCodes.problems : exitCodes.ok;
}

function findingsIn(text: ScannedText) {
  return text.kind === 'text' ? text.findings : [];
}

function shortFinding({ rule, start, end, preview }: ReturnType<typeof findingsIn>[number]) {
  return { rule, start, end, preview };
}
