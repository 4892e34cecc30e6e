import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';

import { problems } from '../core/problems.ts';
import type { ProfileSelection } from '../shared/controlProtocol.ts';
import { gatewayOptions } from '../shared/gatewayOptions.ts';
import { describeProblem, type Problem } from '../shared/problem.ts';
import { visibleText } from '../shared/visibleText.ts';

/*
 * The program `wharf`. It also starts on a Node that is too old, to say so, and it loads
 * nothing that `gateway run` does not need: Codex starts that once per thread.
 */

const oldest = [22, 13] as const;

async function run(argv: readonly string[]): Promise<number> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    return complain(problems.nodeTooOld(process.versions.node));
  }
  const asksForHelp = argv.includes('--help') || argv.includes('-h');
  if (argv[0] === 'gateway' && argv[1] === 'run' && !asksForHelp) {
    return runGateway(argv.slice(2));
  }
  if (argv[0] === 'daemon' && argv[1] === 'run' && !asksForHelp) {
    const runtime = await load<RuntimeCheckProgram>('./runtimeCheck.cjs');
    const problem = runtime.checkRuntime();
    return problem === undefined ? (await load<GatewayProgram>('./gateway.cjs')).daemonMain() : complain(problem);
  }
  return (await load<{ main(argv: readonly string[]): Promise<number> }>('./cli.cjs')).main(argv);
}

interface RuntimeCheckProgram {
  checkRuntime(): Problem | undefined;
}

interface GatewayProgram {
  daemonMain(): Promise<number>;
  foregroundMain(profile: ProfileSelection): Promise<number>;
}

interface ShimProgram {
  runShim(profile: ProfileSelection): Promise<number | undefined>;
}

/** Programs are separate files, so that one does not pay for the others. */
function load<Program>(file: string): Promise<Program> {
  return Promise.resolve(require(file) as Program);
}

async function runGateway(args: readonly string[]): Promise<number> {
  const options: ParseArgsOptionsConfig = Object.fromEntries(
    gatewayOptions.map(({ name, value }) => [name, { type: value === undefined ? 'boolean' : 'string' }]),
  );
  let values: Readonly<Record<string, unknown>>;
  try {
    ({ values } = parseArgs({ args: [...args], options, strict: true }));
  } catch (error) {
    return complain(problems.badArgument(error instanceof Error ? error.message : String(error)));
  }
  const { profile: id, 'profile-file': path } = values;
  if ((typeof id === 'string') === (typeof path === 'string')) {
    return complain(problems.badArgument('"wharf gateway run" needs --profile or --profile-file.'));
  }
  const profile: ProfileSelection = typeof path === 'string' ? { by: 'file', path } : { by: 'id', id: String(id) };
  if (values['no-daemon'] !== true) {
    const shim = await load<ShimProgram>('./shim.cjs');
    const code = await shim.runShim(profile);
    if (code !== undefined) {
      return code;
    }
  }
  return (await load<GatewayProgram>('./gateway.cjs')).foregroundMain(profile);
}

function complain(problem: Problem): number {
  process.stderr.write(`wharf: ${visibleText(describeProblem(problem), { keepNewlines: true })}\n`);
  return 2;
}

void run(process.argv.slice(2)).then((code) => process.exit(code));
