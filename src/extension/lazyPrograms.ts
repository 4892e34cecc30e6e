import { join } from 'node:path';

import type * as ProfileFiles from '../node/profileFiles.ts';
import type * as LanguageClient from './languageClient.ts';

/*
 * Bundles of their own beside extension.cjs, loaded on first use: what they bring weighs
 * more than the rest of the extension.
 */

/** Brings the YAML reader. Needed with the first profile that is shown. */
export function loadProfileFiles(): typeof ProfileFiles {
  return require(join(__dirname, 'profileFiles.cjs')) as typeof ProfileFiles;
}

/** Brings vscode-languageclient. Needed with the first Codex configuration that is opened. */
export function loadLanguageClient(): typeof LanguageClient {
  return require(join(__dirname, 'languageClient.cjs')) as typeof LanguageClient;
}
