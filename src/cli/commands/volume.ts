import type { Command } from 'commander';

import { commandLocations } from '../context.ts';
import type { RemovalWish } from '../volumes.ts';
import { listFormatOption, type ListFormat } from '../options.ts';
import { printValue } from '../printValue.ts';
import type { RunAction } from '../runAction.ts';

export function addVolumeCommands(program: Command, run: RunAction): void {
  const volume = program.command('volume').description('data that servers keep');
  volume
    .command('ls')
    .alias('list')
    .description('list it')
    .addOption(listFormatOption())
    .action(
      run(async ({ format }: { readonly format: ListFormat }) => {
        const { listVolumes } = await import('../volumes.ts');
        return listVolumes(commandLocations(), format, printValue);
      }),
    );
  volume
    .command('rm')
    .description('remove it for good')
    .argument('[volume...]', 'as "wharf volume ls" names it')
    .option('--profile <id>', 'everything of a profile, by its id or the path of its file')
    .option('--dry-run', 'show what would be removed')
    .option('--yes', 'do not ask')
    .action(
      run(async (volumes: readonly string[], options: Omit<RemovalWish, 'volumes'>) => {
        const { removeVolumes } = await import('../volumes.ts');
        return removeVolumes(commandLocations(), { volumes, ...options });
      }),
    );
}
