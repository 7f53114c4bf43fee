//! Tests of the engine: processes built by hand, people who act on them, and the events that come of it in short form.

mod blocks;
mod build;
mod play;

mod boundaries;
mod budgets;
mod commands;
mod conditions;
mod escalations;
mod event_sub_processes;
mod gateways;
mod incidents;
mod inclusive;
mod links;
mod lists;
mod loops;
mod multi_instances;
mod properties;
mod starts;
mod sub_processes;
mod times;
mod user_tasks;
mod waits;
mod work;
