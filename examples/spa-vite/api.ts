/** What every problem of cognito-bff says: RFC 9457 with a reason. The package's `ProblemDocument` has the closed lists. */
export interface Problem {
  readonly title: string;
  readonly reason: string;
  readonly cause?: string;
  readonly detail: string;
  readonly login_url?: string;
}

/** A call that was not forwarded to the API. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** `fetch` that throws what cognito-bff refuses. The API's own answers, its 401s among them, come back as they are. */
export async function call(path: string, init?: RequestInit): Promise<Response> {
  const answer = await fetch(path, init);
  if (answer.headers.has("BFF-Problem")) throw new ProblemError((await answer.json()) as Problem);
  return answer;
}

/** Where signing in leads back to this page. */
export function loginUrl(base = "/auth/login"): string {
  return `${base}?return_to=${encodeURIComponent(location.pathname + location.search)}`;
}
