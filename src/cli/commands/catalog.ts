import { Option, type Command } from 'commander';

import { commandLocations } from '../context.ts';
import { wholeNumber } from '../options.ts';
import type { RunAction } from '../runAction.ts';
import type { CreateOptions } from '../catalog/create.ts';
import type { ListFormat } from '../catalog/printed.ts';

const reference = 'such as registry.example/team/catalog:1, an address, a path, or the host of a community registry';
const serverHelp = 'a server to take: catalog://, docker://, https://, file://, npx:// or uvx://; may be repeated';

interface DryRun {
  readonly dryRun?: true;
}

/** `wharf catalog`. What reads and fetches catalogues is loaded only when it is needed. */
export function addCatalogCommands(program: Command, run: RunAction): void {
  const catalog = program.command('catalog').aliases(['catalogs', 'catalog-next']).description('lists of servers, and what is in them');
  addMaking(catalog, run);
  addReading(catalog, run);
  addSharing(catalog, run);
  addServers(catalog, run);
}

function format(): Option {
  return new Option('--format <format>', 'how to print it').choices(['human', 'json', 'yaml']).default('human');
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function addMaking(catalog: Command, run: RunAction): void {
  catalog
    .command('create')
    .description('make a catalogue of servers, of a profile, or of another catalogue')
    .argument('<reference>', 'such as registry.example/team/catalog:1')
    .option('--title <title>', 'what it is called')
    .option('--server <reference>', serverHelp, collect, [])
    .option('--from-profile <id>', 'take the servers of a profile, without what its user chose for them')
    .option('--from-legacy-catalog <address>', "take those of a catalogue's file, by its address or path")
    .option('--from-community-registry <host>', 'take those of a community registry')
    .option('--exclude <name>', 'leave this one out; may be repeated', collect, [])
    .option('--replace', 'put it in the place of a catalogue of this reference')
    .option('--dry-run', 'show what it would hold, and write nothing')
    .action(
      run(async (ref: string, options: CreateOptions) => {
        const { createCatalog } = await import('../catalogs.ts');
        return createCatalog(commandLocations(), ref, options);
      }),
    );
  catalog
    .command('tag')
    .description('give a catalogue a second name')
    .argument('<source>')
    .argument('<target>')
    .option('--dry-run', 'write nothing')
    .action(
      run(async (from: string, to: string, { dryRun }: DryRun) => {
        const { tagCatalog } = await import('../catalogs.ts');
        return tagCatalog(commandLocations(), from, to, dryRun === true);
      }),
    );
  catalog
    .command('remove')
    .alias('rm')
    .description('remove a catalogue from this computer')
    .argument('<reference>')
    .option('--dry-run', 'write nothing')
    .action(
      run(async (ref: string, { dryRun }: DryRun) => {
        const { removeCatalog } = await import('../catalogs.ts');
        return removeCatalog(commandLocations(), ref, dryRun === true);
      }),
    );
}

function addReading(catalog: Command, run: RunAction): void {
  catalog
    .command('list')
    .alias('ls')
    .description('list the catalogues, the first one first')
    .addOption(format())
    .action(
      run(async (options: { readonly format: ListFormat }) => {
        const { listCatalogs } = await import('../catalogs.ts');
        return listCatalogs(commandLocations(), options.format);
      }),
    );
  catalog
    .command('show')
    .description('show a catalogue with its servers')
    .argument('<reference>')
    .option('--pull <when>', 'fetch it before: never, missing, always, initial, exists, a time such as 6h, or initial+exists@6h', 'never')
    .addOption(format())
    .action(
      run(async (ref: string, options: { readonly pull: string; readonly format: ListFormat }) => {
        const { showCatalog } = await import('../catalogs.ts');
        return showCatalog(commandLocations(), ref, options.pull, options.format);
      }),
    );
  catalog
    .command('search')
    .description('find servers in all catalogues')
    .argument('<words...>')
    .option('--limit <count>', 'how many to show at most', wholeNumber(1000), 20)
    .addOption(format())
    .action(
      run(async (words: readonly string[], options: { readonly limit: number; readonly format: ListFormat }) => {
        const { searchCatalogs } = await import('../catalogs.ts');
        return searchCatalogs(commandLocations(), words.join(' '), options.limit, options.format);
      }),
    );
}

function addSharing(catalog: Command, run: RunAction): void {
  catalog
    .command('push')
    .description('push a catalogue to its registry; one that holds a secret is refused')
    .argument('<reference>')
    .option('--dry-run', 'show what would be pushed and its digest, and ask no registry')
    .action(
      run(async (ref: string, { dryRun }: DryRun) => {
        const { pushCatalog } = await import('../catalogs.ts');
        return pushCatalog(commandLocations(), ref, dryRun === true);
      }),
    );
  catalog
    .command('pull')
    .description('get a catalogue, or the newest content of one; without a name, of all')
    .argument('[reference]', reference)
    .option('--as <reference>', 'keep it under this name')
    .option('--dry-run', 'fetch it, and write nothing')
    .action(
      run(async (ref: string | undefined, options: DryRun & { readonly as?: string }) => {
        const { pullCatalogs } = await import('../catalogs.ts');
        return pullCatalogs(commandLocations(), ref, options.as, options.dryRun === true);
      }),
    );
}

function addServers(catalog: Command, run: RunAction): void {
  const server = catalog.command('server').description('the servers of one catalogue');
  server
    .command('ls')
    .alias('list')
    .description('list them')
    .argument('<reference>')
    .option('-f, --filter <filter>', 'only those with this in their name: name=WORD', collect, [])
    .addOption(format())
    .action(
      run(async (ref: string, options: { readonly filter: readonly string[]; readonly format: ListFormat }) => {
        const { listServers } = await import('../catalogs.ts');
        return listServers(commandLocations(), ref, options.filter, options.format);
      }),
    );
  server
    .command('inspect')
    .description('show all that a catalogue says of one')
    .argument('<reference>')
    .argument('<name>')
    .addOption(format())
    .action(
      run(async (ref: string, name: string, options: { readonly format: ListFormat }) => {
        const { inspectServer } = await import('../catalogs.ts');
        return inspectServer(commandLocations(), ref, name, options.format);
      }),
    );
  server
    .command('add')
    .description('add servers; one of a name that is there takes its place')
    .argument('<reference>')
    .option('--server <reference>', serverHelp, collect, [])
    .option('--dry-run', 'write nothing')
    .action(
      run(async (ref: string, options: DryRun & { readonly server: readonly string[] }) => {
        const { addServersTo } = await import('../catalogs.ts');
        return addServersTo(commandLocations(), ref, options.server, options.dryRun === true);
      }),
    );
  server
    .command('remove')
    .alias('rm')
    .description('remove servers')
    .argument('<reference>')
    .argument('[names...]')
    .option('--name <name>', 'another one; may be repeated', collect, [])
    .option('--dry-run', 'write nothing')
    .action(
      run(async (ref: string, names: readonly string[], options: DryRun & { readonly name: readonly string[] }) => {
        const { removeServersFrom } = await import('../catalogs.ts');
        return removeServersFrom(commandLocations(), ref, [...names, ...options.name], options.dryRun === true);
      }),
    );
}
