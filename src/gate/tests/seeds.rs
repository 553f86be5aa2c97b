//! What the run's seed decides.

use std::sync::Mutex;

use super::*;

/// The paths that an app was asked for, in order, in a run of this file and of these phases, all of them if there are none.
async fn asked(yaml: &str, phases: &[&str]) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let text =
        format!("version: 1\ngate: test\ntarget: {{url: 'http://{}'}}\n{yaml}", listener.local_addr().expect("bound"));
    let paths: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = Arc::clone(&paths);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let reader = BufReader::new(stream.try_clone().expect("a stream has two ends"));
            for line in reader.lines().map_while(Result::ok) {
                if let Some(path) = line.strip_prefix("GET ") {
                    noted.lock().expect("no panic").push(path.to_owned());
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                }
            }
        }
    });
    let (mut setup, _switch) = setup(&text);
    let (config, _) = config::read("gates.yaml", text.as_bytes(), &config::Environment::default());
    let phases = phases.iter().map(ToString::to_string).collect();
    let choice = Choice { seed: 7, phases, ..Choice::default() };
    setup.plan = Arc::new(plan::build(&config.expect("a config"), &choice).expect("a plan"));
    walk(setup).await;
    let paths = paths.lock().expect("no panic");
    paths.clone()
}

/// Whoever runs the phase that failed again, with the seed that the run printed, means the same phase.
#[tokio::test]
async fn a_phase_alone_is_the_same_as_in_the_ladder() {
    let yaml = "scenarios: {visitor: {steps: [{get: '/{{ data.phase }}/{{ random.int(1, 1000000) }}', name: home}], \
                think: 20ms}}\n\
                datasets: {light: {rows: [{phase: light}]}, heavy: {rows: [{phase: heavy}]}}\n\
                phases:\n  \
                - {name: light, users: 1, data: [light], duration: 200ms, criteria: [{warn: requests > 0}]}\n  \
                - {name: heavy, users: 1, data: [heavy], duration: 300ms, criteria: [{warn: requests > 0}]}\n";
    let heavy = |paths: Vec<String>| -> Vec<String> {
        paths.into_iter().filter(|path| path.starts_with("/heavy/")).take(5).collect()
    };
    let (mut whole, mut alone) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        (whole, alone) = (heavy(asked(yaml, &[]).await), heavy(asked(yaml, &["heavy"]).await));
        // On a busy machine the first phase may be invalid, so that there is no second one.
        if whole.len() == 5 && alone.len() == 5 {
            break;
        }
    }
    assert_eq!(whole.len(), 5);
    assert_eq!(whole, alone);
}
