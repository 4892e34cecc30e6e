import * as vscode from 'vscode';

import { defaultLimits } from '../../core/container/spec.ts';
import { commandLine } from '../../core/profile/commandLine.ts';
import { grantsOf, isWide, networkWords } from '../../core/profile/grantWords.ts';
import type { ProfileServer } from '../../core/profile/profile.ts';
import { remoteHost } from '../../core/profile/remoteAddress.ts';
import { shownNetwork } from '../../core/profile/shownNetwork.ts';
import type { ServerReport } from '../../shared/servers.ts';
import { sharingOf, stateOf } from './describe.ts';
import { appendLine, appendPlain } from './markdown.ts';
import type { ServerMarks } from './serverMarks.ts';

/** How much of a server's own last words a tooltip has room for. */
const mostLines = 12;
/** A tooltip with more is read by nobody. */
const mostWarnings = 5;

/** `shown` takes out what looks like a secret: a file may hold what does not belong there. */
export function serverTooltip(
  server: ProfileServer,
  report: ServerReport | undefined,
  marks: ServerMarks,
  shown: (line: string) => string,
): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.appendMarkdown('**');
  appendPlain(text, server.name);
  text.appendMarkdown('** — ');
  appendPlain(text, stateOf(report));
  text.appendMarkdown('\n\n');
  appendMarks(text, marks);
  appendServer(text, server, shown);
  grantsOf(server)
    .filter(({ kind }) => kind !== 'network')
    .forEach(({ words, isWide }) => appendLine(text, isWide ? vscode.l10n.t('⚠ Granted') : vscode.l10n.t('Granted'), shown(words)));
  const sharing = sharingOf(server);
  if (sharing !== undefined) {
    appendLine(text, vscode.l10n.t('Running copy'), sharing);
  }
  if (report?.state.kind === 'failed') {
    const { problem } = report.state;
    text.appendMarkdown('\n\n---\n\n');
    appendPlain(text, `${problem.message} ${problem.next}`);
    if (problem.detail !== undefined) {
      text.appendCodeblock(problem.detail.trim().split('\n').slice(-mostLines).join('\n'));
    }
  }
  for (const { message, next } of (report?.warnings ?? []).slice(0, mostWarnings)) {
    text.appendMarkdown('\n\n---\n\n⚠ ');
    appendPlain(text, `${message} ${next}`);
  }
  return text;
}

function appendMarks(text: vscode.MarkdownString, { missing, isLocked, isImageChanged }: ServerMarks): void {
  const sentences = [
    ...(isImageChanged
      ? [vscode.l10n.t('Its image is another one than when you allowed the profile, so it gets nothing of what you granted.')]
      : []),
    ...(missing.length === 0 ? [] : [vscode.l10n.t('Secrets that it wants and that are not set: {0}.', missing.join(', '))]),
    ...(isLocked ? [vscode.l10n.t('The vault that has its secrets is locked.')] : []),
  ];
  for (const sentence of sentences) {
    text.appendMarkdown('**');
    appendPlain(text, sentence);
    text.appendMarkdown('**\n\n');
  }
}

function appendServer(text: vscode.MarkdownString, server: ProfileServer, shown: (line: string) => string): void {
  switch (server.kind) {
    case 'native':
      text.appendMarkdown('**');
      appendPlain(text, vscode.l10n.t('Runs as you, outside any container, with access to all your files.'));
      text.appendMarkdown('**\n\n');
      appendLine(text, vscode.l10n.t('Command'), shown(commandLine([server.command, ...server.args])));
      appendLine(text, vscode.l10n.t('Folder'), server.cwd ?? vscode.l10n.t('your home'));
      return;
    case 'remote':
      appendPlain(text, vscode.l10n.t('What its tools are given is sent to {0}.', remoteHost(server.url)));
      text.appendMarkdown('\n\n');
      appendLine(text, vscode.l10n.t('Address'), shown(server.url));
      return;
    case 'image': {
      const { cpus = defaultLimits.cpus, memory = defaultLimits.memory } = server.limits;
      appendLine(text, vscode.l10n.t('Image'), server.image);
      appendLine(text, isWide(shownNetwork(server)) ? vscode.l10n.t('⚠ Network') : vscode.l10n.t('Network'), networkWords(server));
      appendLine(
        text,
        vscode.l10n.t('Limits'),
        vscode.l10n.t('{0} CPU, {1} memory, {2} processes', cpus, gigabytes(memory), defaultLimits.pids),
      );
      if (server.isolation.mounts.length === 0 && !server.isolation.writable) {
        appendLine(text, vscode.l10n.t('Files'), vscode.l10n.t('none of this computer; read-only root'));
      }
      return;
    }
    case 'poci':
      appendPlain(text, vscode.l10n.t('Each call runs a container of its own, which is gone afterwards.'));
      text.appendMarkdown('\n\n');
      appendLine(text, isWide(shownNetwork(server)) ? vscode.l10n.t('⚠ Network') : vscode.l10n.t('Network'), networkWords(server));
      return;
    case 'builtIn':
      appendPlain(text, vscode.l10n.t('Ships with Wharf. Runs as a child process, reads no file and opens no socket.'));
      text.appendMarkdown('\n\n');
  }
}

function gigabytes(bytes: number): string {
  const gigabyte = 1024 ** 3;
  return bytes >= gigabyte ? `${Number((bytes / gigabyte).toFixed(1))} GB` : `${Math.round(bytes / 1024 ** 2)} MB`;
}
