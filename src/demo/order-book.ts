import { RequestError } from "./request-error.js";

/** Whose order it is. */
interface Customer {
  readonly sub: string;
  readonly email?: string;
}

interface Order {
  readonly items: readonly { readonly id: string; readonly quantity: number }[];
  readonly address: Readonly<Record<string, string>>;
}

export interface PlacedOrder extends Order {
  readonly order_number: string;
  readonly ordered_by: string;
}

/** The shop's orders, in memory. */
export interface OrderBook {
  /** Of a request's body. Throws RequestError where that is no order. */
  place(customer: Customer, text: string): PlacedOrder;
  /** A person's own, the newest first. */
  of(customer: Customer): readonly PlacedOrder[];
}

/** Of everybody's together; what is older is forgotten. */
const MOST_KEPT = 100;
const LONGEST_ORDER = 10_000;
const FIRST_NUMBER = 1001;

export function createOrderBook(): OrderBook {
  let kept: readonly { readonly sub: string; readonly order: PlacedOrder }[] = [];
  let next = FIRST_NUMBER;
  return {
    place({ sub, email }, text) {
      const order = { order_number: `FC-${next}`, ordered_by: email ?? sub, ...parseOrder(text) };
      next += 1;
      kept = [{ sub, order }, ...kept].slice(0, MOST_KEPT);
      return order;
    },
    of: ({ sub }) => kept.filter((one) => one.sub === sub).map(({ order }) => order),
  };
}

function parseOrder(text: string): Order {
  if (text.length > LONGEST_ORDER) throw new RequestError(413, "payload_too_large", "the order is too long");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RequestError(400, "bad_request", "the order is not JSON");
  }
  if (!isRecord(value) || !Array.isArray(value["items"]) || value["items"].length === 0 || !isRecord(value["address"])) {
    throw new RequestError(400, "bad_request", "an order needs items and an address");
  }
  const items = value["items"].map((item: unknown) => {
    const { id, quantity } = isRecord(item) ? item : {};
    if (typeof id !== "string" || typeof quantity !== "number" || !Number.isInteger(quantity) || quantity < 1) {
      throw new RequestError(400, "bad_request", "every item needs an id and a quantity of at least 1");
    }
    return { id, quantity };
  });
  const address = Object.entries(value["address"]).map(([name, line]): [string, string] => {
    if (typeof line !== "string") throw new RequestError(400, "bad_request", "every line of the address is text");
    return [name, line];
  });
  return { items, address: Object.fromEntries(address) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
