/**
 * What a pool's tags say of who manages it. App clients carry no tags: it is a hint only.
 *
 * @returns a sentence; null where the tags say nothing
 */
export function managementHint(tags: Readonly<Record<string, string>>): string | null {
  const stack = tags["aws:cloudformation:stack-name"];
  if (stack !== undefined)
    return `The pool is tagged as part of the CloudFormation stack ${stack} (CDK, SAM and Amplify make such stacks, too).`;
  const tag = Object.entries(tags).find(([name, value]) => TOOLS.test(name) || TOOLS.test(value));
  return tag === undefined ? null : `The pool bears the tag ${tag[0]}=${tag[1]}.`;
}

const TOOLS = /terraform|opentofu|pulumi|cloudformation|\bcdk\b|\bsst\b/i;
