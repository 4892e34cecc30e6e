import { join, resolve } from 'node:path';

import type { Command } from 'commander';

import { checkCodexConfig } from '../../core/codexConfig/check.ts';
import { probeGateways } from '../../core/codexConfig/gatewayAddress.ts';
import { readCodexConfig } from '../../core/codexConfig/servers.ts';
import { codexHome } from '../../node/codexHome.ts';
import { probeHttpService } from '../../node/httpServiceProbe.ts';
import { readTextFile } from '../../node/textFile.ts';
import { positionAt } from '../../shared/text.ts';
import type { RunAction } from '../runAction.ts';
import { complain, exitCodes, note, print } from '../output.ts';

export function addCheckCommand(program: Command, run: RunAction): void {
  program
    .command('check')
    .description("say what is wrong with Codex's configuration; exit 0 clean, 1 problems, 2 could not run")
    .argument('[files...]', "default: this project's .codex/config.toml")
    .action(run(check));
}

async function check(files: readonly string[]): Promise<number> {
  const userFile = resolve(codexHome(process.env), 'config.toml');
  let found = 0;
  for (const path of files.length === 0 ? [join('.codex', 'config.toml')] : files) {
    const file = await readTextFile(path);
    if (!file.ok) {
      return complain(file.problem);
    }
    if (file.value.hash === null) {
      note(`wharf: There is no file ${path}.`);
      return exitCodes.failed;
    }
    const { text } = file.value;
    const findings = checkCodexConfig(text, {
      scope: resolve(path) === userFile ? 'user' : 'project',
      gateways: await probeGateways(readCodexConfig(text).servers, probeHttpService),
      isSet: (variable) => (process.env[variable] ?? '') !== '',
    });
    for (const finding of findings) {
      const { line, column } = positionAt(text, finding.range.start);
      print(`${path}:${line}:${column}: ${finding.severity}: ${finding.message} (${finding.code})`);
    }
    found += findings.filter(({ severity }) => severity === 'error' || severity === 'warning').length;
  }
  return found === 0 ? exitCodes.ok : exitCodes.problems;
}
