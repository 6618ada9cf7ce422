import { QueryClient } from "@tanstack/query-core";
import { isSignedIn, type SessionClient, SessionEndedError, type SessionRequestInit, type SessionState } from "cognito-bff/client";

const subOf = (state: SessionState) => (isSignedIn(state) ? state.session.user.sub : null);

/** The API's answer was an error. */
export class ApiError extends Error {
  readonly status: number;

  constructor({ status, statusText }: Response) {
    super(`${status} ${statusText}`);
    this.status = status;
  }
}

/** For queryFn and mutationFn: the JSON, or `SessionEndedError`, or `ApiError`. */
export function createCall(client: SessionClient) {
  return async (path: string, init?: SessionRequestInit): Promise<unknown> => {
    const answer = await client.fetch(path, init);
    if (answer.ok) return answer.json();
    // The client's fetch has done what can be done.
    throw (await client.recover(answer, { repeated: true })) ?? new ApiError(answer);
  };
}

/** Queries that are not tried again in vain, are fresh after a sign-in, and are nobody else's. */
export function createQueryClient(client: SessionClient): QueryClient {
  const isFinal = (error: unknown) => error instanceof SessionEndedError || (error instanceof ApiError && error.status < 500);
  const queries = new QueryClient({
    defaultOptions: { queries: { retry: (failures, error) => failures < 3 && !isFinal(error) } },
  });
  let sub = subOf(client.session());
  client.subscribe((state, previous) => {
    const now = subOf(state);
    const isOther = now !== null && sub !== null && now !== sub;
    if (isOther || state.status === "signed_out") queries.clear();
    // What waits for the sign-in goes on by itself.
    if (now !== null && !isSignedIn(previous)) void queries.invalidateQueries({}, { cancelRefetch: false });
    sub = now ?? sub;
  });
  return queries;
}
