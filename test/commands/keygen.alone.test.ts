import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import t from "tap";
import { keygen } from "../../src/commands/keygen.js";
import { configWith } from "../config/valid-environment.js";

const MAIN = fileURLToPath(new URL("../../src/main.js", import.meta.url));

t.test("standard output is a key and nothing else, so that a file that takes it is a SESSION_KEYS_FILE", async (t) => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN, "keygen"]);
  t.match(stdout, /^[A-Za-z0-9+/]{43}=\n$/);
  t.equal(configWith({ SESSION_KEYS: stdout }).sessionKeys[0]?.reveal().toString("base64"), stdout.trim());
  t.match(stderr, "SESSION_KEYS=OLD,NEW");
  t.notMatch(stderr, stdout.trim());
});

t.test("every key is new", async (t) => {
  t.not(keygen().out, keygen().out);
});

t.test("standard error says in what order to roll it out: known everywhere, then sealing, then alone", async (t) => {
  const { err } = keygen();
  const places = ["SESSION_KEYS=OLD,NEW", "SESSION_KEYS=NEW,OLD", "SESSION_KEYS=NEW "].map((step) => err.indexOf(step));
  t.ok(places.every((place) => place > 0));
  t.same(
    places,
    [...places].sort((a, b) => a - b),
  );
  for (const line of err.split("\n")) t.ok(line.length <= 80, line);
});
