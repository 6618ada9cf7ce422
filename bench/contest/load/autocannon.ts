import autocannon from "autocannon";
import { ANSWER_WITHIN_SECONDS, checked, type Load, type LoadResult } from "./load.js";

export async function sendWithAutocannon({ url, requests, connections, seconds }: Load): Promise<LoadResult> {
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    timeout: ANSWER_WITHIN_SECONDS,
    requests: requests.map(({ method, path, headers, bodyBytes }) => ({
      method,
      path,
      headers,
      ...(bodyBytes === 0 ? {} : { body: "x".repeat(bodyBytes) }),
    })),
  });
  const { non2xx, errors, timeouts, duration } = result;
  return checked({ answered: result["2xx"], failed: non2xx + errors + timeouts, seconds: duration });
}
