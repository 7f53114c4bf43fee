//! Tests of the engine: processes built by hand, people who act on them, and the events that come of it in short form.

mod blocks;
mod build;
mod play;

mod ad_hoc;
mod boundaries;
mod budgets;
mod business_rules;
mod calls;
mod commands;
mod compensation;
mod complex;
mod conditions;
mod escalations;
mod event_sub_processes;
mod gateways;
mod history;
mod incidents;
mod inclusive;
mod interventions;
mod links;
mod lists;
mod loops;
mod messages;
mod multi_instances;
mod multiple;
mod properties;
mod quantities;
mod signals;
mod simulation;
mod starts;
mod sub_processes;
mod transactions;
mod user_tasks;
mod waits;
mod work;
