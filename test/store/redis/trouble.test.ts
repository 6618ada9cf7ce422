import t from "tap";
import { renewLogins } from "../../../src/store/redis/connection/renewal.js";
import { clearly, nameOf } from "../../../src/store/redis/connection/trouble.js";
import { collectLog } from "../../support/collected-log.js";
import { createManualClock } from "../../support/manual-clock.js";

const HOUR_MS = 3_600_000;
const TOKEN = "cache/?Action=connect&X-Amz-Signature=0123456789abcdef";
/** What servers and proxies say to what they do not know: with what was sent. */
const REPEATED = [
  `ERR unknown command 'AUTH', with args beginning with: 'user' '${TOKEN}' `,
  `ERR unknown command \`AUTH\`, with args beginning with: \`user\`, \`${TOKEN}\`, `,
  `ERR unknown command, with args beginning with: user ${TOKEN}`,
  `ERR invalid "${TOKEN}"`,
];

t.test("an IAM token that was not taken is in no line of the log, whatever the server says", async (t) => {
  for (const said of REPEATED) {
    const [clock, log] = [createManualClock(), collectLog()];
    let asked = 0;
    const client = {
      async ping() {},
      async sendCommand() {
        asked += 1;
        throw new Error(said);
      },
    };
    const cancel = renewLogins(
      () => [client],
      async () => ({ username: "user", password: TOKEN }),
      { clock, log },
    );
    await clock.run(6 * HOUR_MS);
    const lines = JSON.stringify(log.saying("did not take a new IAM token"));
    t.match(lines, /"name":"Error","code":"ERR"/);
    t.notMatch(lines, /Signature/);
    await clock.run(5 * 60_000);
    t.equal(asked, 2, "it is tried again");
    cancel();
    t.equal(clock.pending(), 0);
  }
});

t.test("no trouble repeats what the server was sent", async (t) => {
  for (const said of REPEATED) {
    const { message } = clearly(new Error(said));
    t.notMatch(message, /Signature/);
    t.match(message, /^ERR (?:unknown command|invalid)/, "and what it is can be told");
  }
  const other = new Error("WRONGTYPE Operation against a key holding the wrong kind of value");
  t.equal(clearly(other), other);
  const refused = Object.assign(new Error('connect "x"'), { name: "Refused", code: "ECONNREFUSED" });
  t.match(clearly(refused), { name: "Refused", code: "ECONNREFUSED", message: "connect …" });
});

t.test("a trouble has a name and a code, if only that of the server's words", async (t) => {
  t.same(nameOf(new Error("WRONGPASS no")), { name: "Error", code: "WRONGPASS" });
  t.same(nameOf(Object.assign(new TypeError("x"), { code: "ECONNRESET" })), { name: "TypeError", code: "ECONNRESET" });
  t.same(nameOf(new Error("socket closed")), { name: "Error" });
  t.same(nameOf("text"), { name: "string" });
});
