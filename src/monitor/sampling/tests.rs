use std::sync::atomic::{AtomicU32, Ordering};

use http::HeaderName;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use url::Url;

use super::*;
use crate::{
    monitor::source::{
        Kind,
        testing::{Server, row},
    },
    plan::{Connections, GaugeId, Http, Target, Tls},
};

const TLS: Tls = Tls { ca: None, verify: true };

/// An app whose n-th answer (from 0) is what `answer` says; `None` hangs.
async fn app(answer: fn(u32) -> Option<String>) -> (Control, Arc<AtomicU32>) {
    app_with(Duration::from_millis(500), answer).await
}

/// The same with the time that an answer is awaited.
async fn app_with(timeout: Duration, answer: fn(u32) -> Option<String>) -> (Control, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let base = Url::parse(&format!("http://{}", listener.local_addr().expect("bound"))).expect("a URL");
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let number = counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(serve(stream, answer(number)));
        }
    });
    let target = Target {
        url: None,
        allow: Vec::new(),
        timeout,
        headers: vec![(HeaderName::from_static("accept"), "*/*".to_owned())],
        http: Http::H1,
        connections: Connections::Keep,
        resolve: Vec::new(),
        proxy: None,
        trace: false,
        tls: TLS,
        ready: None,
        start: None,
    };
    (Control::new(&target, &base).expect("a client"), count)
}

async fn serve(mut stream: TcpStream, answer: Option<String>) {
    let mut head = [0; 1024];
    let _ = stream.read(&mut head).await;
    match answer {
        Some(answer) => {
            let _ = stream.write_all(format!("HTTP/1.1 {answer}").as_bytes()).await;
        }
        None => {
            let _ = stream.read(&mut head).await;
        }
    }
}

fn gauges(read: &[(&str, &str)]) -> Gauges {
    gauges_of(&crate::plan::Source::Prometheus { url: "/metrics".to_owned() }, read)
}

fn gauges_of(source: &crate::plan::Source, read: &[(&str, &str)]) -> Gauges {
    let mut source = Source::new(Kind::of(source, &TLS));
    for ((_, text), id) in read.iter().zip(0..) {
        source.add(GaugeId(id), crate::monitor::Formula::compile(text).expect("an expression"));
    }
    Gauges {
        names: read.iter().map(|(name, _)| (*name).to_owned()).collect(),
        unreadable: vec![None; read.len()],
        sources: vec![Arc::new(source)],
    }
}

fn occasion(window: (Duration, Duration)) -> Occasion {
    Occasion { origin: Instant::now(), window, readings: Readings::GaugesAndStatements }
}

/// Reads to the end of a window of 600 ms that starts 50 ms after the origin.
async fn read(gauges: &Gauges, control: &Control) -> Vec<GaugeSeries> {
    let window = (Duration::from_millis(50), Duration::from_millis(650));
    let sampling = Sampling::start(gauges, control, occasion(window));
    while sampling.so_far()[0].attempts < 20 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    sampling.finish(Duration::from_secs(2)).await.gauges
}

#[tokio::test]
async fn one_scrape_serves_all_gauges_on_the_clock_of_the_load() {
    let (control, count) = app(|number| Some(format!("200 OK\r\n\r\na {number}\nb 5\n"))).await;
    let series = read(&gauges(&[("app.a", "a"), ("app.ratio", "100 * b / 10")]), &control).await;
    assert_eq!(count.load(Ordering::SeqCst), 20);
    assert_eq!(series[0].name, "app.a");
    assert_eq!(series[0].samples.len(), 20);
    assert!(series[1].samples.iter().all(|sample| (sample.value - 50.0).abs() < 1e-9));
    let first = series[0].samples[0].at;
    assert!(first >= Duration::from_millis(50), "{first:?}");
    assert!(series[0].samples.is_sorted_by_key(|sample| sample.at));
    assert_eq!((series[0].attempts, series[0].missing.as_deref(), series[0].silent), (20, None, false));
}

#[tokio::test]
async fn a_source_that_stops_answering_is_silent_at_the_end() {
    let stops = |number| (number < 10).then(|| "200 OK\r\n\r\na 1\n".to_owned());
    let (control, _) = app(stops).await;
    let series = read(&gauges(&[("app.a", "a")]), &control).await.remove(0);
    assert_eq!(series.samples.len(), 10);
    assert_eq!(series.attempts, 20, "a source that hangs does not delay the schedule");
    assert!(series.silent);
    assert!(series.missing.is_some());
}

#[tokio::test]
async fn a_single_missed_reading_is_told_and_is_no_silence() {
    let once = |number| Some(if number == 7 { "500 Oops\r\n\r\n" } else { "200 OK\r\n\r\na 1\n" }.to_owned());
    let (control, _) = app(once).await;
    let series = read(&gauges(&[("app.a", "a")]), &control).await.remove(0);
    assert_eq!((series.samples.len(), series.attempts, series.silent), (19, 20, false));
    assert!(series.missing.as_deref().is_some_and(|why| why.contains("status 500, expected 200")), "{series:?}");
}

#[tokio::test]
async fn a_gauge_that_is_never_there_says_why() {
    let (control, _) = app(|_| Some("200 OK\r\n\r\na 1\n".to_owned())).await;
    let mut gauges = gauges(&[("app.a", "a"), ("app.b", "b")]);
    gauges.names.push("host.cpu".to_owned());
    gauges.unreadable.push(Some("the expression `(` cannot be read".to_owned()));
    let series = read(&gauges, &control).await;
    assert!(series[1].samples.is_empty() && series[1].silent);
    assert_eq!(series[1].missing.as_deref(), Some("`b` is not among what the source gives"));
    assert_eq!((series[2].attempts, series[2].silent), (0, true));
    assert_eq!(series[2].missing.as_deref(), Some("the expression `(` cannot be read"));
}

#[tokio::test]
async fn a_rate_begins_with_the_second_reading_of_a_window() {
    let (control, count) = app(|number| Some(format!("200 OK\r\n\r\nc {}\n", 1000 * number))).await;
    let gauges = gauges(&[("app.c", "c"), ("app.rate", "rate(c)")]);
    for _ in 0..2 {
        let series = read(&gauges, &control).await;
        assert_eq!((series[1].attempts, series[0].attempts, series[1].planned), (19, 20, 20));
        assert_eq!((series[1].missing.as_deref(), series[1].silent), (None, false), "the first reading is not missed");
        assert!(series[1].samples.iter().all(|sample| sample.value > 0.0), "{series:?}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 40);
    let readings = gauges.read(&control).await;
    assert!(readings[1].value.as_ref().is_ok_and(|rate| *rate > 0.0), "{readings:?}");
}

#[tokio::test]
async fn a_source_that_is_down_is_missing_and_an_early_end_starts_nothing_more() {
    let (control, count) = app(|_| None).await;
    let window = (Duration::ZERO, Duration::from_secs(3600));
    let sampling = Sampling::start(&gauges(&[("app.a", "a")]), &control, occasion(window));
    while count.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let series = sampling.finish(Duration::ZERO).await.gauges.remove(0);
    assert!(series.samples.is_empty() && series.silent);
    assert_eq!(series.attempts, 1);
    assert_eq!(series.missing.as_deref(), Some("the source had not answered when the window ended"));
}

#[tokio::test]
async fn a_source_that_answers_nothing_is_not_buried() {
    // None is given up before the window ends, which would make room for one more.
    let (control, count) = app_with(Duration::from_secs(5), |_| None).await;
    let series = read(&gauges(&[("app.a", "a")]), &control).await.remove(0);
    assert_eq!(series.attempts, 20);
    assert_eq!(count.load(Ordering::SeqCst), 8);
}

/// The series of one gauge after attempts of which these gave no number.
fn after(attempts: usize, missed: std::ops::Range<usize>) -> GaugeSeries {
    let reading = |number| {
        let value = if missed.contains(&number) { Err(Unread::Because("it hung".to_owned())) } else { Ok(1.0) };
        Some(vec![Reading { gauge: GaugeId(0), value }])
    };
    let log = Log {
        statements: None,
        attempts: (0..attempts)
            .map(|number| Attempt { at: Duration::from_secs(number as u64), readings: reading(number) })
            .collect(),
        planned: attempts as u64,
    };
    let mut series = unread("app.a");
    log.fill(&mut series, 0);
    series
}

#[test]
fn a_tenth_of_the_readings_missed_in_a_row_is_a_silence_wherever_it_lies() {
    let silent = |attempts, missed| after(attempts, missed).silent;
    assert!(silent(60, 20..26) && silent(60, 0..6), "exactly a tenth");
    assert!(!silent(60, 20..25) && !silent(60, 0..5), "one less");
    assert!(silent(61, 20..27) && !silent(61, 20..26), "a tenth of 61 is more than six");
    assert!(silent(20, 8..11) && !silent(20, 8..10), "and not fewer than three");
    let series = after(60, 20..26);
    assert_eq!((series.samples.len(), series.attempts, series.missing.as_deref()), (54, 60, Some("it hung")));
}

#[test]
fn three_missed_at_the_end_are_a_silence_in_any_window() {
    assert!(after(300, 297..300).silent);
    assert!(!after(300, 298..300).silent && !after(300, 296..299).silent);
}

#[test]
fn a_tenth_that_is_missed_here_and_there_is_no_silence() {
    let mut log = Log::default();
    for number in 0..60_u64 {
        let value = if number % 10 == 5 { Err(Unread::Because("it hung".to_owned())) } else { Ok(1.0) };
        let readings = Some(vec![Reading { gauge: GaugeId(0), value }]);
        log.attempts.push(Attempt { at: Duration::from_secs(number), readings });
    }
    let mut series = unread("app.a");
    log.fill(&mut series, 0);
    assert_eq!((series.samples.len(), series.silent), (54, false));
}

/// A server that takes connections and says nothing; gives its port and how many it took.
async fn mute() -> (u16, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let (port, count) = (listener.local_addr().expect("bound").port(), Arc::new(AtomicU32::new(0)));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        let mut taken = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            taken.push(stream);
        }
    });
    (port, count)
}

#[tokio::test]
async fn a_window_that_goes_on_opens_no_second_connection() {
    let (control, _) = app_with(Duration::from_secs(30), |_| None).await;
    let (port, count) = mute().await;
    let redis = crate::plan::Source::Redis { url: format!("redis://127.0.0.1:{port}") };
    let ms = Duration::from_millis;
    let mut sampling =
        Sampling::start(&gauges_of(&redis, &[("cache.a", "clients")]), &control, occasion((ms(0), ms(400))));
    sampling.extend((ms(400), ms(2400)));
    while sampling.so_far()[0].planned < 3 || sampling.so_far()[0].attempts < 3 {
        tokio::time::sleep(ms(5)).await;
    }
    let series = sampling.finish(ms(10)).await.gauges.remove(0);
    assert_eq!((series.attempts, series.planned), (3, 3));
    assert_eq!(count.load(Ordering::SeqCst), 1, "the first reading still waits");
}

#[tokio::test]
async fn a_reading_has_the_time_at_which_its_source_was_asked() {
    let (control, _) = app(|_| None).await;
    let command = crate::plan::Source::Command { arguments: vec!["echo".to_owned(), "7".to_owned()] };
    let gauges = gauges_of(&command, &[("queue.depth", "value")]);
    assert_eq!(gauges.read(&control).await[0].value, Ok(7.0));
    let sampling = Sampling::start(&gauges, &control, occasion((Duration::ZERO, Duration::from_millis(100))));
    while sampling.so_far()[0].samples.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let at = sampling.finish(Duration::from_secs(2)).await.gauges[0].samples[0].at;
    assert!(at > Duration::from_millis(500), "it was asked a second after it was asked before, not after {at:?}");
}

#[tokio::test]
async fn a_source_that_was_asked_just_before_loses_no_reading() {
    let (control, _) = app_with(Duration::from_secs(5), |_| None).await;
    let folder = tempfile::tempdir().expect("a folder");
    // Quick in preflight, slower under load.
    let script = "test -e asked && sleep 0.4; touch asked; echo 7"
        .replace("asked", &folder.path().join("asked").display().to_string());
    let command = crate::plan::Source::Command { arguments: vec!["sh".to_owned(), "-c".to_owned(), script] };
    let gauges = gauges_of(&command, &[("queue.depth", "value")]);
    assert_eq!(gauges.read(&control).await[0].value, Ok(7.0));
    let sampling = Sampling::start(&gauges, &control, occasion((Duration::ZERO, Duration::from_secs(3))));
    while sampling.so_far()[0].attempts < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let series = sampling.finish(Duration::from_secs(2)).await.gauges.remove(0);
    assert_eq!((series.samples.len(), series.planned, series.missing), (3, 3, None));
    assert!(series.samples[0].at > Duration::from_millis(500), "{:?}", series.samples);
}

/// The n-th answer of a database that counts statements: the one to its third question does not come.
fn stalls_at_the_third(number: usize) -> Option<Vec<u8>> {
    let columns = [("connections", "3"), ("statements_at", "public total_exec_time"), ("statements", "[]")];
    (number != 2).then(|| row(&columns))
}

#[tokio::test]
async fn a_last_reading_that_took_all_the_time_leaves_none_for_statements() {
    let (control, _) = app_with(Duration::from_millis(1200), |_| None).await;
    let server = Server::start(stalls_at_the_third).await;
    let database = crate::plan::Source::Postgres { url: server.url.clone(), pool: None };
    let gauges = gauges_of(&database, &[("db.c", "connections")]);
    let sampling = Sampling::start(&gauges, &control, occasion((Duration::ZERO, Duration::from_secs(60))));
    while server.asked().len() < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let watched = sampling.finish(Duration::from_millis(1600)).await;
    assert_eq!(watched.gauges[0].samples.len(), 2);
    let why = watched.unknown.first().expect("they are not known");
    assert!(why.ends_with("the readings before it left no time to ask for them"), "{why}");
    assert_eq!((server.asked().len(), server.connections.load(Ordering::SeqCst)), (3, 1));
}

#[tokio::test]
async fn preflight_waits_no_longer_than_a_window() {
    let (control, _) = app_with(Duration::from_secs(30), |_| None).await;
    let (port, _) = mute().await;
    let redis = crate::plan::Source::Redis { url: format!("redis://127.0.0.1:{port}") };
    let gauges = gauges_of(&redis, &[("cache.a", "clients")]);
    let reading = tokio::time::timeout(PATIENCE + Duration::from_secs(2), gauges.read(&control)).await;
    let value = reading.expect("it gave up").remove(0).value;
    assert_eq!(value, Err(Unread::Because(format!("redis at 127.0.0.1:{port} did not answer within 5s"))));
}
