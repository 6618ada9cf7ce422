/** Whether a host, as URL and configuration write it, is this machine's own: RFC 6761 section 6.3, RFC 1122 section 3.2.1.3, RFC 4291. */
export function isLoopback(hostname: string): boolean {
  const name = hostname.toLowerCase();
  return name === "localhost" || name.endsWith(".localhost") || name === "[::1]" || name === "::1" || /^127(?:\.\d{1,3}){3}$/.test(name);
}

/** Whether a URL is plain http to this machine: what answers there is an emulator, a development server or a test. */
export function isLoopbackHttp(url: string | null): boolean {
  if (url === null) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === "http:" && isLoopback(hostname);
}

/** The same by a literal address, which leads nowhere else: a name could, and be it "localhost". */
export function isLoopbackAddressHttp(url: string | null): boolean {
  if (url === null) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === "http:" && (hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname));
}
