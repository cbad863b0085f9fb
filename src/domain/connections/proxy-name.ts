/** A proxy's address for people: `http://proxy.example:8080`, without user and password. */
export function proxyName(proxyUrl: string): string {
  const { protocol, host } = new URL(proxyUrl);
  return `${protocol}//${host}`;
}
