//! The values of one input, cut into the regions that the cells of a table tell apart: so that "which rules overlap" and
//! "what is not covered" become questions about sets of numbers. Numbers and dates give points and the gaps between them;
//! texts and booleans one region each; null is a region of its own.
//!
//! ```text
//!  cells   < 1000        [1000..5000]            > 5000
//!  regions (…, 1000)  {1000}  (1000, 5000)  {5000}  (5000, …)   null
//! ```

use std::collections::BTreeSet;
use std::fmt;

use rust_decimal::Decimal;

use super::Type;
use crate::expr::{End, Point, Shape, Span, TemporalKind, UnaryTests};

/// Cells times regions of one input that are looked at; with more, the input is left out.
const WORK: usize = 4_000_000;

/// A set of small numbers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    fn none(size: usize) -> Bits {
        Bits(vec![0; size.div_ceil(64)])
    }

    pub fn of(size: usize, members: impl IntoIterator<Item = usize>) -> Bits {
        let mut bits = Bits::none(size);
        for member in members {
            bits.0[member / 64] |= 1 << (member % 64);
        }
        bits
    }

    pub fn has(&self, member: usize) -> bool {
        self.0[member / 64] & (1 << (member % 64)) != 0
    }

    pub fn and(&self, other: &Bits) -> Bits {
        Bits(self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub fn meets(&self, other: &Bits) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    /// Whether all members of the other are members of this.
    pub fn holds(&self, other: &Bits) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & b == *b)
    }

    pub fn members(&self) -> impl Iterator<Item = usize> {
        (0..self.0.len() * 64).filter(|member| self.has(*member))
    }

    /// How much looking at it costs.
    pub fn words(&self) -> usize {
        self.0.len()
    }
}

/// A piece of the values of an input.
#[derive(Clone, PartialEq, Debug)]
enum Region {
    Null,
    One(Point),
    /// Between two points that follow each other, neither included.
    Between(Option<Point>, Option<Point>),
    /// Every value that no cell names.
    Other,
}

/// One input with its regions.
pub(super) struct Column {
    regions: Vec<Region>,
    /// The regions that values may lie in.
    pub alive: Bits,
    /// The regions that somebody ought to have thought of.
    pub expected: Bits,
    /// The regions that each rule admits; `None` if the cell alone does not say.
    pub cells: Vec<Option<Bits>>,
}

impl Column {
    pub fn new(kind: Type, allowed: &UnaryTests, tests: &[&UnaryTests]) -> Column {
        let shapes: Vec<Option<Shape>> = tests.iter().map(|test| test.shape()).collect();
        let allowed = match allowed.is_any() {
            true => None,
            false => allowed.shape(),
        };
        let points: BTreeSet<Point> = shapes
            .iter()
            .chain([&allowed])
            .flatten()
            .flat_map(|shape| shape.spans.iter().flat_map(points))
            .collect();
        let Some(regions) = cut(kind, points) else {
            return Column::blind(tests);
        };
        let size = regions.len();
        if tests.len().saturating_mul(size) > WORK {
            return Column::blind(tests);
        }
        let admitted = |shape: &Shape| {
            let admits = |ix: &usize| admits(shape, &regions[*ix]);
            Bits::of(size, (0..size).filter(admits))
        };
        let all = Bits::of(size, 0..size);
        let null = Bits::of(size, [0]);
        let cells: Vec<Option<Bits>> = shapes
            .iter()
            .map(|shape| shape.as_ref().filter(|shape| is_told(shape, &regions)))
            .map(|shape| shape.map(admitted))
            .collect();
        let named = allowed.filter(|shape| is_told(shape, &regions));
        let expected = match &named {
            Some(shape) => admitted(shape),
            None => implied(kind, &regions, &cells),
        };
        let alive = match &named {
            Some(_) => Bits::of(size, expected.members().chain(null.members())),
            None => all,
        };
        Column {
            regions,
            expected,
            cells: cells
                .into_iter()
                .map(|cell| cell.map(|cell| cell.and(&alive)))
                .collect(),
            alive,
        }
    }

    /// A column whose cells cannot be compared: only those that admit everything are told.
    fn blind(tests: &[&UnaryTests]) -> Column {
        let all = Bits::of(1, [0]);
        Column {
            regions: vec![Region::Other],
            cells: tests
                .iter()
                .map(|test| test.is_any().then(|| all.clone()))
                .collect(),
            expected: all.clone(),
            alive: all,
        }
    }

    /// Some regions in words, the first few.
    pub fn describe(&self, bits: &Bits) -> String {
        const NAMED: usize = 3;
        let all: Vec<usize> = bits.members().collect();
        let mut pieces: Vec<String> = Vec::new();
        let mut next = 0;
        while next < all.len() && pieces.len() < NAMED {
            let start = next;
            while next + 1 < all.len() && self.follows(all[next], all[next + 1]) {
                next += 1;
            }
            pieces.push(run(&self.regions[all[start]], &self.regions[all[next]]));
            next += 1;
        }
        if next < all.len() {
            pieces.push("…".to_owned());
        }
        pieces.join(", ")
    }

    /// Whether two regions are neighbours on a line.
    fn follows(&self, one: usize, other: usize) -> bool {
        let is_line = |ix: usize| match &self.regions[ix] {
            Region::Between(..) => true,
            Region::One(point) => matches!(point, Point::Number(_) | Point::Temporal(..)),
            Region::Null | Region::Other => false,
        };
        one + 1 == other && is_line(one) && is_line(other)
    }
}

/// The regions of a column; `None` if its points are of several kinds.
fn cut(kind: Type, points: BTreeSet<Point>) -> Option<Vec<Region>> {
    let points: Vec<Point> = points.into_iter().filter(|p| *p != Point::Null).collect();
    let mut regions = vec![Region::Null];
    let Some(first) = points.first() else {
        match kind {
            Type::Boolean => regions.extend([false, true].map(|b| Region::One(Point::Bool(b)))),
            Type::Any | Type::Text | Type::Number | Type::Integer | Type::Temporal => {
                regions.push(Region::Other);
            }
        }
        return Some(regions);
    };
    if !points.iter().all(|point| is_alike(first, point)) {
        return None;
    }
    match first {
        Point::Bool(_) => regions.extend([false, true].map(|b| Region::One(Point::Bool(b)))),
        Point::Text(_) => {
            regions.extend(points.into_iter().map(Region::One));
            regions.push(Region::Other);
        }
        Point::Number(_) | Point::Temporal(..) => {
            let mut before: Option<Point> = None;
            for point in points {
                if has_room(kind, before.as_ref(), &point) {
                    regions.push(Region::Between(before, Some(point.clone())));
                }
                regions.push(Region::One(point.clone()));
                before = Some(point);
            }
            regions.push(Region::Between(before, None));
        }
        Point::Null => {}
    }
    Some(regions)
}

fn is_alike(one: &Point, other: &Point) -> bool {
    if let (Point::Temporal(a, _), Point::Temporal(b, _)) = (one, other) {
        return a == b;
    }
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

/// Whether a value lies between two points: none does between days, or between whole numbers, that follow each other.
fn has_room(kind: Type, low: Option<&Point>, high: &Point) -> bool {
    if let (Some(Point::Number(low)), Point::Number(high)) = (low, high)
        && kind == Type::Integer
    {
        let apart = high
            .checked_sub(*low)
            .is_none_or(|apart| apart > Decimal::ONE);
        return apart || !low.is_integer() || !high.is_integer();
    }
    if let (Some(Point::Temporal(kind, low)), Point::Temporal(_, high)) = (low, high)
        && matches!(kind, TemporalKind::Date | TemporalKind::Months)
    {
        return high.saturating_sub(*low) > 1;
    }
    true
}

fn points(span: &Span) -> Vec<Point> {
    match span {
        Span::One(point) | Span::Except(point) => vec![point.clone()],
        Span::Between(low, high) => [low, high]
            .into_iter()
            .flatten()
            .map(|end| end.point.clone())
            .collect(),
    }
}

/// Whether the regions are fine enough to say what a cell admits: texts have no order here.
fn is_told(shape: &Shape, regions: &[Region]) -> bool {
    let is_line = regions
        .iter()
        .any(|region| matches!(region, Region::Between(..)));
    is_line
        || !shape
            .spans
            .iter()
            .any(|span| matches!(span, Span::Between(..)))
}

fn admits(shape: &Shape, region: &Region) -> bool {
    // Null compares with no range, and what does not compare is not admitted, denied or not.
    let is_ranged = shape
        .spans
        .iter()
        .any(|span| matches!(span, Span::Between(..)));
    if *region == Region::Null && is_ranged && shape.negated {
        return false;
    }
    shape.spans.iter().any(|span| covers(span, region)) != shape.negated
}

fn covers(span: &Span, region: &Region) -> bool {
    match span {
        Span::One(Point::Null) => *region == Region::Null,
        Span::One(point) => matches!(region, Region::One(one) if one == point),
        Span::Except(Point::Null) => *region != Region::Null,
        Span::Except(point) => !matches!(region, Region::One(one) if one == point),
        Span::Between(low, high) => match region {
            Region::Null | Region::Other => false,
            Region::One(point) => above(low.as_ref(), point) && below(high.as_ref(), point),
            Region::Between(from, to) => {
                starts(low.as_ref(), from.as_ref()) && ends(high.as_ref(), to.as_ref())
            }
        },
    }
}

fn above(low: Option<&End>, point: &Point) -> bool {
    low.is_none_or(|low| *point > low.point || (low.closed && *point == low.point))
}

fn below(high: Option<&End>, point: &Point) -> bool {
    high.is_none_or(|high| *point < high.point || (high.closed && *point == high.point))
}

fn starts(low: Option<&End>, from: Option<&Point>) -> bool {
    match (low, from) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(low), Some(from)) => *from >= low.point,
    }
}

fn ends(high: Option<&End>, to: Option<&Point>) -> bool {
    match (high, to) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(high), Some(to)) => *to <= high.point,
    }
}

/// The regions that a table without input values seems to be made for: both booleans, the texts that it names, and on a
/// line everything between the lowest and the highest value that a rule admits. What lies outside may never occur.
fn implied(kind: Type, regions: &[Region], cells: &[Option<Bits>]) -> Bits {
    let size = regions.len();
    let all = Bits::of(size, 0..size);
    let named = cells
        .iter()
        .flatten()
        .filter(|cell| **cell != all)
        .flat_map(Bits::members)
        .filter(|ix| matches!(regions[*ix], Region::One(_) | Region::Between(..)));
    let ends = named.fold(None, |ends: Option<(usize, usize)>, ix| {
        Some(ends.map_or((ix, ix), |(low, high)| (low.min(ix), high.max(ix))))
    });
    let is_line = regions
        .iter()
        .any(|region| matches!(region, Region::Between(..)));
    match ends {
        Some((low, high)) if is_line => Bits::of(size, low..=high),
        Some(_) => Bits::of(
            size,
            (0..size).filter(|ix| matches!(regions[*ix], Region::One(_))),
        ),
        None if kind == Type::Boolean => Bits::of(size, 1..size),
        // Nobody looks at it: any one value stands for all.
        None => Bits::of(size, [size - 1]),
    }
}

/// A run of regions in words.
fn run(first: &Region, last: &Region) -> String {
    match (first, last) {
        (Region::Null, _) => "null".to_owned(),
        (Region::Other, _) => "any other value".to_owned(),
        (Region::One(one), Region::One(other)) if one == other => shown(one).to_string(),
        (first, last) => {
            let low = match first {
                Region::One(point) => format!("[{}", shown(point)),
                Region::Between(Some(point), _) => format!("({}", shown(point)),
                Region::Between(None, _) | Region::Null | Region::Other => String::new(),
            };
            let high = match last {
                Region::One(point) => format!("{}]", shown(point)),
                Region::Between(_, Some(point)) => format!("{})", shown(point)),
                Region::Between(_, None) | Region::Null | Region::Other => String::new(),
            };
            match (low.is_empty(), high.is_empty()) {
                (true, true) => "any value".to_owned(),
                (true, false) => match high.strip_suffix(']') {
                    Some(point) => format!("<= {point}"),
                    None => format!("< {}", high.trim_end_matches(')')),
                },
                (false, true) => match low.strip_prefix('[') {
                    Some(point) => format!(">= {point}"),
                    None => format!("> {}", low.trim_start_matches('(')),
                },
                (false, false) => format!("{low}..{high}"),
            }
        }
    }
}

fn shown(point: &Point) -> impl fmt::Display {
    match point {
        Point::Null => "null".to_owned(),
        Point::Bool(bool) => bool.to_string(),
        Point::Number(number) => number.normalize().to_string(),
        Point::Text(text) => format!("\"{text}\""),
        Point::Temporal(kind, place) => kind.show(*place),
    }
}
