import * as vscode from 'vscode';

import type { ProfileServer } from '../../core/profile/profile.ts';
import { shownNetwork } from '../../core/profile/shownNetwork.ts';
import { parseSecretReference } from '../../core/secrets/reference.ts';
import type { ServerReport } from '../../shared/servers.ts';
import type { ProfileEntry } from '../profiles.ts';

/** What is worth a mark on a server's row, beside its state. */
export interface ServerMarks {
  /** Secrets that it wants and the vault does not have. */
  readonly missing: readonly string[];
  /** Its secrets cannot be had before the vault is unlocked. */
  readonly isLocked: boolean;
  /** Its image is another one than when its user allowed the profile. */
  readonly isImageChanged: boolean;
  /** How many hosts that it reached wait to be pinned. */
  readonly learned: number;
  /** How many of its tools the lock of the profile holds back. */
  readonly withheld: number;
}

export function marksOf(entry: ProfileEntry, server: ProfileServer, report: ServerReport | undefined): ServerMarks {
  return {
    missing: report?.secrets?.missing ?? [],
    isLocked: report?.secrets?.isLocked === true,
    isImageChanged: entry.file.changedImages.includes(server.name),
    learned: report?.learnedHosts ?? 0,
    withheld: report?.withheld?.length ?? 0,
  };
}

/** Each mark in a few words. */
export function markWords({ missing, isLocked, isImageChanged, learned, withheld }: ServerMarks): readonly string[] {
  return [
    ...(isImageChanged ? [vscode.l10n.t('image changed')] : []),
    ...(missing.length === 0 ? [] : [missingWords(missing.length)]),
    ...(isLocked && missing.length === 0 ? [vscode.l10n.t('vault locked')] : []),
    ...(withheld === 0 ? [] : [withheldWords(withheld)]),
    ...(learned === 0 ? [] : [learned === 1 ? vscode.l10n.t('1 host to pin') : vscode.l10n.t('{0} hosts to pin', learned)]),
  ];
}

function withheldWords(count: number): string {
  return count === 1 ? vscode.l10n.t('1 tool not as locked') : vscode.l10n.t('{0} tools not as locked', count);
}

function missingWords(count: number): string {
  return count === 1 ? vscode.l10n.t('1 secret missing') : vscode.l10n.t('{0} secrets missing', count);
}

/** One secret of the vault that a server wants. */
export interface WantedSecret {
  readonly name: string;
  /** The variable that the server reads it from. */
  readonly variable: string;
}

/** What a server wants from the vault; each name once. */
export function wantedSecrets(server: ProfileServer): readonly WantedSecret[] {
  const uses = server.kind === 'builtIn' ? [] : server.secrets;
  const wanted = uses.flatMap(({ reference, env }) => {
    const parsed = parseSecretReference(reference);
    return parsed?.kind === 'vault' ? [[parsed.name, { name: parsed.name, variable: env }] as const] : [];
  });
  return [...new Map(wanted).values()];
}

const scheme = 'wharf-server';

/** Names a row for its decoration; what is to be shown is in the address, so that a change of it is another address. */
export function decorationUri(path: string, server: ProfileServer, marks: ServerMarks): vscode.Uri {
  const kind = server.kind === 'image' || server.kind === 'poci' ? shownNetwork(server).kind : server.kind;
  const query = new URLSearchParams({ missing: String(marks.missing.length), kind });
  return vscode.Uri.from({ scheme, path: `/${encodeURIComponent(path)}/${server.name}`, query: query.toString() });
}

/** Puts a letter behind the rows of servers that reach more than they name, and colours those that miss a secret. */
export const serverDecorations: vscode.FileDecorationProvider = {
  provideFileDecoration(uri) {
    if (uri.scheme !== scheme) {
      return undefined;
    }
    const query = new URLSearchParams(uri.query);
    const missing = Number(query.get('missing'));
    const reach = reachBadge(query.get('kind'));
    const tooltip = [...(missing > 0 ? [missingWords(missing)] : []), ...(reach === undefined ? [] : [reach.tooltip])].join('; ');
    if (tooltip === '') {
      return undefined;
    }
    return {
      tooltip,
      ...(reach === undefined ? {} : { badge: reach.badge }),
      ...(missing > 0 ? { color: new vscode.ThemeColor('list.warningForeground') } : {}),
    };
  },
};

function reachBadge(kind: string | null): { readonly badge: string; readonly tooltip: string } | undefined {
  switch (kind) {
    case 'native':
      return { badge: '!', tooltip: vscode.l10n.t('Runs as you, outside any container') };
    case 'open':
      return { badge: 'O', tooltip: vscode.l10n.t('Open network: it reaches every host') };
    case 'learn':
      return { badge: 'O', tooltip: vscode.l10n.t('Open network, while its hosts are learned') };
    default:
      return undefined;
  }
}
