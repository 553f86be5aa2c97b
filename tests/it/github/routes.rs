//! What the fake does for each request, as GitHub's documentation describes it.

use serde_json::{Value, json};

use super::{
    http::{Answer, Request},
    world::{Comment, World},
};

/// Changes what is kept, and answers.
pub(crate) fn answer(world: &mut World, request: &Request) -> Answer {
    if request.header("authorization").is_none_or(|it| !it.starts_with("Bearer ")) {
        return Answer::message(401, "Requires authentication");
    }
    // On GitHub Enterprise the API lies below a path.
    let below = request.path.strip_prefix("/api/v3").or(request.path.strip_prefix("/api"));
    let path = below.unwrap_or(&request.path).to_owned();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("POST", ["graphql"]) => viewer(world, request),
        ("GET", ["repos", _, _, "pulls"]) => pulls(world, request),
        ("GET", ["repos", _, _, "pulls", number]) => {
            let found = world.pulls.iter().find(|pull| pull["number"].as_u64() == number.parse().ok());
            found.map_or_else(missing, |pull| Answer::new(200, pull))
        }
        ("GET", ["repos", _, _, "issues", _, "comments"]) => {
            page(request, &world.comments.iter().map(Comment::json).collect::<Vec<_>>(), |page| json!(page))
        }
        ("POST", ["repos", _, _, "issues", _, "comments"]) => create_comment(world, request),
        (_, ["repos", _, _, "issues", "comments", id]) => one_comment(world, request, id.parse().unwrap_or(0)),
        ("POST", ["repos", _, _, "check-runs"]) => create_check(world, request),
        (_, ["repos", _, _, "check-runs", id]) => one_check(world, request, id.parse().unwrap_or(0)),
        ("GET", ["repos", _, _, "commits", sha, "check-runs"]) => checks(world, request, sha),
        ("GET", ["repos", _, _, "commits", sha, "statuses"]) => {
            let newest_first = world.statuses.iter().rev().filter(|status| status["sha"] == *sha);
            page(request, &newest_first.cloned().collect::<Vec<_>>(), |page| json!(page))
        }
        ("GET", ["repos", _, _, "commits", sha, "pulls"]) => {
            let of_commit = world.pulls.iter().filter(|pull| pull["head"]["sha"] == *sha || pull["contains"] == *sha);
            page(request, &of_commit.cloned().collect::<Vec<_>>(), |page| json!(page))
        }
        ("POST", ["repos", _, _, "statuses", sha]) => status(world, request, sha),
        _ => missing(),
    }
}

fn missing() -> Answer {
    Answer::message(404, "Not Found")
}

fn invalid(reason: &str) -> Answer {
    let errors = json!([{"resource": "X", "code": "custom", "message": reason}]);
    Answer::new(422, &json!({"message": "Validation Failed", "errors": errors}))
}

/// Whom the token speaks for.
fn viewer(world: &World, request: &Request) -> Answer {
    if request.body["query"] != "query { viewer { login } }" {
        return Answer::new(200, &json!({"errors": [{"message": "Parse error"}]}));
    }
    let login = world.person.or(world.app).unwrap_or("github-actions[bot]");
    Answer::new(200, &json!({"data": {"viewer": {"login": login}}}))
}

/// One page of these, with a link to the next.
fn page(request: &Request, all: &[Value], wrap: impl Fn(&[Value]) -> Value) -> Answer {
    let number = |name: &str, default: usize| {
        request.query(name).and_then(|number| number.parse().ok()).unwrap_or(default).max(1)
    };
    let (size, page) = (number("per_page", 30).min(100), number("page", 1));
    let from = all.len().min((page - 1) * size);
    let to = all.len().min(from + size);
    let answer = Answer::new(200, &wrap(&all[from..to]));
    if to < all.len() { answer.with("Link", "<https://api.github.com/x?page=2>; rel=\"next\"") } else { answer }
}

/// The filter is ignored where it is no `owner:branch`.
fn pulls(world: &World, request: &Request) -> Answer {
    let head = request.query("head").filter(|head| head.contains(':'));
    let meant = |pull: &&Value| {
        pull["state"] == request.query("state").unwrap_or("open")
            && head.is_none_or(|head| pull["head"]["label"] == head)
    };
    page(request, &world.pulls.iter().filter(meant).cloned().collect::<Vec<_>>(), |page| json!(page))
}

fn create_comment(world: &mut World, request: &Request) -> Answer {
    let Some(body) = text(request) else { return invalid("Body is too long (maximum is 65536 characters)") };
    let app = world.app.unwrap_or("github-actions[bot]");
    let (login, kind) = world.person.map_or((app, "Bot"), |login| (login, "User"));
    world.comment(login, kind, &body);
    Answer::new(201, &world.comments.last().expect("just made").json())
}

fn one_comment(world: &mut World, request: &Request, id: u64) -> Answer {
    let Some(at) = world.comments.iter().position(|comment| comment.id == id) else { return missing() };
    if request.method == "DELETE" {
        world.comments.remove(at);
        return Answer::new(204, &Value::Null);
    }
    let Some(body) = text(request) else { return invalid("Body is too long (maximum is 65536 characters)") };
    world.comments[at].body = body;
    Answer::new(200, &world.comments[at].json())
}

fn text(request: &Request) -> Option<String> {
    let body = request.body["body"].as_str()?;
    (body.chars().count() <= 65_536).then(|| body.to_owned())
}

fn create_check(world: &mut World, request: &Request) -> Answer {
    let id = world.number();
    let mut check = json!({"id": id, "external_id": "", "status": "queued", "conclusion": null, "notes": []});
    merge(&mut check, &request.body);
    check["output"] = json!({"title": null, "summary": null, "annotations_count": 0});
    world.checks.push(check.clone());
    Answer::new(201, &check)
}

/// Annotations are appended to those that are there.
fn one_check(world: &mut World, request: &Request, id: u64) -> Answer {
    let Some(check) = world.checks.iter_mut().find(|check| check["id"] == id) else { return missing() };
    if request.method == "PATCH" {
        let mut change = request.body.clone();
        let notes = change["output"].as_object_mut().and_then(|output| output.remove("annotations"));
        let notes = notes.and_then(|notes| notes.as_array().cloned()).unwrap_or_default();
        if notes.len() > 50 {
            return invalid("annotations: no more than 50 items");
        }
        if notes.iter().any(|note| note["path"].as_str().is_none_or(|path| path.starts_with('/'))) {
            return invalid("annotations: path is invalid");
        }
        if let Some(kept) = check["notes"].as_array_mut() {
            kept.extend(notes);
        }
        merge(check, &change);
        check["output"]["annotations_count"] = json!(check["notes"].as_array().map_or(0, Vec::len));
    }
    Answer::new(200, check)
}

fn merge(kept: &mut Value, change: &Value) {
    for (name, value) in change.as_object().into_iter().flatten() {
        kept[name.as_str()] = value.clone();
    }
}

fn checks(world: &World, request: &Request, sha: &str) -> Answer {
    let meant = |check: &&Value| {
        check["head_sha"] == sha && request.query("check_name").is_none_or(|name| check["name"] == name)
    };
    let all: Vec<Value> = world.checks.iter().filter(meant).cloned().collect();
    let total = all.len();
    page(request, &all, |page| json!({"total_count": total, "check_runs": page}))
}

fn status(world: &mut World, request: &Request, sha: &str) -> Answer {
    if request.body["description"].as_str().is_some_and(|text| text.chars().count() > 140) {
        return invalid("description is too long (maximum is 140 characters)");
    }
    let mut status = json!({"id": world.number(), "sha": sha});
    merge(&mut status, &request.body);
    world.statuses.push(status.clone());
    Answer::new(201, &status)
}
