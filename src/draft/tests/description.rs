//! Drafts of API descriptions.

use super::*;
use crate::plan::Body;

const DEMO: &str = include_str!("../../../tests/fixtures/demo.openapi.yaml");

const PETS: &str = r##"{
  "openapi": "3.0.3", "info": {"title": "Pets & Co", "version": "1"},
  "servers": [{"url": "https://{where}.example.com/v2/", "variables": {"where": {"default": "api"}}}],
  "security": [{"token": []}],
  "paths": {
    "/pets": {
      "get": {"tags": ["pets"], "parameters": [
          {"name": "limit", "in": "query", "required": true, "schema": {"type": "integer", "minimum": 10, "exclusiveMinimum": true}},
          {"name": "page", "in": "query", "schema": {"type": "integer"}}],
        "responses": {"200": {"description": "", "content": {"application/json": {"schema":
          {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}}}}}},
      "post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewPet"}}}},
        "responses": {"201": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}}}
    },
    "/pets/{petId}": {
      "parameters": [{"name": "petId", "in": "path", "required": true, "schema": {"type": "integer"}}],
      "get": {"responses": {"200": {"description": ""}, "404": {"description": ""}}},
      "put": {"requestBody": {"content": {"application/json": {"example": {"name": "Rex {{ x }} ${y}"}}}},
        "responses": {"2XX": {"description": ""}}},
      "delete": {"responses": {"204": {"description": ""}}}
    },
    "/shops/{id}/stock": {"get": {"security": [{"key": []}, {}],
      "parameters": [{"name": "id", "in": "path", "required": true, "example": "north/1", "schema": {"type": "string"}}],
      "responses": {"200": {"description": ""}}}},
    "/old": {"get": {"deprecated": true, "responses": {"200": {"description": ""}}}},
    "/photo": {"post": {"requestBody": {"content": {"image/png": {}}}, "responses": {"200": {"description": ""}}}}
  },
  "components": {
    "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}, "key": {"type": "apiKey", "in": "query", "name": "k"}},
    "schemas": {
      "Pet": {"allOf": [{"$ref": "#/components/schemas/NewPet"}, {"type": "object", "properties": {"id": {"type": "integer"}}}]},
      "NewPet": {"type": "object", "required": ["name", "kind", "tag", "owner", "code", "born"], "properties": {
        "name": {"type": "string", "example": "Rex"}, "kind": {"enum": ["dog", "cat"]}, "nick": {"type": "string"},
        "tag": {"type": "string", "format": "uuid"}, "owner": {"$ref": "#/components/schemas/Owner"},
        "code": {"type": "string", "minLength": 6, "maxLength": 7}, "born": {"type": "integer", "default": 2020}}},
      "Owner": {"type": "object", "required": ["pet", "age"], "properties": {
        "pet": {"$ref": "#/components/schemas/NewPet"}, "age": {"oneOf": [{"type": "integer", "minimum": 18}, {"type": "string"}]}}}
    }
  }
}"##;

#[test]
fn operations_become_steps_in_an_order_in_which_they_can_run() {
    let draft = drafted(PETS);
    let plan = planned(&draft);
    let pet = "<Extracted(SlotId(0))>";
    assert_eq!(
        steps(&plan),
        [
            "GET /v2/pets?limit=11 [200]".to_owned(),
            "POST /v2/pets [201]".to_owned(),
            format!("GET /v2/pets/{pet} [200]"),
            "GET /v2/shops/<Data(ColumnId(0))>/stock?k=%3CAPI_KEY%3E [200]".to_owned(),
            format!("PUT /v2/pets/{pet} []"),
        ]
    );
    let names: Vec<&str> = plan.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
    assert_eq!(names, ["GET /pets", "POST /pets", "GET /pets/{petId}", "GET /shops/{id}/stock", "PUT /pets/{petId}"]);
    assert_eq!(plan.endpoints[0].tags, ["pets"]);
    assert_eq!(plan.endpoints[1].tags, ["write"]);
    assert_eq!(plan.datasets[0].rows[0].0, [Some("north/1".to_owned())]);
    for left_out in
        ["DELETE /pets/{petId} (it destroys data)", "GET /old (deprecated)", "POST /photo (its body is image/png"]
    {
        assert!(draft.yaml.contains(&format!("# left out: {left_out}")), "{left_out}\n{}", draft.yaml);
    }
}

#[test]
fn bodies_hold_what_the_description_gives_else_what_it_requires() {
    let plan = planned(&drafted(PETS));
    let body = |at: usize| match &plan.scenarios[0].steps[at].body {
        Body::Text(text) => shown(text),
        Body::Empty => String::new(),
    };
    let uuid = "<RandomUuid>";
    // A pet that contains its owner's pet ends after a few levels; whatever is in it is what the schema says.
    let outer = format!(r#"{{"name":"Rex","kind":"dog","tag":"{uuid}","owner":{{"pet":{{"name":"Rex","#);
    assert!(body(1).starts_with(&outer), "{}", body(1));
    assert!(body(1).ends_with(r#""age":18},"code":"texttex","born":2020}"#), "{}", body(1));
    assert!(!body(1).contains("nick"), "only what is required: {}", body(1));
    let sent: serde_json::Value = serde_json::from_str(&body(4)).expect("it is JSON");
    assert_eq!(sent, serde_json::json!({"name": "Rex {{ x }} ${y}"}));
}

#[test]
fn security_schemes_become_variables() {
    let draft = drafted(PETS);
    let names: Vec<&str> = draft.variables.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["STAGING_URL", "API_TOKEN", "API_KEY"]);
    assert!(draft.yaml.contains("secrets: [API_TOKEN, API_KEY]"), "{}", draft.yaml);
    let plan = planned(&draft);
    let sent = |at: usize| {
        let headers = plan.scenarios[0].steps[at].headers.iter();
        headers.map(|(name, value)| format!("{name}: {}", shown(value))).collect::<Vec<_>>()
    };
    assert_eq!(sent(0), ["authorization: Bearer <API_TOKEN>"]);
    assert_eq!(sent(3), Vec::<String>::new());
}

#[test]
fn one_scheme_for_all_is_a_header_of_the_target() {
    for (scheme, header) in [
        (r#"{"type": "http", "scheme": "Basic"}"#, r#"headers: {Authorization: "Basic ${API_BASIC}"}"#),
        (r#"{"type": "oauth2", "flows": {}}"#, r#"headers: {Authorization: "Bearer ${API_TOKEN}"}"#),
        (r#"{"type": "apiKey", "in": "header", "name": "X-Key"}"#, r#"headers: {X-Key: "${API_KEY}"}"#),
    ] {
        let text = format!(
            r#"{{"openapi": "3.1.0", "security": [{{"s": []}}], "components": {{"securitySchemes": {{"s": {scheme}}}}},
               "paths": {{"/a": {{"get": {{"responses": {{}}}}}}}}}}"#
        );
        let draft = drafted(&text);
        planned(&draft);
        assert!(draft.yaml.contains(&format!("\n  {header}\n")), "{}", draft.yaml);
    }
}

#[test]
fn the_demo_is_drafted_with_its_login() {
    let draft = drafted(DEMO);
    let plan = planned(&draft);
    let login: Vec<String> =
        plan.scenarios[0].login.iter().map(|step| format!("{} {}", step.method, shown(&step.url))).collect();
    assert_eq!(login, ["GET /accounts/login/", "POST /accounts/login/"]);
    let Body::Text(form) = &plan.scenarios[0].login[1].body else { panic!("a form") };
    assert_eq!(
        shown(form),
        "username=user1&password=%3CSTAGING_PASSWORD%3E&csrfmiddlewaretoken=<Extracted(SlotId(0))>"
    );
    assert_eq!(
        steps(&plan),
        [
            "GET /healthz [200]",
            "GET /dashboard/ [200]",
            "GET /api/projects/<Data(ColumnId(0))>/ [200]",
            "GET /api/projects/<Data(ColumnId(0))>/chart-data/ [200]",
            "POST /api/projects/<Data(ColumnId(0))>/details/ [201]",
            "GET /api/projects/<Data(ColumnId(0))>/details/<Extracted(SlotId(1))>/ [200]",
        ]
    );
    let names: Vec<&str> = draft.variables.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["STAGING_URL", "STAGING_PASSWORD"]);
    assert!(draft.yaml.contains("ready: {get: /healthz, within: 60s}"), "{}", draft.yaml);
}

#[test]
fn a_login_that_answers_with_a_token_gives_it_to_the_steps() {
    let draft = drafted(
        r#"{"openapi": "3.0.0", "security": [{"b": []}],
            "components": {"securitySchemes": {"b": {"type": "http", "scheme": "bearer"}}},
            "paths": {
              "/auth/login": {"post": {"security": [],
                "requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["email", "password"],
                  "properties": {"email": {"type": "string", "format": "email"}, "password": {"type": "string"}}}}}},
                "responses": {"200": {"content": {"application/json": {"schema":
                  {"type": "object", "properties": {"accessToken": {"type": "string"}}}}}}}}},
              "/auth/logout": {"post": {"responses": {"204": {}}}},
              "/me": {"get": {"responses": {"200": {}}}}}}"#,
    );
    let plan = planned(&draft);
    assert_eq!(shown(&plan.scenarios[0].steps[0].headers[0].1), "Bearer <Extracted(SlotId(0))>");
    let Body::Text(body) = &plan.scenarios[0].login[0].body else { panic!("JSON") };
    assert_eq!(shown(body), r#"{"email":"user<UserId>@example.com","password":"<STAGING_PASSWORD>"}"#);
    assert_eq!(steps(&plan), ["GET /me [200]"]);
    assert!(draft.yaml.contains("extract: {token: {json: /accessToken}}"), "{}", draft.yaml);
}

#[test]
fn swagger_2_is_read_too() {
    let draft = drafted(
        "swagger: '2.0'\ninfo: {title: Old}\nhost: old.example.com\nbasePath: /api\nsecurityDefinitions: {b: {type: basic}}\n\
         security: [{b: []}]\npaths:\n  /things:\n    post:\n      parameters:\n        - {in: body, name: thing, schema: {$ref: \
         '#/definitions/Thing'}}\n      responses: {200: {schema: {$ref: '#/definitions/Thing'}}}\n  /things/{thingId}:\n    get:\n      \
         parameters: [{in: path, name: thingId, required: true, type: integer}]\n      responses: {200: {description: x}}\n  \
         /notes:\n    post:\n      parameters: [{in: formData, name: text, required: true, type: string}]\n      responses: {}\n\
         definitions: {Thing: {type: object, required: [size], properties: {id: {type: integer}, size: {type: number, minimum: 2.5}}}}\n",
    );
    let plan = planned(&draft);
    assert_eq!(
        steps(&plan),
        ["POST /api/things [200]", "GET /api/things/<Extracted(SlotId(0))> [200]", "POST /api/notes []"]
    );
    let Body::Text(body) = &plan.scenarios[0].steps[0].body else { panic!("JSON") };
    assert_eq!(shown(body), r#"{"size":2.5}"#);
    assert!(draft.yaml.contains("Basic ${API_BASIC}"), "{}", draft.yaml);
}

#[test]
fn without_operations_there_is_no_gate() {
    let error = refused(r#"{"openapi": "3.0.0", "paths": {"/a": {"delete": {}}}}"#);
    assert_eq!(error.to_string(), "no operation under `paths` can become a step: DELETE /a (it destroys data)");
    assert_eq!(refused("openapi: 3.0.0\n"), Error::NoOperations { left_out: Vec::new() });
}
