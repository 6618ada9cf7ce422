import { secondsInWords } from "../lifetime.js";
import { API, type Check, check, GUIDE } from "./check.js";

const SKEW_MS = 30_000;
/** What AWS still takes for a signature of now. */
const GRAVE_SKEW_MS = 300_000;

/** Header fields that a hop takes, with what is around the cookies left out. */
const HOPS = [
  { name: "nginx (one header field in one buffer of 8 KiB)", bytes: 8_192 },
  { name: "an API Gateway HTTP API (10,240 bytes of headers in all)", bytes: 10_240 },
  { name: "Node.js (16 KiB of headers in all)", bytes: 16_384 },
] as const;
/** What browsers send besides cookies. */
const OTHER_HEADERS_BYTES = 1_500;

/** Whether a page of this host may use passkeys of the relying party (WebAuthn level 2, section 5.1.2: the RP ID is a suffix of the host). */
function mayUse(host: string, rpId: string): boolean {
  return host === rpId || host.endsWith(`.${rpId}`);
}

function hostOf(url: string): string {
  return new URL(url).hostname;
}

/** Whether managed login is at a prefix of AWS's own domain. */
function isAwsOwn(host: string): boolean {
  return host.endsWith(".amazoncognito.com");
}

export const SURROUNDING_CHECKS: readonly Check[] = [
  check({
    id: "domain-foreign",
    severity: "error",
    finds: "the user pool's domain is another pool's, or not active",
    meaning: "Nobody can sign in: managed login answers for another pool, or not at all.",
    fix: "Set COGNITO_DOMAIN to the domain of this user pool, and wait until it is active.",
    source: `${API}/API_DescribeUserPoolDomain.html`,
    needs: ["domain"],
    aboutPeople: false,
    judge: ({ client, domain, proxy }) => {
      if (domain.UserPoolId === undefined) {
        // Any other name may be a proxy of one's own, in front of managed login.
        const host = proxy.managedLogin === null ? "" : hostOf(proxy.managedLogin);
        return isAwsOwn(host) ? { what: `There is no such domain as ${host}.` } : null;
      }
      if (domain.UserPoolId !== client.poolId)
        return { what: `The domain ${domain.Domain ?? ""} is of the user pool ${domain.UserPoolId}.` };
      return domain.Status === undefined || domain.Status === "ACTIVE"
        ? null
        : { what: `The domain ${domain.Domain ?? ""} is ${domain.Status}.` };
    },
  }),
  check({
    id: "domain-other",
    severity: "warning",
    finds: "COGNITO_DOMAIN is no domain of this user pool",
    meaning: "People are sent to a sign-in that knows nothing of this app client.",
    fix: "Set COGNITO_DOMAIN to the user pool's domain; behind a proxy of your own this may be meant.",
    source: `${GUIDE}/cognito-user-pools-assign-domain.html`,
    needs: ["pool", "managedLogin"],
    judge: ({ pool, domain, proxy }) => {
      const host = hostOf(proxy.managedLogin);
      if (!host.includes(".") || /^[\d.]+$/.test(host)) return null;
      // Then it was looked up itself, and domain-foreign says whose it is.
      if (domain !== null && isAwsOwn(host)) return null;
      const own = [pool.CustomDomain, pool.Domain].filter((domain) => domain !== undefined && domain !== "");
      const isOwn = own.some((domain) => host === domain || host.startsWith(`${domain}.auth.`) || host.startsWith(`${domain}.auth-fips.`));
      if (isOwn) return null;
      return { what: `COGNITO_DOMAIN is ${host}; the user pool has ${own.length === 0 ? "no domain" : own.join(" and ")}.` };
    },
  }),
  check({
    id: "passkey-relying-party",
    severity: "warning",
    finds: "passkeys belong to a relying party ID that PUBLIC_URL cannot use",
    meaning: "Browsers offer no passkey on the app's own pages; people who have nothing else cannot sign in there.",
    fix: "Set the relying party ID to a domain that the app and managed login share, before people register passkeys: those of another one are lost.",
    source: "https://www.w3.org/TR/webauthn-2/#rp-id",
    needs: ["mfa", "publicUrl"],
    judge: ({ mfa, proxy }) => {
      const rpId = mfa.WebAuthnConfiguration?.RelyingPartyId;
      const host = hostOf(proxy.publicUrl);
      if (rpId === undefined || rpId === "" || mayUse(host, rpId)) return null;
      const elsewhere = proxy.managedLogin !== null && mayUse(hostOf(proxy.managedLogin), rpId);
      const what = `Passkeys belong to ${rpId}; a page of ${host} cannot use them${elsewhere ? ", managed login can" : ""}.`;
      return { what, severity: elsewhere ? "note" : "warning" };
    },
  }),
  check({
    id: "managed-login-session",
    severity: "note",
    finds: "managed login's own session lasts for more than a day (the app client's SSO session)",
    meaning:
      "Whoever signs in again within that time is let in without a password, on a shared computer, too; the proxy asks for a fresh one after a limit or a sign-out.",
    fix: "SetUserPoolClientSessionConfiguration with fewer MaxValidityMinutes, where computers are shared.",
    source: `${API}/API_SetUserPoolClientSessionConfiguration.html`,
    needs: ["clientSessions"],
    judge: ({ clientSessions }) => {
      const minutes = clientSessions.SSOSession?.MaxValidityMinutes ?? 60;
      return minutes > 1_440 ? { what: `Managed login remembers people for ${secondsInWords(minutes * 60)}.` } : null;
    },
  }),
  check({
    id: "clock-skew",
    severity: "error",
    finds: `this machine's clock is more than ${SKEW_MS / 1_000} seconds off AWS's`,
    meaning:
      "If the proxy runs here: tokens count as expired too early, or as good when they are not; from five minutes on AWS refuses signed calls.",
    fix: "Synchronise the clock (chrony, systemd-timesyncd; on EC2 the Amazon Time Sync Service).",
    source: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/set-time.html",
    needs: ["clockAheadMs"],
    aboutPeople: false,
    judge: ({ clockAheadMs }) => {
      const offMs = Math.abs(clockAheadMs);
      if (offMs <= SKEW_MS) return null;
      const what = `This machine's clock is ${secondsInWords(Math.round(offMs / 1_000))} ${clockAheadMs > 0 ? "ahead of" : "behind"} AWS's.`;
      return { what, severity: offMs >= GRAVE_SKEW_MS ? "error" : "warning" };
    },
  }),
  check({
    id: "header-budget",
    severity: "warning",
    finds: "COOKIE_HEADER_BUDGET, or the cookie of a sample token, leaves no room in headers",
    meaning:
      "People with many groups or claims cannot sign in (`session_too_large`), or something in front of the proxy answers 400 or 431.",
    fix: "Put fewer claims and groups into the ID token (a pre token generation trigger can leave them out), and keep COOKIE_HEADER_BUDGET at 8000.",
    source: "docs/deploy.md",
    needs: ["cookieBudgetBytes"],
    judge: ({ proxy, sampleCookieBytes }) => {
      const { cookieBudgetBytes } = proxy;
      // With a shared store the cookie holds a sealed id, whatever the token's size.
      if (proxy.store === "shared") return null;
      if (sampleCookieBytes === Number.POSITIVE_INFINITY)
        return { what: "The session of the sample token fits into no number of cookies.", severity: "error" };
      if (sampleCookieBytes !== null && sampleCookieBytes > cookieBudgetBytes)
        return {
          what: `The session of the sample token takes ${sampleCookieBytes} bytes, COOKIE_HEADER_BUDGET is ${cookieBudgetBytes}.`,
          severity: "error",
        };
      if (sampleCookieBytes !== null && sampleCookieBytes > cookieBudgetBytes * 0.8)
        return {
          what: `The session of the sample token takes ${sampleCookieBytes} of ${cookieBudgetBytes} bytes: a few groups more do not fit.`,
        };
      const narrow = HOPS.filter(
        ({ bytes }) => cookieBudgetBytes > bytes || (bytes > 8_192 && cookieBudgetBytes + OTHER_HEADERS_BYTES > bytes),
      );
      if (narrow.length === 0) return null;
      return {
        what: `COOKIE_HEADER_BUDGET is ${cookieBudgetBytes} bytes, more than ${narrow.map(({ name }) => name).join(", ")} lets through.`,
      };
    },
  }),
  check({
    id: "proxy-configuration",
    severity: "note",
    finds: "the proxy's configuration in this environment has faults, so that some checks had nothing to judge",
    meaning: "Nothing, where the proxy runs elsewhere; here `start` would refuse.",
    fix: "Run `cognito-bff check-config`, or the doctor where the proxy's environment is.",
    source: "docs/configuration.md",
    needs: [],
    aboutPeople: false,
    judge: ({ proxy }) =>
      proxy.faults.length === 0 ? null : { what: `The environment is not a whole configuration of the proxy: ${proxy.faults.join(", ")}.` },
  }),
];
