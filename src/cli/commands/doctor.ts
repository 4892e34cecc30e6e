import type { Command } from 'commander';

import type { DoctorOptions } from '../doctor/doctor.ts';
import { formatOption } from '../options.ts';
import type { RunAction } from '../runAction.ts';

export function addDoctorCommand(program: Command, run: RunAction): void {
  program
    .command('doctor')
    .description('check step by step what tools need, and say what to mend; exit 0 all fine, 1 something is wrong, 2 could not run')
    .option('--report [file]', 'a text to attach to an issue, without secrets, names and paths of yours; "-" or nothing is stdout')
    .option('--no-project', 'leave out what lies in this folder')
    .addOption(formatOption())
    .action(
      run(async (options: DoctorOptions) => {
        // A bundle of its own, with the readers of profiles and the rules of the scan.
        const { doctor } = await import('../doctor/doctor.ts');
        return doctor(options);
      }),
    );
}
