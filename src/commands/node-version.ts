/** What package.json's `engines` says. */
const RECOMMENDED = { major: 22, minor: 12 } as const;

/** One line for whoever runs on an older Node.js than is recommended; null on the others. */
export function olderNodeAdvice(version: string): string | null {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > RECOMMENDED.major || (major === RECOMMENDED.major && minor >= RECOMMENDED.minor)) return null;
  return `Node.js ${RECOMMENDED.major}.${RECOMMENDED.minor} or newer is recommended: install it before the AWS SDK and others no longer run on ${version}, which this is`;
}
