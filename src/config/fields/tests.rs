//! What is found and hidden in forms, JSON, pages and addresses.

use super::*;

#[track_caller]
fn shows(text: &str, shown: &str) {
    assert_eq!(hidden(text), shown);
}

#[test]
fn a_form_keeps_its_names() {
    shows("user=ann&pin=1234&pw=a b;c&next=%2F", "user=ann&pin=***&pw=***&next=%2F");
    shows("pass=&user%5Botp%5D=12", "pass=&user%5Botp%5D=***");
    shows("code=ab12 cd&pin=1 2", "code=*** cd&pin=***");
    shows("user=ann&code=<4F9a8b7c6d5e>\n", "user=ann&code=***");
    // A line of words begins like a form too.
    shows("code=exited, status=1/FAILURE", "code=exited, status=1/FAILURE");
}

#[test]
fn json_keeps_its_shape_also_where_it_is_cut_or_embedded() {
    shows(
        "{\"user\": \"ann\", \"pwd\" : \"a\\\"b\",\n\"pin\":1234, \"n\": 1}",
        "{\"user\": \"ann\", \"pwd\" : \"***\",\n\"pin\":***, \"n\": 1}",
    );
    shows(
        "{\"access_token\":\"ab\",\"token_type\":\"Bearer\"}",
        "{\"access_token\":\"***\",\"token_type\":\"Bearer\"}",
    );
    shows("{\"token\": null, \"api_key\": \"cut he", "{\"token\": null, \"api_key\": \"***");
    shows(
        "{\"tokens\": {\"a\": \"x\", \"b\": [\"y\"]}, \"c\": \"z\"}",
        "{\"tokens\": {\"a\": \"***\", \"b\": [\"***\"]}, \"c\": \"z\"}",
    );
    let refused = "{\"password\": [\"This field is required.\"]}";
    shows(refused, refused);
    shows(
        "<p data-page=\"{&quot;token&quot;:&quot;ab&quot;}\">",
        "<p data-page=\"{&quot;token&quot;:&quot;***&quot;}\">",
    );
    shows("{\"said\": \"{\\\"token\\\": \\\"ab\\\"}\"}", "{\"said\": \"{\\\"token\\\": \\\"***\\\"}\"}");
    shows("<script>var csrfToken = 'ab'; x == token</script>", "<script>var csrfToken = '***'; x == token</script>");
}

#[test]
fn a_page_keeps_its_fields() {
    shows(
        "<meta name=\"csrf-param\" content=\"authenticity_token\">",
        "<meta name=\"csrf-param\" content=\"authenticity_token\">",
    );
    shows("<meta name='csrf-token' content='x'>", "<meta name='csrf-token' content='***'>");
    shows(
        "<input value=\"abc\" name=_token><input name=user value=ann>",
        "<input value=\"***\" name=_token><input name=user value=ann>",
    );
    shows("<input type=\"password\" name=a value=b>", "<input type=\"password\" name=a value=***>");
    shows("<input name=\"csrf", "<input name=\"csrf");
}

#[test]
fn an_address_keeps_its_parameters() {
    shows(
        "http://a.test/reset?token=ab&user=1#access_token=cd",
        "http://a.test/reset?token=***&user=1#access_token=***",
    );
    shows("GET /?api_key=ab HTTP/1.1", "GET /?api_key=*** HTTP/1.1");
    shows("bearer eyJhbGciOi.eyJzdWIi.c2ln_-, eyJ.no", "bearer ***, eyJ.no");
}

#[test]
fn what_oauth_gives_in_an_address_is_hidden() {
    shows(
        "location: https://app.test/cb?code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjsldkj2",
        "location: https://app.test/cb?code=***&state=***",
    );
    shows("GET /cb?code=4%2F0AX4XfWh&scope=email HTTP/1.1", "GET /cb?code=***&scope=email HTTP/1.1");
    // A code that looks like a word is one all the same where OAuth's other parameters stand beside it.
    shows("/cb?state=open&code=opensesame", "/cb?state=open&code=***");
    shows("/cb?code=abc&iss=https%3A%2F%2Fid.test", "/cb?code=***&iss=https%3A%2F%2Fid.test");
    shows("/prices?code=EUR&sort=state", "/prices?code=EUR&sort=state");
    shows("/failed?code=not_found <a href='/cb?state=a'>", "/failed?code=not_found <a href='/cb?state=a'>");
    shows(
        "grant_type=authorization_code&code=opensesame&redirect_uri=%2Fcb&client_id=shop&code_verifier=dBjftJ",
        "grant_type=authorization_code&code=***&redirect_uri=%2Fcb&client_id=shop&code_verifier=***",
    );
    shows(
        "https://app.test/#access_token=ab&id_token=cd&token_type=bearer&expires_in=3600&state=open",
        "https://app.test/#access_token=***&id_token=***&token_type=bearer&expires_in=3600&state=open",
    );
    shows(
        "<input type=hidden name=code value=SplxlOBeZQQYbYS6WxSbIA><input name=code value=EUR>",
        "<input type=hidden name=code value=***><input name=code value=EUR>",
    );
    shows(
        "{\"code\": \"SplxlOBeZQQYbYS6WxSbIA\", \"error\": {\"code\": \"ERR_4711\"}}",
        "{\"code\": \"***\", \"error\": {\"code\": \"ERR_4711\"}}",
    );
}

#[test]
fn an_address_within_an_address_is_looked_through_too() {
    shows(
        "/login?next=%2Fcb%3Ftoken%3Dab%26user%3Dann&lang=de",
        "/login?next=%2Fcb%3Ftoken%3D***%26user%3Dann&lang=de",
    );
    shows("/login?next=%2Fcb%253Fcode%253Dopen%2526state%253Dx", "/login?next=%2Fcb%253Fcode%253D***%2526state%253Dx");
    shows("{\"to\": \"/a?token\\u003dab\\u0026b\\u003d1\"}", "{\"to\": \"/a?token\\u003d***\\u0026b\\u003d1\"}");
    shows("<a href=\"/a?b=1&amp;token=ab&amp;c=2\">", "<a href=\"/a?b=1&amp;token=***&amp;c=2\">");
}

#[test]
fn a_form_with_files_keeps_its_names() {
    let form = |password: &str, code: &str| {
        format!(
            "--x7\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nann\r\n--x7\r\nContent-Disposition: form-data; \
             name=\"password\"\r\n\r\n{password}\r\n--x7\r\ncontent-disposition: form-data; name=code\r\n\r\n{code}\r\n--x7\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x7--\r\n"
        )
    };
    shows(&form("two\r\n--lines & more=", "SplxlOBeZQQYbYS6WxSbIA"), &form("***", "***"));
    shows(&form("", "EUR"), &form("", "EUR"));
    assert_eq!(confidential_fields(&form("hunter2", "EUR")), ["hunter2"]);
    // One whose lines end without a carriage return, and one that was cut.
    shows(&form("a\nb", "1").replace('\r', ""), &form("***", "1").replace('\r', ""));
    shows("form-data; name=\"token\"\r\n\r\nab", "form-data; name=\"token\"\r\n\r\n***");
    shows("form-data;name=token\n\nab", "form-data;name=token\n\n***");
    shows("form-data; name=\"token\"\r\n", "form-data; name=\"token\"\r\n");
}

#[test]
fn xml_keeps_its_elements() {
    shows(
        "<s:Body><wsse:Username>ann</wsse:Username><wsse:Password Type=\"x\">a b</wsse:Password><pin/></s:Body>",
        "<s:Body><wsse:Username>ann</wsse:Username><wsse:Password Type=\"x\">***</wsse:Password><pin/></s:Body>",
    );
    shows("<token><![CDATA[a<b]]></token>", "<token><![CDATA[***]]></token>");
    shows("<token>\n <value>a</value></token><token>cut", "<token>\n <value>a</value></token><token>***");
}

#[test]
fn an_address_keeps_its_user_and_loses_the_password() {
    shows("postgresql://shop:s3cret@db/shop?a=b", "postgresql://shop:***@db/shop?a=b");
    shows(
        "https://x-access-token:ab@github.com/a, https://t0ken@h/m",
        "https://x-access-token:***@github.com/a, https://***@h/m",
    );
    for plain in ["ssh://git@h/a", "https://h/npm/@scope/a@1", "http://h/?a=b@c", "https://{{ user.id }}@h", "://@"] {
        shows(plain, plain);
    }
}

#[test]
fn a_command_line_keeps_its_options() {
    let line = |words: &[&str]| command_line(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
    assert_eq!(
        line(&["deploy", "--token", "two words", "--api-key=ab", "-v", "--dry-run", "now"]),
        "deploy --token *** --api-key=*** -v --dry-run now"
    );
    shows(
        "run --password ab, then --db-password 'c d' --secret --user ann",
        "run --password *** then --db-password '***' --secret --user ann",
    );
    shows("not--password ab --", "not--password ab --");
    assert_eq!(line(&["play", "--ask-vault-password", "--check", "a.yml"]), "play --ask-vault-password --check a.yml");
    assert_eq!(line(&["login", "--password-stdin", "a.test"]), "login --password-stdin a.test");
    assert_eq!(line(&["run", "--token-file=/a/b", "-token-file", "c"]), "run --token-file=/a/b -token-file c");
    shows("docker login --password-stdin a.test --token-mode=b", "docker login --password-stdin a.test --token-mode=b");
    shows("curl -H 'x: Bearer 4F9a8b7c6d5e4f' and a bearer of news", "curl -H 'x: Bearer ***' and a bearer of news");
}

#[test]
fn a_line_of_a_head_in_a_page_is_hidden_where_nobody_wrote_its_value() {
    shows("X-Api-Key: 4F9a8b7c6d5e\nToken: expired", "X-Api-Key: ***\nToken: expired");
    shows("Authorization: Bearer 4F9a8b7c6d5e4f, rest", "Authorization: Bearer ***, rest");
    shows("Token: Bearer  4F9a8b7c6d5e4f", "Token: Bearer  ***");
    shows("token:a:4F9a8b7c6d5e4f token:b", "token:*** token:b");
}

#[test]
fn words_of_any_case_are_shown() {
    for plain in [
        "{\"state\": \"PaymentReceived\", \"session\": \"AwaitingApproval\"}",
        "state=Massachusetts",
        "/orders?state=PaymentReceived&page=2",
        "Token: Unauthorized",
        "state: %2Fcheckout%2Fpayment",
        "<input name=state value=NorthRhineWestphalia>",
    ] {
        shows(plain, plain);
    }
}

#[test]
fn values_in_one_run_are_each_looked_at() {
    shows("state=open=code=4711", "state=open=code=***");
    shows("/a?key%3Dab%26state=xy=code=4711", "/a?key%3Dab%26state=xy=code=***");
    shows("state%3Dab?state=cd%26SplxlOBeZQQYbYS6WxSbIA", "state%3Dab?state=***");
    shows("code=EUR=state=SplxlOBeZQQYbYS6WxSbIA", "code=***");
    shows("a--b --token cd --_--pin 12", "a--b --token *** --_--pin ***");
    shows("<token><![CDATA[<pin>1</pin>]]></token><pin>2</pin>", "<token><![CDATA[***]]></token><pin>***</pin>");
}

/// What a hostile app may send so that looking for secrets takes long: it takes as long as any text of that length. One of
/// eight times the length takes as long as eight of them; where each place looks through the rest, it takes eight times as long.
#[test]
fn looking_takes_no_longer_than_the_text_is_long() {
    const MOST: u32 = 4;
    for (text, kilobytes) in [
        ("-", 2),
        ("bearer ", 4),
        ("token: a ", 4),
        ("token:", 4),
        ("token%3Da&", 16),
        ("code=", 4),
        ("code%253D", 4),
        ("state=a1=", 4),
        ("<token><![CDATA[", 32),
        ("form-data; name=\"a\"", 4),
        ("\nform-data; name=a\n\n", 4),
        ("code=abcd&", 4),
        ("<token", 4),
        ("http://a:", 4),
        ("token%3D", 4),
        ("\"token\": [", 4),
    ] {
        let short = text.repeat(kilobytes * 1024 / text.len());
        let long = short.repeat(8);
        let took = |text: &str, times: usize| {
            let begun = std::time::Instant::now();
            assert!((0..times).all(|_| !hidden(text).is_empty()));
            begun.elapsed()
        };
        // A neighbour's work makes a measurement longer, never shorter.
        let mut least = (took(&short, 8), took(&long, 1));
        for _ in 0..5 {
            if least.1 > least.0 * MOST {
                least = (least.0.min(took(&short, 8)), least.1.min(took(&long, 1)));
            }
        }
        assert!(least.1 <= least.0 * MOST, "{text}: {least:?}");
    }
}

#[test]
fn values_are_given_as_they_stand_and_as_they_are_meant() {
    let form = confidential_fields("username=ann&password=h%26nter+2&csrfmiddlewaretoken=abc&next=%2F");
    assert_eq!(form, ["h%26nter+2", "h&nter 2", "abc"]);
    let json = confidential_fields(r#"{"user": "ann", "auth": [{"Password": "a\"b"}], "api_secret": "", "n": 1}"#);
    assert_eq!(json, ["a\\\"b", "a\"b"]);
    assert_eq!(confidential_fields("plain text"), Vec::<String>::new());
    let long = format!("{{\"pad\": \"{}\", \"password\": \"late\"}}", "x".repeat(40_000));
    assert_eq!(confidential_fields(&long), ["late"]);
    let many = (0..100).map(|number| format!("a page, token={number}")).collect::<Vec<_>>().join(" ");
    assert_eq!(confidential_fields(&many).len(), MOST_VALUES);
    let after = format!("{} token=late", "a link, ?key=4F9a ".repeat(100));
    assert_eq!(confidential_fields(&after), ["4F9a", "late"], "what is repeated takes no room");
    let sure =
        format!("{} token=late", (0..100).map(|number| format!("?key={number}abc")).collect::<Vec<_>>().join(" "));
    let values = confidential_fields(&sure);
    assert_eq!(values.len(), MOST_VALUES);
    assert_eq!((values[0].as_str(), values[MOST_VALUES - 1].as_str()), ("0abc", "late"), "what is sure comes first");
    assert_eq!(confidential_fields(&format!("a page, token={}", "x".repeat(20_000))), Vec::<String>::new());
}
