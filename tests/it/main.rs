//! Everything that a client can see, told as stories over real ports. One binary: each file is a noun.

mod access;
mod breaking;
mod calls;
mod changes;
mod conformance;
mod decisions;
mod expense;
mod fuzz;
mod history;
mod limits;
mod login;
mod processes;
mod program;
mod races;
mod requirements;
mod schema;
mod sealing;
mod signals;
mod simulation;
mod sockets;
mod tasks;
mod tenancy;
mod timers;
mod vacation;
mod work;
mod worklist;
