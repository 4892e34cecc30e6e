import { join } from 'node:path';

import type * as LanguageClient from './languageClient.ts';
import type * as ProfileEdits from './profileEdits.ts';
import type * as ShownLine from './shownLine.ts';

/*
 * Bundles of their own beside extension.cjs, loaded on first use: what they bring weighs
 * more than the rest of the extension.
 */

/** Brings the YAML reader. Needed with the first profile that is shown. */
export function loadProfileEdits(): typeof ProfileEdits {
  return require(join(__dirname, 'profileEdits.cjs')) as typeof ProfileEdits;
}

/** Brings the rules of the scan. Needed when somebody looks at what a server is. */
export function loadShownLine(): typeof ShownLine {
  return require(join(__dirname, 'shownLine.cjs')) as typeof ShownLine;
}

/** Brings vscode-languageclient. Needed with the first Codex configuration that is opened. */
export function loadLanguageClient(): typeof LanguageClient {
  return require(join(__dirname, 'languageClient.cjs')) as typeof LanguageClient;
}
