import type { Command } from 'commander';

import { commandLocations } from '../context.ts';
import { selectionOf } from '../profileSelection.ts';
import type { PullOptions } from '../pullProfile.ts';
import type { RunAction } from '../runAction.ts';

/** `push` and `pull`. What speaks to registries is loaded only when it is needed. */
export function addProfileSharing(profile: Command, run: RunAction): void {
  profile
    .command('push')
    .description('push a profile to a registry for others; one that holds a secret itself is refused with its place')
    .argument('<profile>', 'an id, or the path of a profile file')
    .argument('<reference>', 'such as registry.example/team/dev:1')
    .option('--dry-run', 'show what would be pushed and its digest, and ask no registry')
    .action(
      run(async (given: string, reference: string, options: { readonly dryRun?: true }) => {
        const { pushProfile } = await import('../profileSharing.ts');
        return pushProfile(commandLocations(), { given, profile: selectionOf(given), reference, dryRun: options.dryRun === true });
      }),
    );
  profile
    .command('pull')
    .description('get a profile from a registry; it starts nothing until you allow it')
    .argument('<reference>', 'such as registry.example/team/dev:1')
    .option('--id <id>', 'keep it under this id; default: its own')
    .option('--replace', 'replace one that was pulled before')
    .option('--dry-run', 'show what it starts, and write nothing')
    .action(
      run(async (reference: string, options: PullOptions) => {
        const { pullProfile } = await import('../profileSharing.ts');
        return pullProfile(commandLocations(), reference, options);
      }),
    );
}
