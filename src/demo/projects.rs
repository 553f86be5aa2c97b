//! The projects, from small to worst, and what each costs.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

/// A project: its rows make its answers longer and its queries slower.
#[derive(Clone, Copy, Debug)]
pub(super) struct Project {
    pub(super) id: u32,
    pub(super) name: &'static str,
    /// Work items.
    pub(super) rows: u32,
    /// What its page holds a connection for.
    pub(super) page_query: Duration,
    /// What its chart data holds a connection for.
    pub(super) chart_query: Duration,
}

const fn project(id: u32, name: &'static str, rows: u32, page_ms: u64, chart_ms: u64) -> Project {
    let (page_query, chart_query) = (Duration::from_millis(page_ms), Duration::from_millis(chart_ms));
    Project { id, name, rows, page_query, chart_query }
}

/// The strategy document's five. The times keep the pool of 100 at a third at 1,000 users on the worst project: an
/// iteration holds a connection for 57 ms (page 12, chart 34, dashboard 6, write 5), and 500 iterations begin each second.
pub(super) const ALL: [Project; 5] = [
    project(160, "Garden shed", 10, 3, 5),
    project(161, "Family house", 25, 5, 10),
    project(163, "School", 50, 9, 20),
    project(139, "Hospital", 60, 10, 24),
    project(162, "Harbour bridge", 80, 12, 34),
];

/// A project with its answers, made once.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) project: Project,
    pub(super) page: Bytes,
    pub(super) chart: Bytes,
}

/// All projects with their answers.
pub(super) fn prepare() -> Vec<Prepared> {
    let prepared = |project: Project| Prepared { project, page: page(&project), chart: chart(&project) };
    ALL.into_iter().map(prepared).collect()
}

fn page(project: &Project) -> Bytes {
    let value = json!({"id": project.id, "name": project.name, "items": project.rows, "currency": "EUR"});
    value.to_string().into()
}

fn chart(project: &Project) -> Bytes {
    let row = |n: u32| json!({"item": n, "planned": n * 7 % 100, "done": n * 5 % 100});
    let rows: Vec<Value> = (1..=project.rows).map(row).collect();
    json!({"project": project.id, "rows": rows}).to_string().into()
}

#[cfg(test)]
mod tests {
    use super::prepare;

    #[test]
    fn every_larger_project_costs_more() {
        let prepared = prepare();
        for pair in prepared.windows(2) {
            let (smaller, larger) = (&pair[0], &pair[1]);
            assert!(smaller.project.page_query < larger.project.page_query);
            assert!(smaller.project.chart_query < larger.project.chart_query);
            assert!(smaller.chart.len() < larger.chart.len());
        }
    }
}
