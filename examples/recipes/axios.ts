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
    const { status, data } = response;
    const headers = { get: (name: string) => response.headers[name] };
    const sent = new URL(api.getUri(config), globalThis.location?.href);
    // XMLHttpRequest tells where the answer came from.
    const { responseURL: url = sent.href } = response.request as { readonly responseURL?: string };
    const verdict = await client.recover(
      { status, headers, data, url, redirected: url !== sent.href },
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
