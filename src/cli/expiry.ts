const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };
const datePattern = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2}))?$/;
/** Ten years: beyond it somebody mistyped. */
const longestMs = 3_660 * 86_400_000;

/** When something ends, in milliseconds since 1970: `30d` from now, or a date. undefined where it is none, over, or too far away. */
export function expiryOf(text: string, now: number): number | undefined {
  const [, amount, unit] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  const at = amount === undefined ? (datePattern.test(text) ? Date.parse(text) : NaN) : now + Number(amount) * (units[unit ?? ''] ?? NaN);
  return at > now && at <= now + longestMs ? at : undefined;
}
