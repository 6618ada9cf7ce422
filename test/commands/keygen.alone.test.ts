import t from "tap";
import { keygen } from "../../src/commands/keygen.js";
import { configWith } from "../config/valid-environment.js";

t.test("the first line is a key and nothing else", async (t) => {
  const key = keygen().text.split("\n", 1)[0] ?? "";
  t.equal(configWith({ SESSION_KEYS: key }).sessionKeys[0]?.reveal().toString("base64"), key);
});

t.test("every key is new", async (t) => {
  t.not(keygen().text.split("\n", 1)[0], keygen().text.split("\n", 1)[0]);
});

t.test("the rest says in what order to roll it out: known everywhere, then sealing, then alone", async (t) => {
  const { text } = keygen();
  const places = ["SESSION_KEYS=OLD,NEW", "SESSION_KEYS=NEW,OLD", "SESSION_KEYS=NEW "].map((step) => text.indexOf(step));
  t.ok(places.every((place) => place > 0));
  t.same(
    places,
    [...places].sort((a, b) => a - b),
  );
});
