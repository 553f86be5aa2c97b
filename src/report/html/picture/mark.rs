//! Marks on lines, which tell them apart for those who do not see their colours: a shape for each percentile, a number for
//! each phase. The key of a picture shows them as they are drawn.

/// What stands on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// A filled dot.
    Dot,
    /// A hollow square.
    Square,
    /// A filled triangle.
    Triangle,
    /// A number on a filled disc.
    Number(usize),
    /// A number in a ring.
    Ring(usize),
}

/// Between the middles of two numbers, so that neither covers the other.
const APART: f64 = 20.0;

/// Lines that are fewer have their number twice.
const FEW: usize = 4;

impl Mark {
    /// Its name in the key.
    pub(super) fn shape(self) -> &'static str {
        match self {
            Self::Dot => "dot",
            Self::Square => "square",
            Self::Triangle => "triangle",
            Self::Number(_) => "disc",
            Self::Ring(_) => "ring",
        }
    }

    /// What is written in it; empty for a plain shape.
    pub(super) fn number(self) -> String {
        match self {
            Self::Number(number) | Self::Ring(number) => number.to_string(),
            Self::Dot | Self::Square | Self::Triangle => String::new(),
        }
    }
}

/// Which of so many points of a line have its mark: about one in `every`, and on the `at`-th `of` several lines over the same
/// time others than on the rest, because such lines often lie on one another.
pub(super) fn marked(points: usize, every: usize, [at, of]: [usize; 2]) -> Vec<usize> {
    let Some(last) = points.checked_sub(1) else { return Vec::new() };
    let every = every.max(of);
    let first = every * at / of.max(1);
    if first <= last { (first..points).step_by(every).collect() } else { vec![last * at / of.saturating_sub(1).max(1)] }
}

/// Where the numbers of lines stand, as the line and the place of its point. They are spread over the breadth of the picture,
/// in which lines of equal values lie on one another, and stand neither on one another nor on what is `taken`, as long as
/// there is room. All points are in the picture's own units.
pub(super) fn numbered(lines: &[Vec<(f64, f64)>], taken: &[(f64, f64)]) -> Vec<(usize, usize)> {
    let times = if lines.len() <= FEW { 2 } else { 1 };
    let all = (lines.len() * times) as f64;
    let mut taken = taken.to_vec();
    let mut found = Vec::new();
    for time in 0..times {
        for (at, line) in lines.iter().enumerate() {
            // The left part, where the common requests are, is crowded most.
            let wanted = 0.25 + 0.72 * ((time * lines.len() + at) as f64 + 0.5) / all;
            let last = line.len().saturating_sub(1) as f64;
            let mut places: Vec<usize> = (0..line.len()).collect();
            let far = |place: &usize| (*place as f64 / last.max(1.0) - wanted).abs();
            places.sort_by(|one, other| far(one).total_cmp(&far(other)));
            let free = |place: &&usize| {
                let (x, y) = line[**place];
                taken.iter().all(|(other_x, other_y)| (x - other_x).hypot(y - other_y) >= APART)
            };
            // A line has its number once, if need be on another.
            let place = places.iter().find(free).or_else(|| places.first().filter(|_| time == 0));
            if let Some(place) = place {
                taken.push(line[*place]);
                found.push((at, *place));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_over_the_same_time_are_marked_at_different_points() {
        let marks = [0, 1, 2].map(|at| marked(20, 6, [at, 3]));
        assert_eq!(marks, [vec![0, 6, 12, 18], vec![2, 8, 14], vec![4, 10, 16]]);
    }

    #[test]
    fn the_shortest_line_has_a_mark() {
        assert_eq!([0, 1, 2].map(|at| marked(3, 1, [at, 3])), [vec![0], vec![1], vec![2]]);
        assert_eq!([0, 1, 2].map(|at| marked(2, 9, [at, 3])), [vec![0], vec![0], vec![1]]);
        assert_eq!(marked(1, 9, [2, 3]), [0]);
        assert!(marked(0, 9, [0, 1]).is_empty());
    }

    #[test]
    fn each_of_many_equal_lines_has_its_number_beside_the_others() {
        let line: Vec<(f64, f64)> = (0..50).map(|at| (f64::from(at) * 9.4, 200.0 - f64::from(at))).collect();
        for lines in [1, 3, 12] {
            let equal = vec![line.clone(); lines];
            let found = numbered(&equal, &[(200.0, 180.0)]);
            let times = if lines <= FEW { 2 } else { 1 };
            assert_eq!(found.len(), lines * times);
            let mut places: Vec<usize> = found.iter().map(|(_, place)| *place).collect();
            places.sort_unstable();
            assert!(places.windows(2).all(|two| line[two[1]].0 - line[two[0]].0 >= 18.0), "{places:?}");
            let mut lines_found: Vec<usize> = found.iter().map(|(line, _)| *line).collect();
            lines_found.sort_unstable();
            lines_found.dedup();
            assert_eq!(lines_found.len(), lines);
        }
    }

    #[test]
    fn a_line_without_room_has_its_number_all_the_same() {
        let crowded = vec![vec![(0.0, 0.0), (5.0, 0.0)]; 7];
        let found = numbered(&crowded, &[]);
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6]);
        assert!(numbered(&[Vec::new()], &[]).is_empty());
    }
}
