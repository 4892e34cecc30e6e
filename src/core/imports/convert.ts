import { gatewayAddress } from '../codexConfig/gatewayAddress.ts';
import { programName } from '../codexConfig/gatewayServer.ts';
import { literalSecrets } from '../profile/literalSecrets.ts';
import { utf8Bytes } from '../scan/bytes.ts';
import type { Scanner } from '../scan/scanner.ts';
import { containerEntry } from './containerEntry.ts';
import { parseDockerRun } from './dockerRun.ts';
import type { ForeignServer } from './foreign.ts';
import { carrierFor, eachOnce, finished, leave, type ImportedServer, type ImportWishes, type ImportWork } from './imported.ts';
import { nativeEntry } from './nativeEntry.ts';
import { parsePackageCommand, type PackageCommand } from './packageCommand.ts';
import { importPackage } from './packageImport.ts';
import { hasMark, shownText } from './placeholders.ts';
import { newProfileText } from './profileText.ts';
import { remoteBehind, type RemoteBehind } from './remoteBehind.ts';
import { remoteEntry, type RemoteWish } from './remoteEntry.ts';
import type { IsSecretText } from './values.ts';

/** A program and its arguments. */
interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

/** Makes an entry of a profile of each server, as far as one is known for it. The first of two names wins. */
export function convertServers(servers: readonly ForeignServer[], wishes: ImportWishes): readonly ImportedServer[] {
  const options = { ...wishes, isSecretText: secretTexts(wishes.scanner) };
  return eachOnce(servers, options.taken, (server, as) => {
    const imported = withoutLiterals(convert({ server, as, options }), options.scanner);
    const twice = `Take [mcp_servers.${server.name}] out of ${server.file}, or Codex starts it as well.`;
    return 'entry' in imported.outcome && server.client === 'codex' ? { ...imported, next: [...imported.next, twice] } : imported;
  });
}

function secretTexts(scanner: Scanner): IsSecretText {
  return (text) => scanner.scanText(utf8Bytes(text)).length > 0;
}

/** What no reader of values saw must not be written either. */
export function withoutLiterals(imported: ImportedServer, scanner: Scanner): ImportedServer {
  const { outcome, server, as } = imported;
  const [found] = 'entry' in outcome ? literalSecrets(newProfileText('import', [outcome.entry], ''), 'the profile', scanner) : [];
  return found === undefined ? imported : leave(server, as, `its entry would hold a secret itself: ${found.message}`);
}

function convert(work: ImportWork): ImportedServer {
  const { server, as, options } = work;
  const { transport } = server;
  if (!server.isEnabled) {
    return leave(server, as, 'it is turned off there');
  }
  if (transport.kind === 'http') {
    const isGateway = gatewayAddress(transport.url) !== undefined;
    return isGateway ? leave(server, as, 'it is a gateway itself') : importRemote(transport, work);
  }
  if (hasMark(transport.command)) {
    return leave(server, as, `its command ${shownText(transport.command, server.placeholders)} has a placeholder`);
  }
  const program = unwrapped(transport);
  const name = programName(program.command);
  if (name === 'wharf' || (name === 'docker' && program.args[0] === 'mcp') || name === 'docker-mcp') {
    const next = `wharf client import --from docker-mcp --profile ${options.profile} imports what its profile has.`;
    return leave(server, as, 'it is a gateway itself', name === 'wharf' ? [] : [next]);
  }
  if (['docker', 'podman', 'nerdctl'].includes(name)) {
    return importContainer(program, work);
  }
  const found = parsePackageCommand(program.command, program.args);
  const behind = found === undefined ? undefined : remoteBehind(found, transport.env);
  if (found !== undefined && behind !== undefined) {
    return importBridge(behind, found, work);
  }
  const native = (): ImportedServer | undefined => (options.mayBeNative ? importProgram(program, work) : undefined);
  return found === undefined ? importProgram(program, work) : importPackage(found, work, native);
}

/** What a wrapper of Windows, or `env`, runs. */
export function unwrapped({ command, args }: Program): Program {
  const [first, second, ...rest] = args;
  if (programName(command) === 'cmd' && /^\/c$/i.test(first ?? '') && second !== undefined) {
    return { command: second, args: rest };
  }
  const isEnv = programName(command) === 'env' && first !== undefined && !first.includes('=') && !first.startsWith('-');
  return isEnv ? { command: first, args: args.slice(1) } : { command, args };
}

function importRemote(wish: RemoteWish, work: ImportWork): ImportedServer {
  const carrier = carrierFor(work);
  const draft = remoteEntry(wish, work, carrier);
  const hasLogin = Object.keys(wish.headers).some((name) => /^(?:authorization|cookie|x-api-key|.*token.*)$/i.test(name));
  return finished('remote', draft, work, carrier, hasLogin ? [] : [`wharf oauth authorize ${work.as} logs in, if it asks for a login.`]);
}

function importBridge(behind: RemoteBehind, { name, leftOut }: PackageCommand, work: ImportWork): ImportedServer {
  const imported = importRemote(behind, work);
  return imported.outcome.kind === 'left'
    ? imported
    : {
        ...imported,
        carried: [...imported.carried, `what ${name} reached, without ${name}`],
        leftOut: [...imported.leftOut, ...leftOut, ...behind.leftOut],
      };
}

function importContainer(program: Program, work: ImportWork): ImportedServer {
  const run = parseDockerRun(program.args);
  if (typeof run === 'string') {
    return importProgram(program, work, run);
  }
  const carrier = carrierFor(work);
  return finished('container', containerEntry(run, work, carrier), work, carrier);
}

function importProgram(
  program: Program,
  work: ImportWork,
  why = `no container is known for the program "${programName(program.command)}"`,
): ImportedServer {
  const { server, as, options } = work;
  if (!options.mayBeNative) {
    return leave(server, as, why, ['With --native it goes on running as you, outside any container, as it does now.']);
  }
  const carrier = carrierFor(work);
  return finished('native', nativeEntry(program, work, carrier), work, carrier);
}
