import { greeting } from "./greeting.js";

const element = (id) => document.getElementById(id);

element("greeting").textContent = greeting;
element("count").addEventListener("click", ({ target }) => {
  target.textContent = Number(target.textContent) + 1;
});

const answer = await fetch("/auth/session");
if (answer.ok) element("account").textContent = (await answer.json()).user.email;

import.meta.hot?.accept("./greeting.js", (changed) => {
  element("greeting").textContent = changed.greeting;
});
