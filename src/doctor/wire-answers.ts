import { AsyncLocalStorage } from "node:async_hooks";
import type { CognitoIdentityProvider } from "@aws-sdk/client-cognito-identity-provider";
import { readAtMost } from "../cognito/bounded-body.js";
import type { Clock } from "../model/clock.js";

type Members = Readonly<Record<string, unknown>>;

/** What answers of the API said on the wire, beside what the SDK makes of them. */
export interface WireAnswers {
  /** Asks, and gives the members of the answer, those included that the SDK does not know and leaves out; null: it was no JSON structure. */
  asked(ask: () => Promise<unknown>): Promise<Members | null>;
  /** How far this machine's clock is ahead of AWS's, by the newest answer's Date; null while there was none. */
  clockAheadMs(): number | null;
}

// A client with a hundred callback URLs of 1,024 characters each is a tenth of this.
const LONGEST_BODY = 1_048_576;

function isStructure(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseStructure(text: string): Members | null {
  try {
    const value: unknown = JSON.parse(text);
    return isStructure(value) ? value : null;
  } catch {
    return null;
  }
}

function isBody(value: unknown): value is AsyncIterable<Buffer> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

function dateMsOf(headers: unknown): number {
  const date = isStructure(headers) ? headers["date"] : undefined;
  return typeof date === "string" ? Date.parse(date) : Number.NaN;
}

/**
 * Reads along: the SDK's deserializer drops members that its release does not know, so that a program built on its output could not see that an
 * update would lose them.
 */
export function readWireAnswers(sdk: CognitoIdentityProvider, clock: Clock): WireAnswers {
  const calls = new AsyncLocalStorage<{ members: Members | null }>();
  let aheadMs: number | null = null;
  sdk.middlewareStack.add(
    (next) => async (args) => {
      const askedAtMs = clock.now();
      const result = await next(args);
      const { response } = result;
      if (!isStructure(response)) return result;
      const dateMs = dateMsOf(response["headers"]);
      // A Date has whole seconds, and was written at some moment between question and answer: the middle of both is the best guess.
      if (!Number.isNaN(dateMs)) aheadMs = Math.round((askedAtMs + clock.now()) / 2 - (dateMs + 500));
      const call = calls.getStore();
      const { body } = response;
      if (call === undefined || !isBody(body)) return result;
      const bytes = await readAtMost(LONGEST_BODY, body);
      if (bytes === null) throw new Error("the answer is longer than any of this API's should be");
      call.members = parseStructure(bytes.toString("utf8"));
      return { ...result, response: { ...response, body: bytes } };
    },
    // Below the SDK's own deserializer, which takes bytes as gladly as a stream.
    { name: "wireAnswers", step: "deserialize", priority: "low" },
  );
  return {
    async asked(ask) {
      const call: { members: Members | null } = { members: null };
      await calls.run(call, ask);
      return call.members;
    },
    clockAheadMs: () => aheadMs,
  };
}
