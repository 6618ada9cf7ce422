/** The settings that say where a server listens. */
export interface ListenSettings {
  readonly host: string;
  readonly port: string;
}

interface SystemError extends NodeJS.ErrnoException {
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

/** Why a server cannot listen, in one line that begins with the setting to change. */
export function listenFault(error: unknown, settings: ListenSettings): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const { code, syscall, address, port, hostname } = error as SystemError;
  switch (code) {
    case "EADDRINUSE":
      return new Error(`${settings.port}: something listens on ${address}:${port} already; choose another port`, { cause: error });
    case "EACCES":
      return new Error(`${settings.port}: this process may not listen on port ${port} (EACCES)`, { cause: error });
    case "EADDRNOTAVAIL":
    case "EINVAL":
      return new Error(`${settings.host}: ${address} is no address of this machine (${code})`, { cause: error });
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new Error(`${settings.host}: the name ${hostname} leads to no address (${code})`, { cause: error });
    default:
      // What is no failure of the system's has nothing to do with where the server listens.
      if (syscall === undefined) return error;
      return new Error(`${settings.host}, ${settings.port}: ${error.message}`, { cause: error });
  }
}
