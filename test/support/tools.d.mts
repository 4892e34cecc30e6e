/** Where the tools of this lock file are, or will be. */
export function toolsCacheFolder(): Promise<string>;
/** The folder whose node_modules holds the locked packages; installed first when it is not there. */
export function toolsFolder(): Promise<string>;
/** The folder of one installed package. */
export function serverPackage(name: string): Promise<string>;
/** The native Codex program itself, without its Node launcher. */
export function codexBinary(): Promise<string>;
/** The script that starts the VS Code server, with all that it needs beside it. Run it with Node 24. */
export function codeServerMain(): Promise<string>;
/** Installs everything that is missing. Gives the tools folder. */
export function installTools(): Promise<string>;
