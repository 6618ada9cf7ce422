import { format, inspect } from "node:util";
import t from "tap";
import { describeError } from "../../src/model/log.js";
import { Secret } from "../../src/model/secret.js";

const VALUE = "eyJraWQiOiJzZWNyZXQifQ";

t.test("however a secret is printed, it says `present`; only reveal gives it away", (t) => {
  const secret = new Secret(VALUE);
  const printed = [
    String(secret),
    `${secret}`,
    JSON.stringify(secret),
    JSON.stringify({ deep: [{ secret }] }),
    inspect(secret, { showHidden: true, depth: 9 }),
    inspect({ deep: [{ secret }] }, { showHidden: true, depth: 9 }),
    format("%s %o %j %O", secret, secret, secret, secret),
    Object.entries(secret).join(),
    JSON.stringify(structuredClone({ ...secret })),
  ];
  for (const text of printed) t.notOk(text.includes(VALUE), text);
  t.equal(String(secret), "present");
  t.equal(JSON.stringify(secret), '"present"');
  t.equal(secret.reveal(), VALUE);
  t.end();
});

t.test("a log says of an error its name, code and message, and nothing the error carries", (t) => {
  const error = Object.assign(new TypeError("it broke"), { code: "ECONNRESET", token: VALUE, cause: VALUE });
  t.same(describeError(error), { name: "TypeError", code: "ECONNRESET", message: "it broke" });
  t.same(describeError(Object.assign(new Error("x"), { code: 5 })), { name: "Error", message: "x" });
  t.same(describeError(new SyntaxError(`Unexpected token in ${VALUE}`)), {
    name: "SyntaxError",
    message: "the answer is not what was expected",
  });
  t.equal(describeError(new Error("y ".repeat(500))).message.length, 300);
  for (const value of [VALUE, null, undefined, { token: VALUE }, 5]) t.notOk(JSON.stringify(describeError(value)).includes(VALUE));
  t.end();
});
