//! Random processes, and random people on them. After every command `Play` checks
//! that a replay gives the same state, that storing loses nothing, and that nothing is left behind by what is gone.

use proptest::prelude::*;
use serde_json::json;

use super::blocks::{Layout, block};
use super::play::{Play, administrator, person};
use crate::engine::command::Command;
use crate::engine::event::Event;
use crate::engine::instance::InstanceState;
use crate::task::TaskCommand;
use crate::value::Name;

/// One move of somebody: what came of it; nothing if nothing could be done.
pub(super) fn act(play: &mut Play, dice: u32) -> Option<String> {
    let tasks: Vec<_> = play.instance.open_tasks().map(|task| task.id).collect();
    let timers: Vec<_> = play.instance.timers.iter().map(|timer| timer.id).collect();
    let waits = usize::from(!play.instance.waits.is_empty());
    let signals = usize::from(!play.instance.signals.is_empty());
    let all = tasks.len() + timers.len() + waits + signals;
    if all == 0 {
        return None;
    }
    let ann = person("ann");
    let chosen = dice as usize % all;
    let happened = if let Some(task) = tasks.get(chosen) {
        let command = TaskCommand::Complete {
            data: super::play::data(json!({"x": dice % 11})),
            outcome: None,
        };
        play.command(&Command::Task {
            task: *task,
            actor: &ann,
            command,
            expected_revision: None,
        })
    } else if let Some(timer) = timers.get(chosen - tasks.len()) {
        let due = play.instance.timers.iter().find(|held| held.id == *timer);
        play.now = play.now.max(due.unwrap().due_at);
        play.command(&Command::Fire(*timer))
    } else if waits == 1 && chosen == tasks.len() + timers.len() {
        play.message("m")
    } else {
        let signal = Command::Signal {
            name: Name::from("s"),
            data: super::play::data(json!({})),
        };
        play.command(&signal)
    };
    Some(happened.unwrap())
}

/// How often tokens of a parallel gateway were done, over the flows that come in.
fn firings(play: &Play, id: &str) -> (usize, usize) {
    let element = play.process.by_id[id];
    let done = play
        .events()
        .filter(|event| matches!(event, Event::Completed { element: at, .. } if *at == element));
    let flows = play.process.element(element).incoming.len();
    let done = done.count();
    (done / flows, done % flows)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_run_comes_to_its_end(block in block(), dice in prop::collection::vec(any::<u32>(), 16)) {
        let (mut play, _) = Play::with(Layout::of(&block), json!({"x": dice[0] % 11}));
        let mut moves = 0;
        while act(&mut play, dice[moves % dice.len()].wrapping_add(moves as u32)).is_some() {
            moves += 1;
            prop_assert!(moves < 500, "{:?}", play.stands());
        }
        prop_assert!(play.instance.incidents.is_empty(), "{:?}", play.instance.incidents);
        prop_assert!(play.is_over(), "{:?}", play.stands());
        prop_assert!(play.instance.timers.is_empty() && play.instance.waits.is_empty());
        prop_assert!(play.instance.open_tasks().next().is_none());
        prop_assert!(play.instance.signals.is_empty() && play.instance.conditions.is_empty());
        prop_assert!(play.instance.gates.is_empty() && play.instance.compensable.is_empty());
    }

    #[test]
    fn a_parallel_join_fires_as_often_as_its_fork(block in block(), dice in prop::collection::vec(any::<u32>(), 16)) {
        let (mut play, _) = Play::with(Layout::of(&block), json!({"x": dice[0] % 11}));
        let mut moves = 0;
        while moves < 500
            && act(&mut play, dice[moves % dice.len()].wrapping_add(moves as u32)).is_some()
        {
            moves += 1;
        }
        let undisturbed = !play.events().any(|event| matches!(event, Event::Cancelled { .. }));
        let mut gateways: Vec<(u32, &Name)> = play
            .process
            .by_id
            .keys()
            .filter_map(|id| Some((id.strip_prefix("parallel")?.parse().unwrap(), id)))
            .collect();
        gateways.sort();
        // A fork and its join are laid out one after the other.
        for pair in gateways.chunks(2) {
            let (fork, join) = (firings(&play, pair[0].1), firings(&play, pair[1].1));
            prop_assert_eq!(join.1, 0, "a join takes whole sets");
            prop_assert!(join.0 <= fork.0);
            prop_assert!(!undisturbed || join.0 == fork.0);
        }
    }

    #[test]
    fn nothing_is_left_of_a_run_that_was_ended(
        block in block(),
        dice in prop::collection::vec(any::<u32>(), 0..12),
        withdrawn in any::<bool>(),
    ) {
        let (mut play, _) = Play::with(Layout::of(&block), json!({"x": 4}));
        for dice in dice {
            act(&mut play, dice);
        }
        let (ann, adam) = (person("ann"), administrator());
        let (command, state) = if withdrawn {
            (Command::Withdraw(&ann), InstanceState::Withdrawn)
        } else {
            (Command::Terminate(&adam), InstanceState::Terminated)
        };
        let ended = play.command(&command);
        prop_assert_eq!(ended.is_err(), play.is_over());
        prop_assert!(play.is_over() || play.instance.state == state);
        prop_assert!(play.instance.signals.is_empty() && play.instance.conditions.is_empty());
        prop_assert!(play.instance.gates.is_empty() && play.instance.compensable.is_empty());
        prop_assert!(play.instance.tokens.is_empty() && play.instance.scopes.is_empty());
        prop_assert!(play.instance.timers.is_empty() && play.instance.waits.is_empty());
        prop_assert!(play.instance.open_tasks().next().is_none());
    }
}
