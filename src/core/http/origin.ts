const pattern = /^(https?):\/\/(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::([1-9]\d{0,4}))?$/;

/** Whether a text is an origin as browsers write it, such as `https://app.example:8443`: in small letters, without a default port. */
export function isOrigin(text: string): boolean {
  const [, scheme, port] = pattern.exec(text) ?? [];
  return scheme !== undefined && port !== (scheme === 'https' ? '443' : '80') && Number(port ?? 1) <= 65_535;
}
