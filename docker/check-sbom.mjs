// Runs inside the image, from standard input: whether its bill of materials lists exactly the packages that are there. Ends with 1 if not.
import { readdirSync, readFileSync } from "node:fs";

const json = (path) => JSON.parse(readFileSync(path, "utf8"));

/** Every package below a node_modules folder, the nested ones too, as name@version. */
function packagesIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .flatMap(({ name }) => {
      if (name.startsWith("@")) return packagesIn(`${folder}/${name}`);
      const found = json(`${folder}/${name}/package.json`);
      const nested = readdirSync(`${folder}/${name}`).includes("node_modules") ? packagesIn(`${folder}/${name}/node_modules`) : [];
      return [`${found.name}@${found.version}`, ...nested];
    });
}

const there = new Set(packagesIn("/app/node_modules"));
const bill = json("/app/sbom.cdx.json");
const listed = new Set(bill.components.map(({ name, version }) => `${name}@${version}`));
const faults = [
  ...[...there].filter((name) => !listed.has(name)).map((name) => `${name} is not listed`),
  ...[...listed].filter((name) => !there.has(name)).map((name) => `${name} is listed and not there`),
  ...bill.components.filter(({ hashes }) => !hashes?.length).map(({ name }) => `${name} is listed without a hash`),
  ...(bill.metadata.component.name === "cognito-bff" ? [] : [`it is of ${bill.metadata.component.name}`]),
];
console.log(faults.length === 0 ? `${there.size} packages` : faults.join("; "));
process.exitCode = faults.length === 0 && there.size > 20 ? 0 : 1;
