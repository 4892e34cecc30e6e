/** What the kernel lets a process have. Bytes and CPUs; null is no limit. */
export interface CgroupLimits {
  readonly version: 1 | 2;
  readonly memory: number | null;
  readonly memoryAndSwap: number | null;
  readonly cpus: number | null;
  readonly pids: number | null;
}

const base = '/sys/fs/cgroup';

/** Files of either layout, as a process sees them in its own cgroup namespace. */
export const cgroupFiles = {
  v1: [
    'memory/memory.limit_in_bytes',
    'memory/memory.memsw.limit_in_bytes',
    'cpu/cpu.cfs_quota_us',
    'cpu/cpu.cfs_period_us',
    'pids/pids.max',
  ].map((name) => `${base}/${name}`),
  v2: ['memory.max', 'memory.swap.max', 'cpu.max', 'pids.max'].map((name) => `${base}/${name}`),
} as const;

/** Reads the limits in the layout that is there (kernel documentation, cgroup-v1 and cgroup-v2). */
export async function readCgroup(readText: (path: string) => Promise<string | undefined>): Promise<CgroupLimits> {
  const version = (await readText(cgroupFiles.v2[0] ?? '')) === undefined ? 1 : 2;
  const texts = await Promise.all(cgroupFiles[`v${version}`].map(readText));
  return version === 2 ? parseV2(texts) : parseV1(texts);
}

function parseV1([memory, memoryAndSwap, quota, period, pids]: readonly (string | undefined)[]): CgroupLimits {
  return { version: 1, memory: limit(memory), memoryAndSwap: limit(memoryAndSwap), cpus: share(quota, period), pids: limit(pids) };
}

/** Swap is counted apart here. */
function parseV2([memory, swap, cpu, pids]: readonly (string | undefined)[]): CgroupLimits {
  const [quota, period] = (cpu ?? 'max').trim().split(/\s+/);
  const [own, extra] = [limit(memory), limit(swap)];
  return {
    version: 2,
    memory: own,
    memoryAndSwap: own === null || extra === null ? null : own + extra,
    cpus: share(quota, period),
    pids: limit(pids),
  };
}

/** `max`, `-1`, and in v1 the largest page-aligned number of 63 bits mean no limit. */
function limit(text: string | undefined): number | null {
  const value = Number(text?.trim());
  return text === undefined || !Number.isFinite(value) || value < 0 || value > 2 ** 62 ? null : value;
}

function share(quota: string | undefined, period: string | undefined): number | null {
  const part = limit(quota);
  return part === null ? null : part / Number(period);
}
