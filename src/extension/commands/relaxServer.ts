import * as vscode from 'vscode';

import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Relaxation } from '../../shared/relaxation.ts';
import type { ServerReport } from '../../shared/servers.ts';
import { commands, views } from '../contributions.ts';
import { confirm } from '../confirm.ts';
import { mayEdit, writeProfile } from '../editProfile.ts';
import { loadProfileEdits } from '../lazyPrograms.ts';
import { remedyButtons } from '../views/remedies.ts';
import type { Command, Services } from './command.ts';
import { serverOf, type ServerOfProfile } from './serverOf.ts';

/** Each round gives one thing; no server needs so many. */
const mostRounds = 12;

/**
 * Starts a server, shows the one thing for which its container is too strict, writes it when the person agrees, and starts it
 * again, until it works. Gives whether it does.
 */
export const relaxServerCommand: Command<boolean> = {
  id: commands.relaxServer,
  needsTrust: true,
  run: async (services, argument) => {
    for (let round = 1; round <= mostRounds; round++) {
      const found = await serverOf(services, argument);
      if (!found.ok) {
        return found;
      }
      const report = await tryOut(services, found.value);
      if (!report.ok) {
        return report;
      }
      const { state } = report.value;
      if (state.kind !== 'failed') {
        services.messages.done(vscode.l10n.t('The server {0} works with what its profile gives it.', found.value.server.name));
        return ok(true);
      }
      if (state.problem.relaxation === undefined) {
        services.messages.problem(state.problem, remedyButtons(found.value.entry, report.value));
        return ok(false);
      }
      const written = await offer(services, found.value, state.problem.relaxation, state.problem.detail);
      if (!written.ok || !written.value) {
        return written;
      }
    }
    return ok(false);
  },
};

async function tryOut({ profiles }: Services, { entry, server }: ServerOfProfile): Promise<Result<ServerReport>> {
  const title = vscode.l10n.t('Starting {0}', server.name);
  const answer = await vscode.window.withProgress({ location: { viewId: views.profiles }, title }, () => profiles.ask(entry, true));
  if (!answer.ok) {
    return answer;
  }
  const report = answer.value.find(({ name }) => name === server.name);
  return report === undefined ? fail(problems.serverNotInProfile(server.name, [], entry.file.path)) : ok(report);
}

/** False when the person does not want it. */
async function offer(
  services: Services,
  { entry, server }: ServerOfProfile,
  relaxation: Relaxation,
  detail: string | undefined,
): Promise<Result<boolean>> {
  if (server.kind !== 'image' || !mayEdit(services, entry)) {
    return ok(false);
  }
  const last = (detail ?? '').trim().split('\n').slice(-2);
  const { setting, value, why, risk, width } = relaxation;
  const agreed = await confirm(
    vscode.l10n.t('Give {0} "{1}: {2}"?', server.name, setting, String(value)),
    [
      why,
      width === 'wide' ? vscode.l10n.t('Wide: it makes the wall around the server weaker. {0}', risk) : risk,
      ...(last.join('') === '' ? [] : [vscode.l10n.t('Its last words: {0}', last.join(' ').slice(0, 300))]),
      vscode.l10n.t('It is written into {0}, and the server is started again.', vscode.workspace.asRelativePath(entry.file.path)),
    ],
    vscode.l10n.t('Write and Start Again'),
  );
  if (!agreed) {
    return ok(false);
  }
  const text = loadProfileEdits().relaxedText(entry.file, server, relaxation);
  const written = text.ok ? await writeProfile(services, entry, text.value) : text;
  return written.ok ? ok(true) : written;
}
