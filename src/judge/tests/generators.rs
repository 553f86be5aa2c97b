//! What a generator lacked that was not good enough, and what it would have managed.

use super::{runs::passed, *};
use crate::{
    judge::{Generator, Lacked, Outcome},
    measure::{Exhaustion, MachineShare, Scarce},
};

/// A generator that came late, with one more thing about it; and why that makes the phase invalid.
fn late(change: impl Fn(&mut GeneratorHealth)) -> (Option<Lacked>, String) {
    let (generator, why) = judged(|health| {
        health.lateness_p99 = ms(212);
        change(health);
    });
    (generator.lacked, why)
}

/// 1,200 requests within 60 s.
fn judged(change: impl Fn(&mut GeneratorHealth)) -> (Generator, String) {
    let mut case = passed();
    change(&mut case.facts.generator);
    let verdict = case.judge();
    (verdict.generator.expect("it was measured"), verdict.because.first().cloned().unwrap_or_default())
}

fn of_machine(share: MachineShare) -> impl Fn(&mut GeneratorHealth) {
    move |health| {
        health.machine = share;
        health.cpu_percent = 2.0;
        health.run_queue_percent = Some(0.2);
    }
}

#[test]
fn where_nothing_is_known_it_was_something_else_on_the_machine() {
    let (lacked, why) = late(|_| ());
    assert_eq!(lacked, Some(Lacked::OtherWork));
    assert_eq!(
        why,
        "The generator was held up: 1 % of its requests started 212 ms late or later, below 10 ms is needed; its busiest \
         worker used less than 1 % of a core, so other work on this machine, or a limit on its CPU, came before it."
    );
}

#[test]
fn its_own_work_is_a_full_worker_or_a_full_process() {
    let (lacked, why) = late(|health| health.cpu_percent = 97.2);
    assert_eq!(lacked, Some(Lacked::OwnCpu));
    assert!(why.starts_with("The generator was saturated: "), "{why}");
    assert!(why.contains("its busiest worker used 97 % of a core, so it had no CPU left. With the CPU"), "{why}");
    // Two workers on one core: each has a half of it, and each waits for the other.
    let share = |used| MachineShare { cores_used: Some(used), cores_allowed: Some(1.0), ..MachineShare::default() };
    let two = |used| {
        late(move |health| {
            (health.cpu_percent, health.run_queue_percent) = (49.0, Some(50.0));
            health.machine = share(used);
        })
    };
    let (lacked, why) = two(0.9);
    assert_eq!(lacked, Some(Lacked::OwnCpu));
    assert!(why.contains("it used 0.9 of the 1 core that it may use, so it had no CPU left"), "{why}");
    assert_eq!(two(0.89).0, Some(Lacked::OtherWork));
}

#[test]
fn a_quota_that_ran_out_comes_first() {
    let share = |throttled| MachineShare {
        cores_used: Some(0.5),
        cores_allowed: Some(0.5),
        throttled_percent: Some(throttled),
        steal_percent: Some(30.0),
    };
    let (lacked, why) = late(of_machine(share(62.4)));
    assert_eq!(lacked, Some(Lacked::Quota));
    assert!(why.starts_with("The generator was saturated: "), "{why}");
    assert!(why.contains("it may use 0.5 cores, and its CPU quota ran out in 62 % of its periods."), "{why}");
    assert_eq!(late(of_machine(share(0.9))).0, Some(Lacked::OwnCpu), "it used all of the quota nevertheless");
}

/// A quota that ran out in half of its periods, and the cores of it that the generator used, of 2.
fn throttled(used: f64) -> MachineShare {
    MachineShare {
        cores_used: Some(used),
        cores_allowed: Some(2.0),
        throttled_percent: Some(50.0),
        steal_percent: None,
    }
}

#[test]
fn a_quota_that_others_used_up_held_it_up() {
    let judged_late = |used| {
        judged(|health| {
            health.lateness_p99 = ms(212);
            of_machine(throttled(used))(health);
        })
    };
    let (generator, why) = judged_late(0.2);
    assert_eq!((generator.lacked, generator.state()), (Some(Lacked::Quota), "held up"));
    assert!(why.starts_with("The generator was held up: "), "{why}");
    assert!(
        why.contains(
            "it may use 2 cores, and its CPU quota ran out in 50 % of its periods, although it used 0.2 cores: others have"
        ),
        "{why}"
    );
    let (generator, why) = judged_late(1.8);
    assert_eq!((generator.lacked, generator.state()), (Some(Lacked::Quota), "saturated"));
    assert!(why.starts_with("The generator was saturated: ") && !why.contains("although"), "{why}");
}

#[test]
fn what_an_app_did_not_answer_that_used_up_the_quota_of_both_is_the_apps() {
    let with = |used| {
        let mut case = passed().failures(PAGE, 300, FailureKind::Unsent, None);
        of_machine(throttled(used))(&mut case.facts.generator);
        case.judge().outcome
    };
    assert_eq!(with(0.2), Outcome::Failed, "the generator was in time and used little");
    assert_eq!(with(1.8), Outcome::Invalid, "the generator had nothing left itself");
}

#[test]
fn what_took_more_of_its_time_explains_it() {
    let waits = |run_queue: Option<f64>, steal: Option<f64>| {
        late(move |health| {
            (health.cpu_percent, health.run_queue_percent) = (6.4, run_queue);
            health.machine.steal_percent = steal;
        })
    };
    let (lacked, why) = waits(Some(43.2), Some(3.0));
    assert_eq!(lacked, Some(Lacked::OtherWork));
    assert!(why.starts_with("The generator was held up: "), "{why}");
    assert!(
        why.contains("used only 6 % of a core and for 43 % of the time one waited for a core that other work"),
        "{why}"
    );
    let (lacked, why) = waits(Some(3.0), Some(12.0));
    assert_eq!(lacked, Some(Lacked::Steal));
    assert!(why.contains("the hypervisor gave 12 % of its cores' time to other machines (steal)"), "{why}");
    assert_eq!(waits(None, Some(1.0)).0, Some(Lacked::Steal));
    assert_eq!(waits(Some(1.0), None).0, Some(Lacked::OtherWork));
    let (lacked, why) = waits(Some(0.9), Some(0.9));
    assert_eq!(lacked, Some(Lacked::Unexplained));
    assert!(why.contains("no worker waited for a core"), "{why}");
    assert_eq!(waits(None, Some(0.9)).0, Some(Lacked::OtherWork), "the run queue may have been it");
}

#[test]
fn what_a_full_worker_did_not_send_is_not_the_apps() {
    let with = |unsent, cpu| {
        let mut case = passed().failures(PAGE, unsent, FailureKind::Unsent, None);
        case.facts.generator.cpu_percent = cpu;
        let verdict = case.judge();
        (verdict.outcome, verdict.generator.expect("it was measured").lacked, verdict.because.join(" "))
    };
    let (outcome, lacked, why) = with(300, 97.0);
    assert_eq!((outcome, lacked), (Outcome::Invalid, Some(Lacked::OwnCpu)));
    assert!(
        why.starts_with(
            "The generator was saturated: 300 of 1,500 requests (20 %) were not sent, at most 1 % may be; its"
        ),
        "{why}"
    );
    assert_eq!(with(300, 79.0).0, Outcome::Failed, "its users waited for the app");
    assert_eq!(with(12, 97.0).0, Outcome::Failed, "1 % may be");
    assert_eq!(with(13, 97.0).0, Outcome::Invalid);
}

#[test]
fn what_ran_out_is_named() {
    let exhausted = |of| {
        let (generator, why) = judged(|health| {
            health.exhausted = Some(Exhaustion { of, words: "so many bodies that no address is left.".to_owned() });
        });
        (generator.lacked.expect("it is invalid"), generator.state(), why)
    };
    for (of, lacked, state, what) in [
        (Scarce::Descriptors, Lacked::Descriptors, "out of descriptors", "descriptors"),
        (Scarce::Ports, Lacked::Ports, "out of ports", "local ports"),
        (Scarce::Bodies, Lacked::Memory, "out of memory for bodies", "memory for bodies"),
    ] {
        let why = format!(
            "The generator ran out of {what}: so many bodies that no address is left. The app was not judged by it. With \
             what it had of them it made about 20 requests/s of this load."
        );
        assert_eq!(exhausted(of), (lacked, state, why));
    }
}

#[test]
fn what_it_would_have_managed_follows_from_what_a_request_took() {
    // 20 requests/s took 50 % of a worker, so 80 % of it would do for 32.
    let half = |machine: MachineShare| {
        move |health: &mut GeneratorHealth| {
            health.cpu_percent = 50.0;
            health.machine = machine;
        }
    };
    let capacity =
        |machine| judged(half(machine)).0.capacity_per_second.map(|capacity| (capacity * 10.0).round() / 10.0);
    assert_eq!(capacity(MachineShare::default()), Some(32.0));
    // All of it took 0.8 of one core, of which it may use 0.8.
    let one = MachineShare { cores_used: Some(0.8), cores_allowed: Some(1.0), ..MachineShare::default() };
    assert_eq!(capacity(one), Some(20.0));
    let many = MachineShare { cores_allowed: Some(8.0), ..one };
    assert_eq!(capacity(many), Some(32.0), "the busiest worker is full before");
    let full = MachineShare { cores_used: Some(1.0), ..one };
    let (_, why) = late(half(full));
    assert!(why.ends_with(" With the CPU that it may use it would manage about 16 requests/s of this load."), "{why}");
}

/// 20 requests/s were made, and were too late: nobody knows of more.
#[test]
fn what_others_took_it_would_not_have() {
    let capacity = |late: bool, cpu: f64, run_queue: f64, steal: Option<f64>| {
        let (generator, why) = judged(|health| {
            health.lateness_p99 = if late { ms(212) } else { ms(2) };
            (health.cpu_percent, health.run_queue_percent) = (cpu, Some(run_queue));
            health.machine.steal_percent = steal;
        });
        (generator.capacity_per_second.map(|capacity| (capacity * 10.0).round() / 10.0), why)
    };
    assert_eq!(capacity(false, 5.0, 0.9, Some(0.9)).0, Some(320.0), "as much as explains nothing");
    assert_eq!(capacity(false, 5.0, 15.0, Some(0.9)).0, Some(80.0));
    assert_eq!(capacity(false, 5.0, 15.0, Some(20.0)).0, Some(40.0));
    let (most, why) = capacity(true, 3.0, 80.0, None);
    assert_eq!(most, Some(19.3));
    let left = " With what this machine left to it, it would manage at most about 19 requests/s of this load.";
    assert!(why.contains("only 3 % of a core and for 80 % of the time") && why.ends_with(left), "{why}");
    assert_eq!(capacity(true, 5.0, 15.0, Some(20.0)).0, Some(20.0), "it was not good enough for that");
    let (most, why) = capacity(true, 5.0, 0.0, None);
    assert!(why.contains("no worker waited for a core") && why.contains("at most about 20 requests/s"), "{why}");
    assert_eq!(most, Some(20.0));
}

#[test]
fn a_limit_is_told_with_the_load_that_it_carried() {
    let (generator, _) = judged(|health| {
        health.cpu_percent = 5.0;
        health.exhausted = Some(Exhaustion { of: Scarce::Ports, words: "no address is left".to_owned() });
    });
    assert_eq!(generator.capacity_per_second, Some(20.0), "no CPU makes it more");
}

#[test]
fn what_is_not_measured_is_null() {
    let (generator, _) = judged(|_| ());
    assert_eq!(generator.capacity_per_second, None, "it took no CPU time that was seen");
    let row = serde_json::to_value(&generator).expect("it is JSON");
    for key in ["run_queue_percent", "cores_used", "cores_allowed", "throttled_percent", "steal_percent"] {
        assert!(row[key].is_null() && row.get(key).is_some(), "{key}: {row}");
    }
    let mut few = Case::of(success_rate(Op::GreaterOrEqual, 1.0)).requests(PAGE, 99, ms(40)).readings(&[10.0; 20]);
    few.facts.generator.cpu_percent = 50.0;
    let verdict = few.judge();
    assert_eq!(verdict.generator.expect("it was measured").capacity_per_second, None, "99 requests are too few");
    assert_ne!(verdict.outcome, Outcome::Invalid);
}
