/**
 * Ports that no browser connects to, whatever a page asks for: "bad ports" of the Fetch standard
 * (https://fetch.spec.whatwg.org/#port-blocking). Of those, the ones that need no privilege, without X11's and NFS's own.
 * Programs, curl and Prometheus among them, reach them as any other.
 */
export const portsClosedToPages: readonly number[] = [
  ...[6665, 6666, 6667, 6668, 6669, 6679, 6697, 6566, 10080],
  ...[4190, 4045, 3659, 5060, 5061, 1719, 1720, 1723],
];
