import { SessionEndedError } from "cognito-bff-client";
import { client } from "./session";

export interface Order {
  readonly order_number: string;
  readonly items: readonly { readonly id: string; readonly quantity: number }[];
  readonly address: { readonly street: string };
}

export type NewOrder = Pick<Order, "items" | "address">;

/** The answer's JSON. Rejects with `SessionEndedError` where the person chose not to sign in again: the call never reached the API then. */
async function call<T>(...[path, init]: Parameters<typeof client.fetch>): Promise<T> {
  const answer = await client.fetch(path, init);
  if (answer.ok) return answer.json();
  // client.fetch has done what can be done; this only names what it was.
  throw (await client.recover(answer, { repeated: true })) ?? new Error(`The shop answered ${answer.status}. Please try again.`);
}

/** A read: it waits for the sign-in by itself. */
export async function listOrders(): Promise<readonly Order[]> {
  const { orders } = await call<{ readonly orders: readonly Order[] }>("/api/orders");
  return orders;
}

/** A write: it waits because it says so. It has not been forwarded when it waits, so that it cannot be placed twice. */
export function placeOrder(order: NewOrder): Promise<Order> {
  const headers = { "content-type": "application/json" };
  return call("/api/orders", { method: "POST", headers, body: JSON.stringify(order), replay: true });
}

/** What went wrong, in words for people. */
export function wordsFor(error: unknown): string {
  if (error instanceof SessionEndedError) return "Not sent: your session has ended. What you typed is still here.";
  return error instanceof Error ? error.message : "Something went wrong.";
}
