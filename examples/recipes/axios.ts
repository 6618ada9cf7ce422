import axios, { type AxiosInstance } from "axios";
import type { SessionClient } from "cognito-bff/client";

declare module "axios" {
  interface AxiosRequestConfig {
    /** This write may be sent again after a sign-in; as may those with an Idempotency-Key. */
    replay?: boolean;
    /** It has been. */
    repeated?: boolean;
  }
}

/** An axios whose calls outlive the end of the session. Where one cannot, it rejects with `SessionEndedError`. */
export function createApi(client: SessionClient, baseURL = "/api"): AxiosInstance {
  const api = axios.create({ baseURL, headers: { "x-bff-csrf": "1" } });
  api.interceptors.response.use(undefined, async (error: unknown) => {
    if (!axios.isAxiosError(error) || !error.response || !error.config) throw error;
    const { config, response } = error;
    const headers = { get: (name: string) => response.headers[name] };
    const verdict = await client.recover(
      { status: response.status, headers, data: response.data, url: api.getUri(config) },
      {
        method: config.method,
        replay: config.replay || config.headers.has("Idempotency-Key"),
        repeated: config.repeated,
        signal: config.signal as AbortSignal | undefined,
      },
    );
    if (verdict === null) throw error;
    if (verdict !== "retry") throw verdict;
    return api.request({ ...config, repeated: true });
  });
  return api;
}
