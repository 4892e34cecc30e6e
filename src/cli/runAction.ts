/** Wraps a command's action, so that its exit code is kept. */
export type RunAction = <Args extends unknown[]>(action: (...args: Args) => Promise<number>) => (...args: Args) => Promise<void>;
