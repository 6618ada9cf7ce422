import t from "tap";
import { describeError } from "../../src/model/log.js";

t.test("an error is told by name, code and message, and by nothing else that it carries", (t) => {
  const error = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:9"), { code: "ECONNREFUSED", token: "secret" });
  t.same(describeError(error), { name: "Error", code: "ECONNREFUSED", message: "connect ECONNREFUSED 127.0.0.1:9" });
  t.same(describeError("text"), { name: "string", message: "not an Error" });
  t.same(describeError(new SyntaxError('Unexpected token in {"a":"eyJ"')), {
    name: "SyntaxError",
    message: "the answer is not what was expected",
  });
  t.end();
});

t.test("a message loses what could name a person or be part of a token, and what is too much", (t) => {
  const messages = [
    ["alice.b+c@example.com is blocked", "… is blocked"],
    ["no tenant for 0b7e8f0a-3f0f-4a3e-9f5e-9d1f5c0a7b11.", "no tenant for …."],
    [
      "1 validation error: Value 'eyJjdHkiOiJKV1QiLCJlbmMiOiJB.AbCdEfGhIjKlMnOpQrStUvWx' at 'refreshToken'",
      "1 validation error: Value '….…' at 'refreshToken'",
    ],
    ["Refresh Token has expired", "Refresh Token has expired"],
  ] as const;
  for (const [message, said] of messages) t.equal(describeError(new Error(message)).message, said);
  const cut = "eyJhbGciOiJSUzI1NiJ9.".repeat(100);
  t.ok(describeError(new Error(`${"x ".repeat(140)}${cut}`)).message.length <= 300);
  t.notMatch(describeError(new Error(`${"x ".repeat(590)}${cut}`)).message, "eyJ", "nor the beginning of one at the cut");
  t.end();
});
