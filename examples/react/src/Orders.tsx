import { type FormEvent, useEffect, useState } from "react";
import { listOrders, type Order, placeOrder, wordsFor } from "./shop";

export function Orders() {
  const [orders, setOrders] = useState<readonly Order[]>([]);
  const [street, setStreet] = useState("");
  const [quantity, setQuantity] = useState(1);
  const [message, setMessage] = useState("");
  const [isBusy, setBusy] = useState(false);

  useEffect(() => {
    listOrders().then(setOrders, (error) => setMessage(wordsFor(error)));
  }, []);

  // onSubmit and not action: React empties the fields of a form whose action has run, be it in vain.
  async function order(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setMessage("");
    try {
      const { order_number } = await placeOrder({ items: [{ id: "coffee", quantity }], address: { street } });
      setMessage(`Ordered: ${order_number}`);
      setStreet("");
      setOrders(await listOrders());
    } catch (error) {
      setMessage(wordsFor(error));
    }
    setBusy(false);
  }

  return (
    <>
      <form onSubmit={order}>
        <label>
          Bags of coffee
          <input
            name="quantity"
            type="number"
            min="1"
            max="99"
            required
            value={quantity}
            onChange={({ target }) => setQuantity(target.valueAsNumber)}
          />
        </label>
        <label>
          Street and number
          <input name="street" autoComplete="street-address" required value={street} onChange={({ target }) => setStreet(target.value)} />
        </label>
        <button type="submit" disabled={isBusy}>
          Order
        </button>
      </form>
      <output>{message}</output>
      <ul>
        {orders.map(({ order_number, items, address }) => (
          <li key={order_number}>
            {order_number}: {items[0]?.quantity} × coffee, {address.street}
          </li>
        ))}
      </ul>
    </>
  );
}
