const settledSoonMs = 200;
/** What a configuration that cannot be read in this time would have said. */
const patienceInDoubtMs = 24_000;
const configReadMs = 2_000;

/** Resolves when the work is over, or the client will not wait any longer. `patienceMs` is asked only where the work takes a while. */
export async function inTime(work: Promise<unknown>, patienceMs: () => Promise<number>): Promise<void> {
  const from = performance.now();
  const timers: NodeJS.Timeout[] = [];
  const after = (ms: number): Promise<void> => new Promise((resolve) => void timers.push(setTimeout(resolve, ms).unref()));
  const patience = async (): Promise<void> => {
    // Where everything is known already nobody has to look how long the client waits.
    await after(settledSoonMs);
    const inDoubt = after(configReadMs).then(() => patienceInDoubtMs);
    const ms = await Promise.race([patienceMs().catch(() => patienceInDoubtMs), inDoubt]);
    await after(Math.max(0, ms - (performance.now() - from)));
  };
  try {
    await Promise.race([work, patience()]);
  } finally {
    timers.forEach(clearTimeout);
  }
}
