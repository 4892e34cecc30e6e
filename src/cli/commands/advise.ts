import type { Command } from 'commander';

import type { AdviseOptions } from '../advise.ts';
import { listFormatOption } from '../options.ts';
import type { RunAction } from '../runAction.ts';

/** What judges servers is loaded only when it is needed. */
export function addAdviseCommand(program: Command, run: RunAction): void {
  program
    .command('advise')
    .description("say of each server in Codex's configuration whether to leave it native or to move it to a profile, and why")
    .argument('[files...]', "default: this project's .codex/config.toml and your own")
    .option('--profile <id>', 'the profile that the commands name', 'dev')
    .addOption(listFormatOption())
    .action(
      run(async (files: readonly string[], options: AdviseOptions) => {
        const { advise } = await import('../imports.ts');
        return advise(files, options);
      }),
    );
}
