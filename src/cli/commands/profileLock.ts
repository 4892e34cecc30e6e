import type { Command } from 'commander';

import { commandLocations } from '../context.ts';
import { diffProfile, lockProfile, verifyProfile } from '../lock.ts';
import { formatOption, type Format } from '../options.ts';
import type { RunAction } from '../runAction.ts';

/** `profile` is the command of which these are a part. */
export function addLockCommands(profile: Command, run: RunAction): void {
  const argument = ['<profile>', 'an id, or the path of a profile file'] as const;
  profile
    .command('lock')
    .description('start its servers, and write down their images and tools as the ones that you accept')
    .argument(...argument)
    .option('--yes', 'do not ask whether to accept what differs from the lock; needed where there is no terminal')
    .option('--dry-run', 'show what would be accepted, and write nothing')
    .action(
      run((given: string, { yes = false, dryRun = false }: { readonly yes?: boolean; readonly dryRun?: boolean }) =>
        lockProfile(commandLocations(), { given, yes, dryRun }),
      ),
    );
  profile
    .command('verify')
    .description('start its servers, and compare them with the lock: 0 is the same, 1 is a difference')
    .argument(...argument)
    .addOption(formatOption())
    .action(run((given: string, { format }: { readonly format: Format }) => verifyProfile(commandLocations(), given, format)));
  profile
    .command('diff')
    .description('show line by line what changed since you allowed it; else start its servers, and show what differs from the lock')
    .argument(...argument)
    .action(run((given: string) => diffProfile(commandLocations(), given)));
}
