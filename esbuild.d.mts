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
    | 'egress'
    | 'demoServer'
    | 'cli'
    | 'languageServer'
    | 'extension'
    | 'languageClient'
    | 'profileEdits'
    | 'shownLine'
    | 'provenance'
    | 'webview'
    | 'webviewStyle',
    Program
  >
>;
export declare function buildAll(outFolder?: string): Promise<Readonly<Record<string, Metafile>>>;
