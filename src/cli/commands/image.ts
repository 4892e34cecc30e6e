import type { Command } from 'commander';

import type { Testimony } from '../../core/provenance/imageFacts.ts';
import type { StatementSummary } from '../../core/provenance/statement.ts';
import type { ImageReport } from '../../node/provenance/provenance.ts';
import { describeProblem } from '../../shared/problem.ts';
import { ok } from '../../shared/result.ts';
import { commandLocations } from '../context.ts';
import { formatOption, listFormatOption, type Format, type ListFormat } from '../options.ts';
import type { BuildImagesOptions } from '../packages/buildImages.ts';
import { complain, exitCodes, note, print, printJson, printTable } from '../output.ts';
import type { RunAction } from '../runAction.ts';

export function addImageCommands(program: Command, run: RunAction): void {
  const image = program.command('image').description('where images come from, and those that are built from packages');
  image
    .command('inspect')
    .description('show the digest, signatures and attestations of an image in its registry, and what the policy says; exit 1 refused')
    .argument('<reference>', 'such as docker.io/mcp/github or ghcr.io/team/server:1.2')
    .addOption(formatOption())
    .action(run(inspect));
  image
    .command('build')
    .description('install packages of npm or Python in a container, and make images of them that need no registry any more')
    .argument('[packages...]', 'such as npx://@scope/server@1.2.3 or uvx://server')
    .option('--profile <id>', 'those that a profile names and the engine does not have, exactly as they were recorded')
    .option('--base <image>', 'the image to install in, and to run on')
    .option('--registry <address>', 'another registry than the one of npm or pip')
    .option('--allow-scripts', 'packages may run their install scripts, in the container')
    .option('--yes', 'download the base image without asking')
    .option('--dry-run', 'show what would be built, and build nothing')
    .action(
      run(async (references: readonly string[], options: BuildImagesOptions) => {
        const { buildImages } = await import('../packages.ts');
        return buildImages(commandLocations(), references, options);
      }),
    );
  image
    .command('ls')
    .alias('list')
    .description('list the images that were built from packages')
    .addOption(listFormatOption())
    .action(
      run(async ({ format }: { readonly format: ListFormat }) => {
        const { listImages } = await import('../packages.ts');
        return listImages(commandLocations(), format);
      }),
    );
  image
    .command('prune')
    .description('remove the images of packages that no profile names which is seen from here, or was allowed')
    .option('--dry-run', 'show them, and remove nothing')
    .action(
      run(async (options: { readonly dryRun?: true }) => {
        const { pruneImages } = await import('../packages.ts');
        return pruneImages(commandLocations(), options);
      }),
    );
}

async function inspect(reference: string, { format }: { readonly format: Format }): Promise<number> {
  // Weighs much, and no other command needs it.
  const { Provenance } = await import('../../node/provenance/provenance.ts');
  const locations = commandLocations();
  const provenance = new Provenance({ locations, log: () => undefined, digestsOf: () => Promise.resolve(ok([])) });
  const report = await provenance.inspect(reference);
  if (!report.ok) {
    return complain(report.problem);
  }
  if (format === 'json') {
    printJson(report.value);
  } else {
    printReport(report.value);
  }
  return report.value.policy.state === 'allowed' ? exitCodes.ok : exitCodes.problems;
}

function printReport({ repository, digest, testimonies, failures, policy }: ImageReport): void {
  print(`${repository}@${digest}`);
  print('');
  if (testimonies.length === 0) {
    print(
      failures.length === 0 ? 'The registry holds no signature and no attestation of it.' : 'No signature and no attestation was found.',
    );
  } else {
    printTable(testimonies.map((testimony) => [testimony.form, subjectOf(testimony), verdictOf(testimony)]));
  }
  failures.forEach((failure) => note(`wharf: ${describeProblem(failure)}`));
  print('');
  if (policy.state === 'refused') {
    print(`Refused: ${describeProblem(policy.problem)}`);
    return;
  }
  const { notes, signers } = policy.facts;
  print(notes.length === 0 ? 'Allowed: there is no policy file.' : 'Allowed:');
  printTable(notes.map(({ decidedBy, words }) => [`  ${decidedBy}`, words]));
  signers.forEach(({ rule, signer }) => print(`  ${rule}: signed by ${signer}`));
}

/** What it says of the image. */
function subjectOf({ summary }: Testimony): string {
  return summary === null ? 'signature' : subjectWords(summary);
}

function subjectWords({ kind, predicateType, builder, source, materials, sbom }: StatementSummary): string {
  switch (kind) {
    case 'signature':
      return 'signature';
    case 'sbom':
      return sbom === null ? 'SBOM in an unknown form' : `SBOM: ${sbom.format}, ${sbom.packages} packages`;
    case 'provenance': {
      const from = source === null ? '' : ` from ${source}`;
      return `provenance: built by ${builder === null || builder === '' ? 'an unnamed builder' : builder}${from}, ${materials ?? 0} materials`;
    }
    case 'other':
      return predicateType;
  }
}

function verdictOf({ verdict, signedAt }: Testimony): string {
  const when = signedAt === null ? '' : `, at ${signedAt}`;
  switch (verdict.state) {
    case 'accepted':
      return `verified: ${verdict.signer}${when}`;
    case 'untrusted':
      return `no rule names its signer: ${verdict.signer}${when}`;
    case 'covered':
      return 'not signed by itself, part of this digest';
    case 'invalid':
      return `does not count: ${verdict.why}`;
  }
}
