export function advise(): Promise<number> {
  return Promise.resolve(0);
}
