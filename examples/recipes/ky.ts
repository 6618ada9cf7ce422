import { type SessionClient, SessionEndedError } from "cognito-bff/client";
import ky, { type KyInstance } from "ky";

/** A ky whose calls outlive the end of the session. Where one cannot, it throws `SessionEndedError`. */
export function createApi(client: SessionClient): KyInstance {
  return ky.create({
    fetch: client.fetch,
    // ky's timeout would run while the person signs in.
    timeout: false,
    hooks: {
      afterResponse: [
        async (_request, _options, answer) => {
          // The client's fetch has done what can be done.
          const ended = await client.recover(answer, { repeated: true });
          if (ended instanceof SessionEndedError) throw ended;
        },
      ],
    },
    // ky takes an error that it does not know for the network's.
    retry: { shouldRetry: ({ error }) => (error instanceof SessionEndedError ? false : undefined) },
  });
}
