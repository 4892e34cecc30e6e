/** The JSON object that a response is, without using the response up; an empty one for everything else. */
export async function peekObject(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const value: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};
}

/** The texts of a list; none where it is no list. What comes from elsewhere may be anything, whatever its type says. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}
