//! What a proxy may answer.

use std::io::{Read, Write};

use url::Url;

use super::{failed, get, plan_target};
use crate::client::{
    Agent, Origin,
    testing::{raw, read_head},
};
use crate::plan::FailureKind;

#[tokio::test]
async fn a_proxy_that_does_not_lead_to_the_server_is_connect_and_says_what_it_said() {
    for (answer, said) in [
        ("HTTP/1.1 403 Forbidden\r\n\r\n", "`HTTP/1.1 403 Forbidden`"),
        ("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno", "`HTTP/1.1 502 Bad Gateway`"),
        ("SSH-2.0-OpenSSH\r\n\r\n", "`SSH-2.0-OpenSSH`"),
        ("HTTP/1.1 200 OK\r\nX: y", "`HTTP/1.1 200 OK`"),
        ("", "nothing"),
    ] {
        let url = raw(move |mut stream| {
            read_head(&mut stream);
            let _ = stream.write_all(answer.as_bytes());
            if answer.contains("Content-Length") {
                // One that refuses may keep the connection.
                let _ = stream.read(&mut [0]);
            }
        });
        let target = plan_target(|target| target.proxy = Some(Url::parse(&url).expect("a URL")));
        let origin = Origin::new(&target, &Url::parse("https://127.0.0.1:1/").expect("a URL")).expect("it is allowed");
        let mut agent = Agent::new();
        let failure = failed(agent.exchange(&origin, &get(&origin, "/")).await);
        assert_eq!(failure.kind, FailureKind::Connect, "{failure:?}");
        assert!(failure.description.contains(said), "{failure:?}");
        assert!(agent.opened().is_none(), "no way to the server was opened");
    }
}
