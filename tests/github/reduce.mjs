// Reduces GitHub's description of its API to the calls that the gate makes, so that Prism starts in a second.
//
//   node reduce.mjs DESCRIPTION FOLDER
//
// FOLDER/mock.json keeps the answers with GitHub's examples; FOLDER/requests.json lets any answer pass, for a proxy in
// front of a server that answers less than GitHub does.
import { readFileSync, writeFileSync } from "node:fs";

const calls = {
  "/repos/{owner}/{repo}/pulls": ["get"],
  "/repos/{owner}/{repo}/pulls/{pull_number}": ["get"],
  "/repos/{owner}/{repo}/issues/{issue_number}/comments": ["get", "post"],
  "/repos/{owner}/{repo}/issues/comments/{comment_id}": ["patch", "delete"],
  "/repos/{owner}/{repo}/check-runs": ["post"],
  "/repos/{owner}/{repo}/check-runs/{check_run_id}": ["get", "patch"],
  "/repos/{owner}/{repo}/commits/{ref}/check-runs": ["get"],
  "/repos/{owner}/{repo}/commits/{ref}/statuses": ["get"],
  "/repos/{owner}/{repo}/commits/{commit_sha}/pulls": ["get"],
  "/repos/{owner}/{repo}/statuses/{sha}": ["post"],
};

const [, , description, folder] = process.argv;
const whole = JSON.parse(readFileSync(description, "utf8"));

const reduced = (operation) => ({ openapi: whole.openapi, info: whole.info, paths: paths(operation) });

function paths(operation) {
  const kept = {};
  for (const [path, methods] of Object.entries(calls)) {
    kept[path] = {};
    for (const method of methods) {
      const found = whole.paths[path]?.[method];
      if (!found) throw new Error(`GitHub's description has no ${method} ${path}`);
      kept[path][method] = operation(found);
    }
  }
  return kept;
}

// The example of a link to the next page is on every page, so it would never end.
function withoutNextPage(found) {
  for (const answer of Object.values(found.responses)) delete answer.headers?.Link;
  return found;
}

const anyAnswer = (found) => ({ ...found, responses: { default: { description: "any" } } });
writeFileSync(`${folder}/mock.json`, JSON.stringify(reduced(withoutNextPage)));
writeFileSync(`${folder}/requests.json`, JSON.stringify(reduced(anyAnswer)));
