const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Whether a Host header names this machine's loopback with this port. A page of another site can reach loopback under a name
 * of its own that it lets point there (DNS rebinding); the header then names that site.
 */
export function namesOwnHost(host: string | null | undefined, port: number): boolean {
  const [, name = '', given] = /^([^:]+|\[[0-9a-f:]+\])(?::(\d{1,5}))?$/i.exec(host ?? '') ?? [];
  return loopbackNames.has(name.toLowerCase()) && Number(given ?? 80) === port;
}
