import * as problems from '../core/problems.ts';
import type { SessionSelection } from '../shared/controlProtocol.ts';
import type { GatewayRun } from '../shared/gatewayRun.ts';
import type { GatewaySettings } from '../shared/gatewaySettings.ts';
import { describeProblem, type Problem } from '../shared/problem.ts';
import { visibleText } from '../shared/visibleText.ts';
import { keepCompiledCode } from './compiledCode.ts';
import { readPluginCall } from './dockerPluginWords.ts';
import { parseGatewayArguments } from './gatewayArguments.ts';

/*
 * The program `wharf`. It also starts on a Node that is too old, to say so, and it loads
 * nothing that `gateway run` does not need: Codex starts that once per thread.
 */

const oldest = [22, 13] as const;

/** Reads what the Docker CLI calls its plugin for, and runs that. */
async function runPlugin(args: readonly string[]): Promise<number> {
  const call = readPluginCall(args, process.env);
  return call.kind === 'run' ? run(call.argv, 'docker mcp') : complain(problems.pluginOption(call.option));
}

async function run(argv: readonly string[], name?: string): Promise<number> {
  if (argv[0] === 'docker-plugin' && name === undefined) {
    return runPlugin(argv.slice(1));
  }
  // "secret set NAME=VALUE" and "profile config ID --set SERVER.KEY=VALUE" are Docker's grammar. Node writes the title over the
  // arguments that others read in "ps" and /proc; on Windows it would be the console's, and the arguments would stay.
  if (mayHoldSecrets(argv) && process.platform !== 'win32') {
    process.title = `wharf ${argv[0] ?? ''}`;
  }
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
  if (argv[0] === 'egress' && !asksForHelp) {
    return (await load<EgressProgram>('./egress.cjs')).egressMain(argv.slice(1));
  }
  if (argv[0] === 'hold') {
    return hold();
  }
  keepCompiledCode();
  return (await load<{ main(argv: readonly string[], name?: string): Promise<number> }>('./cli.cjs')).main(argv, name);
}

/** Whether a value of a secret may stand among these words. */
function mayHoldSecrets([command, ...words]: readonly string[]): boolean {
  return command === 'secret' || (command === 'profile' && words.includes('config'));
}

/** A container's role: it only keeps what is mounted into it, until its input ends. */
function hold(): Promise<number> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve(0));
    process.stdin.once('close', () => resolve(0)).resume();
  });
}

interface RuntimeCheckProgram {
  checkRuntime(): Problem | undefined;
}

interface GatewayProgram {
  daemonMain(): Promise<number>;
  /** Returns the exit code. */
  foregroundMain(run: GatewayRun): Promise<number>;
}

/** A role of Wharf's own image, beside a server that may reach chosen hosts only. */
interface EgressProgram {
  egressMain(argv: readonly string[]): Promise<number>;
}

interface ShimProgram {
  /** Returns the exit code, or undefined when the daemon cannot be had and this process must serve by itself. */
  runShim(profile: SessionSelection, settings: GatewaySettings): Promise<number | undefined>;
}

/** Programs are separate files, so that one does not pay for the others. */
function load<Program>(file: string): Promise<Program> {
  return Promise.resolve(require(file) as Program);
}

async function runGateway(args: readonly string[]): Promise<number> {
  const parsed = parseGatewayArguments(args);
  if (!parsed.ok) {
    return complain(parsed.problem);
  }
  const { run, daemon, notes } = parsed.value;
  notes.forEach((note) => process.stderr.write(`wharf: ${note}\n`));
  const [profile] = run.profiles;
  if (daemon && profile !== undefined) {
    sayWhereCallsAre(run);
    const shim = await load<ShimProgram>('./shim.cjs');
    const code = await shim.runShim(profile, run.settings);
    if (code !== undefined) {
      return code;
    }
  }
  return (await load<GatewayProgram>('./gateway.cjs')).foregroundMain(run);
}

/** The daemon serves every client, and writes into no one's stderr. */
function sayWhereCallsAre({ logCalls, verbose }: GatewayRun): void {
  if (logCalls || verbose) {
    const given = [...(logCalls ? ['--log-calls'] : []), ...(verbose ? ['--verbose'] : [])].join(' and ');
    const places = '"wharf calls ls" and the inspector show its calls, "wharf daemon status" names its log';
    process.stderr.write(
      `wharf: While the daemon serves, nothing is written here for ${given}: ${places}; --no-daemon serves from this process.\n`,
    );
  }
}

function complain(problem: Problem): number {
  process.stderr.write(`wharf: ${visibleText(describeProblem(problem), { keepNewlines: true })}\n`);
  return 2;
}

void run(process.argv.slice(2)).then((code) => process.exit(code));
