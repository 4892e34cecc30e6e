import { cpus, release, totalmem } from 'node:os';

/** What the figures depend on, and nothing that names the machine. */
export interface Machine {
  readonly cores: number;
  readonly memoryGb: number;
  readonly node: string;
  readonly kernel: string;
  readonly platform: string;
}

export function thisMachine(): Machine {
  return {
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    node: process.versions.node,
    // Behind the numbers stands who built it.
    kernel: /^[\d.]+/.exec(release())?.[0].replace(/\.$/, '') ?? release(),
    platform: `${process.platform} ${process.arch}`,
  };
}

export function describeMachine({ cores, memoryGb, node, kernel, platform }: Machine): string {
  return `${platform}, ${cores} cores, ${memoryGb} GB, kernel ${kernel}, Node ${node}`;
}
