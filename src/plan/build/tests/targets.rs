//! Problems of the target, with their place.

use super::{Choice, problems, problems_with, with};

#[test]
fn the_built_in_app_speaks_http_1_only() {
    let on = |url: &str, http: &str| {
        let target = format!("target: {{http: {http}, url: {url}}}");
        problems(&with("").replace("target: {url: 'http://127.0.0.1:1'}", &target))
    };
    let found = on("demo", "h2");
    assert!(found.len() == 1 && found[0].contains("the built-in staging app speaks HTTP/1.1 only"), "{found:?}");
    for (url, http) in [("demo", "auto"), ("demo", "h1"), ("http://127.0.0.1:1", "h2"), ("https://127.0.0.1:1", "auto")]
    {
        assert!(on(url, http).is_empty(), "{url} {http}");
    }
}

#[test]
fn connections_are_shared_over_http_2_only() {
    let on = |keys: &str| {
        let target = format!("target: {{{keys}, url: 'http://127.0.0.1:1'}}");
        problems(&with("").replace("target: {url: 'http://127.0.0.1:1'}", &target))
    };
    for http in ["http: h1, ", "http: auto, ", ""] {
        let found = on(&format!("{http}connections: shared"));
        assert!(found.len() == 1 && found[0].contains("cannot be shared"), "{http}: {found:?}");
    }
    assert!(on("http: h2, connections: shared").is_empty());
}

#[test]
fn a_proxy_is_an_address_that_load_may_go_to() {
    let on = |keys: &str| problems(&with("").replace("target: {", &format!("target: {{{keys}, ")));
    for (keys, expected) in [
        ("proxy: 'http://proxy.example.com:3128'", "load may not be sent to `proxy.example.com`"),
        ("proxy: 'https://127.0.0.1:3128'", "is not the address of a proxy: it is spoken to over plain HTTP"),
        ("proxy: 'http://127.0.0.1:3128/path'", "is not the address of a proxy: it is spoken to over plain HTTP"),
        ("proxy: '127.0.0.1:3128'", "`127.0.0.1:3128` is not"),
        ("proxy: 'http://a:b@127.0.0.1:3128'", "an address holds no user name or password"),
        ("proxy: 'http://127.0.0.1:3128', http: h2", "HTTP/2 over plain TCP cannot be spoken through a proxy"),
        (
            "proxy: 'http://127.0.0.1:3128', allow: [a.example.com], resolve: {a.example.com: 10.0.0.1}",
            "a proxy looks names up itself",
        ),
    ] {
        let found = on(keys);
        assert!(found.len() == 1 && found[0].contains(expected), "{keys}: {found:?}");
    }
    assert!(on("proxy: 'http://127.0.0.1:3128'").is_empty());
    assert!(on("allow: ['*.example.com'], proxy: 'http://proxy.example.com:3128'").is_empty());
}

#[test]
fn addresses_of_hosts_are_addresses_of_hosts_that_load_goes_to() {
    let on = |resolve: &str| {
        let keys = format!("target: {{allow: ['*.example.com'], resolve: {{{resolve}}}, ");
        problems(&with("").replace("target: {", &keys))
    };
    for (resolve, expected) in [
        ("localhost: 10.0.0.1", "`localhost` is this machine and cannot be another address"),
        ("LOCALHOST.: 10.0.0.1", "`LOCALHOST.` is this machine and cannot be another address"),
        ("app.example.org: 10.0.0.1", "load never goes to `app.example.org`: it is not listed under `target.allow`"),
        ("10.0.0.2: 10.0.0.1", "`10.0.0.2` is not the name of a host"),
        ("'app.example.com:80': 10.0.0.1", "`app.example.com:80` is not the name of a host"),
        ("app.example.com: 10.0.0", "`10.0.0` is not an IP address (write it like 10.1.2.3, without a port)"),
        ("app.example.com: '10.0.0.1:80'", "`10.0.0.1:80` is not an IP address"),
    ] {
        let found = on(resolve);
        assert!(found.len() == 1 && found[0].contains(expected), "{resolve}: {found:?}");
    }
    assert!(on("app.example.com: 10.0.0.1, API.example.com: '[::1]'").is_empty());
}

#[test]
fn targets_are_checked() {
    for (url, expected) in [
        ("ftp://127.0.0.1", "3:16 `ftp://127.0.0.1` is not an http:// or https:// address"),
        ("staging", "3:16 `staging` is not an address: relative URL without a base"),
        (
            "http://staging.example.org",
            "3:16 load may not be sent to `staging.example.org`: it is neither this machine nor listed under `target.allow`",
        ),
        (
            "http://127.0.0.1@example.org/",
            "3:16 an address holds no user name or password, and `example.org` would be the host that `allow` must list",
        ),
        (
            "http://127.0.0.1/base?a=b",
            "3:16 the target is an address without `?` and `#`, and `http://127.0.0.1/base?a=b` has one",
        ),
    ] {
        let found = problems(&with("").replace("http://127.0.0.1:1", url));
        assert!(found.len() == 1 && found[0].starts_with(expected), "{found:#?}");
    }
    for host in ["https://a.org", "a.org:80", "*", "*.org", "a.*.org", ""] {
        let found = problems(&with("").replace("target: {", &format!("target: {{allow: ['{host}'], ")));
        assert!(found.len() == 1 && found[0].starts_with(&format!("3:19 `{host}` is not a host")), "{found:#?}");
    }
    let choice = Choice { target: Some("http://elsewhere.org".into()), ..Choice::default() };
    assert!(problems_with(&with(""), &choice)[0].contains("--target: load may not be sent to `elsewhere.org`"));
    let phase = Choice { phases: vec!["frist".into()], ..Choice::default() };
    assert!(problems_with(&with(""), &phase)[0].contains("--phase: there is no phase `frist` (did you mean `first`?)"));
    let profile = Choice { profile: Some("nope".into()), ..Choice::default() };
    assert!(problems_with(&with(""), &profile)[0].contains("--profile: there is no profile `nope`"));
}
