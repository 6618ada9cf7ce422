/** What is being bought. Prices are cents. */
const ITEMS = [
  {
    id: "notebook",
    name: "Linen notebook",
    about: "A5, ruled, 160 pages",
    quantity: 2,
    price: 1450,
    picture: "M7 4h17v24H7zM11 4v24M15 10h6M15 14h6",
  },
  {
    id: "ink",
    name: "Blue-black ink",
    about: "Bottle, 50 ml",
    quantity: 1,
    price: 980,
    picture: "M12 4h8v5h-8zM12 9c-4 2-6 4-6 8v11h20V17c0-4-2-6-6-8M6 19h20",
  },
  { id: "envelopes", name: "Envelopes", about: "C6, laid paper, 25", quantity: 1, price: 720, picture: "M4 8h24v17H4zM4 8l12 10L28 8" },
];
const DELIVERY = 390;

const money = new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" });

/** What an order says of the basket. */
export const orderItems = ITEMS.map(({ id, quantity }) => ({ id, quantity }));

export function showBasket() {
  const total = ITEMS.reduce((sum, { price, quantity }) => sum + price * quantity, DELIVERY);
  document.querySelector("#basket-items").replaceChildren(...ITEMS.map(row));
  document.querySelector("#basket-total").textContent = money.format(total / 100);
}

function row({ name, about, quantity, price, picture }) {
  const title = text("span", "item-name", name);
  if (quantity > 1) title.append(" ", text("span", "item-quantity", `× ${quantity}`));
  const item = document.createElement("li");
  item.append(
    drawing(picture),
    title,
    text("span", "item-about", about),
    text("span", "item-price", money.format((price * quantity) / 100)),
  );
  return item;
}

function text(tag, className, content) {
  return Object.assign(document.createElement(tag), { className, textContent: content });
}

function drawing(lines) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 32 32");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", lines);
  svg.append(path);
  return svg;
}
