//! Properties: another version that says the same in other numbers and names changes nothing, and no version whatever
//! breaks anything.

use proptest::prelude::*;
use serde_json::json;

use super::entry;
use crate::bpmn::{Element, ElementIx, Flow, FlowIx, Kind, Process, Throw};
use crate::engine::migrate::{MappingEntry, Refusal};
use crate::engine::tests::blocks::{Block, Layout, block};
use crate::engine::tests::build::Build;
use crate::engine::tests::play::Play;
use crate::engine::tests::properties::act;
use crate::value::Name;

/// The same process with elements and flows between the others, which nothing leads to, so that every number is another one;
/// and with other names.
fn renumbered(process: &Process, pads: &[bool], prefix: &str) -> Build {
    let pad = |at: usize| pads[at % pads.len()];
    let mut places = Vec::new();
    let mut next = 1;
    for at in 0..process.elements.len() {
        next += u32::from(pad(at));
        places.push(ElementIx(next));
        next += 1;
    }
    let element = |ix: ElementIx| places[ix.0 as usize];
    let flow = |ix: FlowIx| FlowIx(ix.0 * 2 + 1);
    let mut build = Build::new();
    build.process.flows = vec![];
    for at in 0..next {
        let stands = places.iter().position(|place| place.0 == at);
        let Some(stands) = stands else {
            build.pass(&format!("pad{at}"));
            continue;
        };
        let was = &process.elements[stands];
        let mut kind = was.kind.clone();
        let each = |throw: &mut Throw| {
            if let Throw::Compensate {
                activity: Some(activity),
                ..
            } = throw
            {
                *activity = element(*activity);
            }
        };
        match &mut kind {
            Kind::Boundary { on, .. } => *on = element(*on),
            Kind::LinkSource(target) => *target = element(*target),
            Kind::Throw(Throw::Multiple(all)) | Kind::End(Throw::Multiple(all)) => {
                all.iter_mut().for_each(each);
            }
            Kind::Throw(throw) | Kind::End(throw) => each(throw),
            _ => {}
        }
        let id = format!("{prefix}{}", was.id);
        let ix = build.add(&id, Kind::PassThrough);
        build.process.elements[ix.0 as usize] = Element {
            id: Name::from(id),
            kind,
            parent: was.parent.map(element),
            incoming: was.incoming.iter().copied().map(flow).collect(),
            outgoing: was.outgoing.iter().copied().map(flow).collect(),
            default: was.default.map(flow),
            boundaries: was.boundaries.iter().copied().map(element).collect(),
            compensation: was.compensation.map(element),
            ..was.clone()
        };
    }
    let (one, other) = (ElementIx(0), ElementIx(0));
    for was in &process.flows {
        build.process.flows.push(Flow {
            id: None,
            source: one,
            target: other,
            condition: None,
        });
        build.process.flows.push(Flow {
            source: element(was.source),
            target: element(was.target),
            ..was.clone()
        });
    }
    build
}

fn renamed(process: &Process, prefix: &str) -> Vec<MappingEntry> {
    let ids = process.elements.iter().map(|element| &element.id);
    ids.map(|id| entry(id, Some(&format!("{prefix}{id}"))))
        .collect()
}

fn play(block: &Block, dice: &[u32]) -> Play {
    Play::with(Layout::of(block), json!({"x": dice[0] % 11})).0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_in_other_numbers_and_names_goes_on_as_if_nothing_had_happened(
        block in block(),
        dice in prop::collection::vec(any::<u32>(), 16),
        pads in prop::collection::vec(any::<bool>(), 1..9),
        at in 0..12_usize,
        rename in any::<bool>(),
    ) {
        let (mut one, mut other) = (play(&block, &dice), play(&block, &dice));
        let prefix = if rename { "other_" } else { "" };
        let mut moves = 0;
        loop {
            if moves == at && !other.is_over() {
                let to = renumbered(&other.process, &pads, prefix);
                let mapping = renamed(&other.process, prefix);
                let (plan, trace) = other.go_to(to, if rename { &mapping } else { &[] });
                let kept = plan.waits.iter().all(|wait| wait.fate == crate::engine::migrate::Fate::Kept);
                prop_assert!(kept, "{:?}", plan.waits);
                let quiet = trace.split(' ').all(|part| part == "migrated" || part.starts_with("renewed:"));
                prop_assert!(quiet, "{trace}");
            }
            let dice = dice[moves % dice.len()].wrapping_add(moves as u32);
            let (here, there) = (act(&mut one, dice), act(&mut other, dice));
            let there = there.map(|trace| trace.replace("other_", ""));
            prop_assert_eq!(&here, &there);
            prop_assert_eq!(&one.instance.data, &other.instance.data);
            let stands = other.stands().join(" ").replace("other_", "");
            prop_assert_eq!(one.stands().join(" "), stands);
            moves += 1;
            if here.is_none() || moves > 500 {
                break;
            }
        }
        prop_assert!(one.is_over() && other.is_over());
    }

    #[test]
    fn whatever_the_other_version_is_nothing_breaks(
        from in block(),
        to in block(),
        dice in prop::collection::vec(any::<u32>(), 16),
        at in 0..8_usize,
    ) {
        let mut play = play(&from, &dice);
        for dice in dice.iter().take(at) {
            act(&mut play, *dice);
        }
        let to = Layout::of(&to);
        match play.judge_migration(&to, &[]) {
            Err(Refusal::Rejected(_)) => prop_assert!(play.is_over()),
            Err(Refusal::Obstructed(obstacles)) => prop_assert!(!obstacles.is_empty()),
            Ok(_) => {
                play.go_to(to, &[]);
                let mut moves = 0;
                while moves < 200 && act(&mut play, dice[moves % dice.len()].wrapping_add(moves as u32)).is_some() {
                    moves += 1;
                }
            }
        }
    }
}
