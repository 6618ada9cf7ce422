import { isIP, connect as netConnect, type Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";
import type { Clock } from "../model/clock.js";

export type TunnelCallback = (...result: [error: Error, socket: null] | [error: null, socket: Socket]) => void;

const HEAD_END = "\r\n\r\n";
const LONGEST_HEAD_BYTES = 16 * 1024;

/** How long connecting may take. */
export interface ConnectLimit {
  readonly clock: Pick<Clock, "deadline">;
  readonly timeoutMs: number;
}

/**
 * Opens a connection to a host through an HTTP proxy (CONNECT, RFC 9110 section 9.3.6). Its errors never name the proxy's credentials.
 *
 * @param host without the brackets of an IPv6 address.
 */
export function openProxyTunnel(proxy: URL, host: string, port: number, limit: ConnectLimit, callback: TunnelCallback): void {
  const address = proxy.hostname.replace(/^\[|\]$/g, "");
  const secure = proxy.protocol === "https:";
  const to = { host: address, port: Number(proxy.port || (secure ? 443 : 80)) };
  const socket = secure
    ? tlsConnect({ ...to, servername: isIP(address) === 0 ? address : "", ALPNProtocols: ["http/1.1"] })
    : netConnect(to);
  let head = Buffer.alloc(0);

  const settle = (error: Error | null) => {
    cancel();
    socket.off("data", onData).off("error", onError).off("end", onEnd);
    if (error === null) {
      callback(null, socket);
      return;
    }
    socket.on("error", () => {}).destroy();
    callback(error, null);
  };
  // By its code it is judged as if the host itself could not be reached; whoever reads it has to look at the proxy.
  const onError = ({ message, code = "" }: NodeJS.ErrnoException) => settle(failure(`cannot be reached: ${message.trim() || code}`, code));
  const onEnd = () => settle(failure("closed the connection", "ECONNRESET"));
  const onData = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf(HEAD_END);
    if (end === -1) {
      if (head.length > LONGEST_HEAD_BYTES) settle(failure("answered with no HTTP", "ERR_PROXY_REFUSED"));
      return;
    }
    const [, status = "with no HTTP"] = /^HTTP\/1\.[01] (\d{3})/.exec(head.toString("latin1")) ?? [];
    if (!status.startsWith("2")) {
      settle(failure(`answered ${status}`, status.startsWith("5") ? "ERR_PROXY_FAILED" : "ERR_PROXY_REFUSED"));
      return;
    }
    socket.pause();
    const rest = head.subarray(end + HEAD_END.length);
    if (rest.length > 0) socket.unshift(rest);
    settle(null);
  };
  const cancel = limit.clock.deadline(limit.timeoutMs, () => settle(failure("gave no tunnel in time", "ETIMEDOUT")));

  socket.setNoDelay(true).setKeepAlive(true, 60_000);
  socket.on("data", onData).on("error", onError).on("end", onEnd);
  socket.once(secure ? "secureConnect" : "connect", () => {
    const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
    const credentials = proxy.username === "" && proxy.password === "" ? "" : `Proxy-Authorization: Basic ${basic(proxy)}\r\n`;
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${credentials}\r\n`);
  });
}

/** RFC 7617: user and password as they are, not as a URL writes them. */
function basic({ username, password }: URL): string {
  return Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
}

function failure(what: string, code: string): Error {
  return Object.assign(new Error(`the proxy of HTTPS_PROXY ${what}`), { code });
}
