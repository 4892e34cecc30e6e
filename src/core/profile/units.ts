const durations: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const sizes: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kb: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
};

/** `2s`, `5m`, `1h`, `250ms` in whole milliseconds; a bare number is seconds. undefined when it is none. */
export function parseDuration(value: unknown): number | undefined {
  return parse(value, { ...durations, '': 1000 });
}

/** A day: Node's timers hold no more than 24 of them and fire at once beyond. */
const longestTimeoutMs = 24 * 3_600_000;

/** A duration of at most 24 hours. */
export function parseTimeout(value: unknown): number | undefined {
  const ms = parseDuration(value);
  return ms === undefined || ms > longestTimeoutMs ? undefined : ms;
}

/** `512k`, `8m`, in whole bytes; a bare number is bytes. undefined when it is none. */
export function parseSize(value: unknown): number | undefined {
  return parse(value, sizes);
}

/** Docker gives a container no less. */
const leastMemory = 6 * 1024 ** 2;

/** `512m`, `2Gb`, `2gb`, in whole bytes; a bare number is bytes. undefined when it is none, or less than a container can have. */
export function parseMemory(value: unknown): number | undefined {
  const bytes = parseSize(value);
  return bytes === undefined || bytes < leastMemory ? undefined : bytes;
}

function parse(value: unknown, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(
    typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '',
  );
  const unit = units[(match?.[2] ?? '?').toLowerCase()];
  const amount = Number(match?.[1]);
  return unit === undefined || !(amount > 0) ? undefined : Math.round(amount * unit);
}

/** A number of processors above 0; undefined for anything else. */
export function parseCpus(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : undefined;
}
