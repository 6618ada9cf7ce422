/*
 * Whether a file's name carries a hash of its content, so that it may be kept for a year. A slip to this side costs more than one to the
 * other: a logo taken for hashed stays stale for a year, a script not taken for hashed is asked about again and answered with 304. So words,
 * sizes and dates are no hashes: `apple-touch-icon.png`, `sw-register.js`, `splash-640x1136.png`, `notes-20261121.js`.
 */

/** Where Vite, Astro, Next.js, Nuxt and SvelteKit put what they have hashed; other files get there only on purpose. */
const BUILD_FOLDER = /\/(?:assets|_astro|_next|_nuxt|_app)\//;
/** Eight characters of base64url: Rollup's and Vite's default. */
const BASE64URL_TOKEN = /[.-]([A-Za-z0-9_-]{8})\.[a-z0-9]+(?:\.map)?$/;
/** webpack's and Parcel's hexadecimal; letters and digits must both be there. */
const HEXADECIMAL_TOKEN = /[.-](?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}\.[a-z0-9]+(?:\.map)?$/;
/** esbuild's and Angular's base32. */
const BASE32_TOKEN = /[.-](?=[A-Z2-7]*[A-Z])[A-Z2-7]{8}\.[a-z0-9]+(?:\.map)?$/;
const PAGE = /\.html?$/;
const COMPRESSED = /\.(?:br|gz)$/;

/** @param path of a file within the app's directory, `/` between its parts; the compressed form of a file counts as the file. */
export function isHashedName(path: string): boolean {
  const name = path.replace(COMPRESSED, "");
  if (PAGE.test(name)) return false;
  if (HEXADECIMAL_TOKEN.test(name) || BASE32_TOKEN.test(name)) return true;
  const token = BASE64URL_TOKEN.exec(name)?.[1] ?? "";
  const hasDigit = /\d/.test(token);
  const hasUpperCase = /[A-Z]/.test(token);
  if (BUILD_FOLDER.test(name)) return /[A-Za-wyz]/.test(token) && (hasDigit || /(?!^)[A-Z]/.test(token));
  return hasDigit && hasUpperCase && /[a-z]/.test(token);
}
