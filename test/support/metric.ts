/** The sum of a metric's series, as a management port tells it; those with one label's value alone where it is given (`result="ok"`). */
export async function readMetric(managementUrl: string, name: string, label = ""): Promise<number> {
  const text = await (await fetch(`${managementUrl}/metrics`)).text();
  let sum = 0;
  for (const line of text.split("\n"))
    if (new RegExp(`^${name}[ {]`).test(line) && line.includes(label)) sum += Number(line.slice(line.lastIndexOf(" ") + 1));
  return sum;
}
