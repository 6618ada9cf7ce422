import t from "tap";
import { MUTABLE_FIELDS, parseAppClient } from "../../src/doctor/app-client.js";
import { judgeAll } from "../../src/doctor/checks/checks.js";
import { reportJson, reportText } from "../../src/doctor/examination/report.js";
import { factsWith, UNKNOWN } from "../doctor/facts.js";
import fc from "../support/property.js";

const SECRET = "the-secret-of-the-client-0123456789";

/** What an endpoint may answer in place of an app client: members of the right names, now and then of the right types. */
const answers = fc
  .tuple(
    fc.dictionary(
      fc.constantFrom(...MUTABLE_FIELDS, "Novel", "__proto__", "constructor", "LastModifiedDate"),
      fc.anything({ maxDepth: 2 }),
    ),
    fc.record(
      {
        ClientName: fc.string({ unit: "binary" }),
        CallbackURLs: fc.array(fc.oneof(fc.webUrl(), fc.string({ unit: "binary" }))),
        LogoutURLs: fc.array(fc.string()),
        ExplicitAuthFlows: fc.array(fc.string({ unit: "binary" })),
        RefreshTokenValidity: fc.nat(),
        TokenValidityUnits: fc.record({ RefreshToken: fc.oneof(fc.constantFrom("hours", "minutes", "days"), fc.string()) }),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([wild, tame]) => ({ ...wild, ...tame, ClientSecret: SECRET, UserPoolId: "us-east-1_x", ClientId: "client" }));

t.test("whatever an app client looks like, it is read, judged and told, without its secret, and within a terminal's lines", async (t) => {
  fc.assert(
    fc.property(answers, fc.boolean(), (raw, known) => {
      const client = parseAppClient(raw);
      const facts = factsWith({ client, facts: known ? {} : { proxy: UNKNOWN, pool: null, mfa: null } });
      const examined = { kind: "examined", facts, judgement: judgeAll(facts), unseen: [] } as const;
      const [text, json] = [reportText(examined, false), JSON.stringify(reportJson(examined, "warning"))];
      if ((text + json + JSON.stringify(client)).includes(SECRET)) throw new Error("the secret is in it");
      if (/[^\P{Cc}\n]/u.test(text)) throw new Error("it steers the terminal");
    }),
    { numRuns: 500 },
  );
  t.pass();
});

t.test("what was read as known is known: nothing that could be set is lost without being named", async (t) => {
  fc.assert(
    fc.property(answers, (raw) => {
      const { settings, unknownFields } = parseAppClient(raw);
      const kept = new Set<string>([...Object.keys(settings), ...unknownFields.map((name) => name.split(".")[0] ?? "")]);
      const given = Object.entries(raw).filter(([name, value]) => value !== null && value !== undefined && name !== "LastModifiedDate");
      for (const [name] of given) {
        const readOnly = ["ClientSecret", "UserPoolId", "ClientId"].includes(name);
        if (!readOnly && !kept.has(name)) throw new Error(`${name} is lost`);
      }
    }),
    { numRuns: 500 },
  );
  t.pass();
});
