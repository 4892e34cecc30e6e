import { writeFileSync } from 'node:fs';

/**
 * Keeps the memory of a process that holds secrets out of files and debuggers, as far as that goes without native code:
 * a crash writes no memory into a core file (core(5), coredump_filter; what it starts inherits that), and SIGUSR1, with which
 * any program of the same user makes Node listen for a debugger, does nothing. Whoever asks for a debugger on the command line gets it.
 */
export function hardenProcess(): void {
  if (process.platform === 'linux') {
    try {
      writeFileSync('/proc/self/coredump_filter', '0');
    } catch {
      // A container may have no such file; then the engine decides about core files.
    }
  }
  if (process.execArgv.some((argument) => argument.startsWith('--inspect'))) {
    return;
  }
  // With a handler of its own Node does not start the debugger. On Windows the signal does not exist.
  if (process.platform !== 'win32') {
    process.on('SIGUSR1', () => undefined);
  }
  try {
    // The signal may have come before.
    const inspector = process.getBuiltinModule('node:inspector');
    if (inspector.url() !== undefined) {
      inspector.close();
    }
  } catch {
    // A Node without a debugger.
  }
}
