import { Argument, type Command } from 'commander';

import { commandLocations, ownProgram } from '../context.ts';
import { complain, exitCodes, print, printFile } from '../output.ts';
import type { Shell } from '../plugin/completionScript.ts';
import type { RunAction } from '../runAction.ts';

interface Options {
  readonly dryRun?: true;
}

/** `wharf plugin` and `wharf completion`. What they do is loaded only when it is needed. */
export function addPluginCommands(program: Command, run: RunAction): void {
  const plugin = program.command('plugin').description('Wharf as "docker mcp": a plugin of the Docker CLI (Linux, macOS)');
  plugin
    .command('install')
    .description('make "docker mcp …" run Wharf; a docker-mcp that Wharf did not write is left alone')
    .option('--dry-run', 'print the file and write nothing')
    .action(run((options: Options) => change('install', options)));
  plugin
    .command('remove')
    .description('take the plugin away again')
    .option('--dry-run', 'say what would go and remove nothing')
    .action(run((options: Options) => change('remove', options)));
  program
    .command('completion')
    .description('print what a shell reads to complete "wharf"; the Docker CLI completes "docker mcp" by itself')
    .addArgument(new Argument('<shell>', 'which one').choices(['bash', 'zsh', 'fish']))
    .action(
      run(async (shell: Shell) => {
        const { completionScript } = await import('../plugin/plugin.ts');
        printFile(completionScript(shell));
        return exitCodes.ok;
      }),
    );
}

async function change(what: 'install' | 'remove', options: Options): Promise<number> {
  const { installPlugin, removePlugin } = await import('../plugin/plugin.ts');
  const wish = { dryRun: options.dryRun === true };
  const outcome = what === 'install' ? await installPlugin(commandLocations(), ownProgram(), wish) : await removePlugin(wish);
  if (!outcome.ok) {
    return complain(outcome.problem);
  }
  const { words, draft } = outcome.value;
  words.forEach(print);
  if (draft !== undefined) {
    printFile(draft);
  }
  return exitCodes.ok;
}
