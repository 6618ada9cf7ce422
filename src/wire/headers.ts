/** Header names of ours, lower case as Node spells them. */

/** On every problem of ours, holding its reason; the proxy removes it from the API's answers, so that a client can tell whose 401 it is. */
export const PROBLEM_HEADER = "bff-problem";

/** The static header of fetch calls that `CSRF_HEADER=required` demands, with the value `1`. */
export const CSRF_HEADER = "x-bff-csrf";
