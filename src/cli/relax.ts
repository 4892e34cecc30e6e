import { adviseOn } from '../core/container/advice.ts';
import { relaxedValue } from '../core/container/relaxation.ts';
import { setServerSetting } from '../core/profile/edit.ts';
import type { ImageServer } from '../core/profile/profile.ts';
import * as problems from '../core/problems.ts';
import { writeEditedProfile } from '../node/editedProfile.ts';
import type { Locations } from '../node/locations.ts';
import { findProfile, type ProfileFile } from '../node/profileFiles.ts';
import type { ProfileSelection } from '../shared/controlProtocol.ts';
import type { Problem } from '../shared/problem.ts';
import type { Relaxation } from '../shared/relaxation.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { ask } from './ask.ts';
import { openControl, withSession } from './context.ts';
import { complain, exitCodes, note, print } from './output.ts';

export interface RelaxRequest {
  /** As the person named it. */
  readonly given: string;
  readonly profile: ProfileSelection;
  readonly server: string;
  readonly yes: boolean;
  readonly dryRun: boolean;
  /** A tool that is called too: some servers do their work only then. */
  readonly call: { readonly tool: string; readonly args: Readonly<Record<string, unknown>> } | null;
}

/** Each round gives one thing; no server needs so many, and after these its own problem is the answer. */
const mostRounds = 12;
const shownLines = 5;

/** Starts a server, shows what its container is too strict for, writes it when the person agrees, and starts it again, until it works. */
export async function relax(locations: Locations, request: RelaxRequest): Promise<number> {
  for (let round = 1; ; round++) {
    const found = await findServer(locations, request);
    if (!found.ok) {
      return complain(found.problem);
    }
    const { file, server } = found.value;
    note(`${round === 1 ? 'Starting' : 'Starting again'} "${server.name}" …`);
    const problem = await tryOut(locations, request, server);
    if (problem === null) {
      print(`The server "${server.name}" works with what ${file.path} gives it.`);
      return exitCodes.ok;
    }
    if (problem.relaxation === undefined || round > mostRounds) {
      return complain(problem);
    }
    const agreed = await agree(request, file, server, problem, problem.relaxation);
    if (agreed !== null) {
      return agreed;
    }
    const written = await write(locations, file, server, problem.relaxation);
    if (!written.ok) {
      return complain(written.problem);
    }
    print(`Wrote ${words(problem.relaxation)} to ${file.path}.`);
  }
}

async function findServer(
  locations: Locations,
  { profile, server: name, given }: RelaxRequest,
): Promise<Result<{ readonly file: ProfileFile; readonly server: ImageServer }>> {
  const found = await findProfile(locations, profile, process.cwd());
  if (!found.ok) {
    return found;
  }
  const file = found.value;
  if (!file.profile.ok) {
    return file.profile;
  }
  if (!file.allowed) {
    return fail(problems.profileNotAllowed(file.path, given, file.isPulled, file.scope === 'user'));
  }
  const { servers } = file.profile.value;
  const server = servers.find((one) => one.name === name);
  if (server === undefined) {
    return fail(
      problems.serverNotInProfile(
        name,
        servers.map((one) => one.name),
        file.path,
      ),
    );
  }
  return server.kind === 'image'
    ? ok({ file, server })
    : fail(problems.badArgument(`The server "${name}" runs in no container, so there is nothing to relax.`, 'wharf profile relax'));
}

/** Null when it works. */
async function tryOut(locations: Locations, { profile, call, given }: RelaxRequest, server: ImageServer): Promise<Problem | null> {
  const control = await openControl(locations);
  if (!control.ok) {
    return control.problem;
  }
  const answer = await control.value.request('profile/tools', { profile, cwd: process.cwd(), discover: true });
  control.value.close();
  if (!answer.ok) {
    return answer.problem;
  }
  const state = answer.value.servers.find(({ name }) => name === server.name)?.state;
  if (state?.kind === 'failed') {
    return state.problem;
  }
  if (call === null) {
    return null;
  }
  const result = await withSession(profile, (client) => client.callTool(call.tool, call.args));
  if (!result.ok) {
    return adviseOn(result.problem, server, given);
  }
  const { isError, content } = result.value as { readonly isError?: boolean; readonly content?: readonly { readonly text?: unknown }[] };
  const said = (content ?? []).map(({ text }) => (typeof text === 'string' ? text : '')).join('\n');
  return isError === true ? adviseOn(problems.toolFailed(call.tool, said), server, given) : null;
}

/** The exit code when the person does not agree, or cannot be asked. */
async function agree(
  { yes, dryRun, given, call }: RelaxRequest,
  file: ProfileFile,
  server: ImageServer,
  problem: Problem,
  relaxation: Relaxation,
): Promise<number | null> {
  const lastWords = (problem.detail ?? '').trim().split('\n').slice(-shownLines);
  const lines = [
    `The server "${server.name}" fails, and says:`,
    ...lastWords.map((line) => `    ${line.slice(0, 300)}`),
    `It needs this under "wharf:" of its entry in ${file.path}:`,
    `${relaxation.width === 'wide' ? '!' : ' '}   ${words(relaxation)}`,
    `    ${relaxation.why}`,
    `    ${relaxation.width === 'wide' ? 'Wide: it makes the wall around the server weaker. ' : ''}${relaxation.risk}`,
  ];
  if (!yes && !dryRun && !process.stdin.isTTY) {
    return complain(problems.relaxationConsent(server.name, given, lines.join('\n'), call));
  }
  lines.forEach(print);
  if (dryRun || !(yes || (await ask('Write it?')))) {
    print('Nothing was written.');
    return exitCodes.problems;
  }
  return null;
}

function words({ setting, value }: Relaxation): string {
  return `${setting}: ${String(value)}`;
}

/** What the user agreed to is allowed at once, as everything that is edited through Wharf. */
async function write(locations: Locations, file: ProfileFile, server: ImageServer, relaxation: Relaxation): Promise<Result<null>> {
  const next = setServerSetting(file.text, server.name, relaxation.setting, relaxedValue(server.isolation, relaxation), file.path);
  return next.ok ? writeEditedProfile(locations, file, next.value) : next;
}
