// The package as npm would publish it, packed and unpacked where a program can import it.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
export const PKG = resolve(HERE, "../../pkg");

/** A folder with the tarball, and `node_modules/tailorbird` made of it. */
export function unpacked() {
  const folder = mkdtempSync(join(tmpdir(), "tailorbird-packed-"));
  const listed = execFileSync("npm", ["pack", "--json", "--loglevel=error", "--pack-destination", folder], { cwd: PKG, encoding: "utf8" });
  const report = JSON.parse(listed);
  // npm 12 answers with an object by name, older ones with a list.
  const { filename, files } = Array.isArray(report) ? report[0] : Object.values(report)[0];
  const home = join(folder, "node_modules/tailorbird");
  mkdirSync(home, { recursive: true });
  execFileSync("tar", ["xzf", join(folder, filename), "-C", home, "--strip-components=1"]);
  return {
    folder,
    home,
    tarball: join(folder, filename),
    files: files.map((file) => file.path),
    dist: files.map((file) => file.path).filter((path) => path.startsWith("dist/")).map((path) => join(home, path)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Runs a program of this folder's node_modules and gives its output, also when it says no. */
export function tool(name, args, options = {}) {
  try {
    const output = execFileSync(process.execPath, [join(HERE, "node_modules/.bin", name), ...args], { encoding: "utf8", ...options });
    return { ok: true, output };
  } catch (failure) {
    return { ok: false, output: `${failure.stdout ?? ""}${failure.stderr ?? ""}` };
  }
}
