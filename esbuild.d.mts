import type { BuildOptions, Metafile } from 'esbuild';

interface Program {
  readonly entry: string;
  readonly out: string;
  readonly options: BuildOptions;
}

export declare const programs: Readonly<
  Record<
    | 'wharf'
    | 'runtimeCheck'
    | 'shim'
    | 'gateway'
    | 'journal'
    | 'egress'
    | 'demoServer'
    | 'cli'
    | 'plugin'
    | 'doctor'
    | 'languageServer'
    | 'extension'
    | 'languageClient'
    | 'profileEdits'
    | 'packages'
    | 'profileSharing'
    | 'volumes'
    | 'profileVerbs'
    | 'catalogs'
    | 'imports'
    | 'shownLine'
    | 'provenance'
    | 'webview'
    | 'webviewStyle',
    Program
  >
>;
export declare function buildAll(outFolder?: string): Promise<Readonly<Record<string, Metafile>>>;
