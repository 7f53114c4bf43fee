//! G3, G6, G7 and G8 for one object: who may read an instance, a task, a process, as an [`Acl`]; and the few questions
//! that are asked of a person who reads already.
//!
//! Excluded people (G4) and candidacy: to be a candidate opens the task and its instance, to be excluded takes exactly
//! that back. An access list cannot say "this group, but not that member", only deny a person altogether; so an excluded
//! person is denied where candidacy is all that could let them in, and not where something else does: the lists name
//! them, or they have the task. Between these lies what is unknown here, a list that names groups, of which the person
//! may or may not be. There the *task* stays closed, for being excluded from it is a rule about it; the *instance*
//! stays open to the lists, for a person whom one step leaves out must not lose the case.

use std::collections::BTreeSet;

use super::{Acl, Actor, Principal, Privilege, state};
use crate::bpmn::{AccessPolicy, Naming, Principals, Process};
use crate::engine::instance::{Instance, InstanceState, Lists, ScopeId, Token};
use crate::task::{Task, TaskState};
use crate::value::Name;

/// What G6 judges apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Start.
    Create,
    /// Read.
    Read,
    /// Change data.
    Update,
    /// Withdraw.
    Delete,
    /// Send a message or an event.
    Signal,
}

/// The sets that G3 and G6 ask for besides a grant, each once: three at most, and one more for each instance above. An empty
/// set is met by nobody.
pub fn required(
    process: &Process,
    instance: &Instance,
    operation: Operation,
) -> Vec<BTreeSet<Principal>> {
    let mut sets = services(process, instance);
    for set in policy(process, instance, operation) {
        if !sets.contains(&set) {
            sets.push(set);
        }
    }
    sets
}

/// G3 of the process alone.
fn service(process: &Process) -> Option<BTreeSet<Principal>> {
    process.security_roles.as_deref().map(any_role)
}

/// G3: of the process, and of every instance above, whatever their models say by now.
pub(crate) fn services(process: &Process, instance: &Instance) -> Vec<BTreeSet<Principal>> {
    let mut sets: Vec<_> = service(process).into_iter().collect();
    for roles in instance.parent.iter().flat_map(|parent| &parent.roles) {
        let set = any_role(roles);
        if !sets.contains(&set) {
            sets.push(set);
        }
    }
    sets
}

fn any_role(roles: &[Name]) -> BTreeSet<Principal> {
    roles.iter().cloned().map(Principal::Role).collect()
}

/// G6.
fn policy(
    process: &Process,
    instance: &Instance,
    operation: Operation,
) -> Vec<BTreeSet<Principal>> {
    let mut sets = Vec::new();
    add_policy(&process.policy, instance, operation, &mut sets);
    sets
}

fn add_policy(
    policy: &AccessPolicy,
    instance: &Instance,
    operation: Operation,
    sets: &mut Vec<BTreeSet<Principal>>,
) {
    match policy {
        AccessPolicy::AllowAll => {}
        AccessPolicy::Participants => sets.push(participants(instance)),
        AccessPolicy::Initiator => sets.push(match operation {
            Operation::Create | Operation::Read | Operation::Update | Operation::Signal => {
                participants(instance)
            }
            Operation::Delete => initiator(instance),
        }),
        AccessPolicy::InitiatorStrict => sets.push(initiator(instance)),
        AccessPolicy::Composite(policies) => {
            for policy in policies {
                add_policy(policy, instance, operation, sets);
            }
        }
    }
}

/// Nobody where the system started it.
fn initiator(instance: &Instance) -> BTreeSet<Principal> {
    let name = Some(&instance.initiator).filter(|name| !name.is_empty());
    name.cloned().map(Principal::User).into_iter().collect()
}

/// The initiator and those who have a task in hand now.
fn participants(instance: &Instance) -> BTreeSet<Principal> {
    let mut people = initiator(instance);
    people.extend(state::assignees(instance).cloned().map(Principal::User));
    people
}

/// The tokens that stand somewhere themselves, rather than wait for what runs inside their sub-process.
pub(crate) fn leaves(instance: &Instance) -> impl Iterator<Item = &Token> {
    instance.tokens.iter().filter(|token| {
        let hosts = instance.scope(ScopeId(token.id.0));
        // A round of an activity that repeats has a scope, as has what has fields of its own, and may stand in it itself.
        hosts.is_none_or(|scope| {
            (instance.is_round(token) || scope.own)
                && !instance.tokens.iter().any(|it| it.scope == scope.id)
        })
    })
}

/// The lists in force: of each state where the instance stands; of the last one, when it stands nowhere any more.
fn lists(instance: &Instance) -> Vec<&Lists> {
    let mut lists: Vec<&Lists> = match instance.state {
        InstanceState::Active | InstanceState::Suspended => {
            leaves(instance).map(|token| &token.lists).collect()
        }
        InstanceState::Completed | InstanceState::Withdrawn | InstanceState::Terminated => {
            Vec::new()
        }
    };
    if lists.is_empty() {
        lists.push(&instance.last_lists);
    }
    lists
}

/// One kind of list over all states in force; the initiator, for a state where none was ever said.
fn listed(
    instance: &Instance,
    of: fn(&Lists) -> &Option<BTreeSet<Principal>>,
) -> BTreeSet<Principal> {
    lists(instance)
        .into_iter()
        .flat_map(|lists| of(lists).clone().unwrap_or_else(|| initiator(instance)))
        .collect()
}

fn readers(instance: &Instance) -> BTreeSet<Principal> {
    listed(instance, |lists| &lists.readers)
}

/// Who may read the instance.
pub fn acl(process: &Process, instance: &Instance) -> Acl {
    let mut grants = readers(instance);
    grants.extend(state::assignees(instance).cloned().map(Principal::User));
    let below = instance.calls.iter().flat_map(|call| &call.readers);
    grants.extend(below.cloned().map(Principal::User));
    let open: Vec<&Task> = instance
        .tasks
        .iter()
        .filter(|task| task.state.is_open())
        .collect();
    let excluded: BTreeSet<&Principal> = excluded_users(&open).collect();
    let denied = excluded
        .into_iter()
        .filter(|person| only_candidacy_admits(person, &grants, &open))
        .cloned()
        .collect();
    grants.extend(open.iter().flat_map(|task| candidates(task)));
    Acl {
        grants,
        require: required(process, instance, Operation::Read),
        denied,
    }
}

/// Whether an excluded person could read only as a candidate of tasks that exclude them: no other grant names them, and none
/// names many, of whom they could be one.
fn only_candidacy_admits(person: &Principal, grants: &BTreeSet<Principal>, open: &[&Task]) -> bool {
    let (closing, opening): (Vec<&Task>, Vec<&Task>) =
        open.iter().partition(|task| task.excluded.contains(person));
    let elsewhere = || {
        let candidates = opening.iter().flat_map(|task| &task.candidates);
        grants.iter().chain(candidates)
    };
    !elsewhere().any(|grant| grant == person || names_many(grant))
        && closing
            .iter()
            .flat_map(|task| candidates(task))
            .any(|candidate| names_many(&candidate))
}

/// Who may read a task of the instance, besides holding the privilege `user`.
pub fn task_acl(process: &Process, instance: &Instance, task: &Task) -> Acl {
    Common::of(process, instance).task_acl(task)
}

/// What the lists of all tasks of an instance have in common; worked out once, for an instance can have thousands.
pub struct Common {
    readers: BTreeSet<Principal>,
    services: Vec<BTreeSet<Principal>>,
    policy: Vec<BTreeSet<Principal>>,
}

impl Common {
    /// Of an instance as it stands.
    pub fn of(process: &Process, instance: &Instance) -> Common {
        Common {
            readers: readers(instance),
            services: services(process, instance),
            policy: policy(process, instance, Operation::Read),
        }
    }

    /// Who may read a task of the instance, besides holding the privilege `user`. Whom the model gives the task, or offers
    /// it, reads the task even where G6 keeps the instance from them: else a policy of participants would let nobody become
    /// one.
    pub fn task_acl(&self, task: &Task) -> Acl {
        let mut grants = self.readers.clone();
        let mut workers: BTreeSet<Principal> =
            holders(task).cloned().map(Principal::User).collect();
        grants.extend(workers.iter().cloned());
        let mut denied = BTreeSet::new();
        if task.state.is_open() {
            let candidates = candidates(task);
            let opened = candidates.difference(&grants).any(names_many);
            if opened && !grants.contains(&Principal::Everyone) {
                denied = excluded_users(&[task])
                    .filter(|person| !grants.contains(person))
                    .cloned()
                    .collect();
            }
            workers.extend(candidates);
        }
        grants.extend(workers.iter().cloned());
        let mut require = self.services.clone();
        for set in &self.policy {
            let set = set.union(&workers).cloned().collect();
            if !require.contains(&set) {
                require.push(set);
            }
        }
        Acl {
            grants,
            require,
            denied,
        }
    }
}

/// Who knows of a task because of what they have to do with it, besides its candidates.
fn holders(task: &Task) -> impl Iterator<Item = &Name> {
    let (assignee, owner, completed_by) = match task.state {
        TaskState::Ready | TaskState::Claimed => (task.assignee.as_ref(), None, None),
        TaskState::Delegated | TaskState::Suspended => {
            (task.assignee.as_ref(), task.owner.as_ref(), None)
        }
        TaskState::Completed => (None, None, task.completed_by.as_ref()),
        TaskState::Cancelled => (None, None, None),
    };
    assignee.into_iter().chain(owner).chain(completed_by)
}

/// The candidates of an open task without those who are excluded by the same name.
fn candidates(task: &Task) -> BTreeSet<Principal> {
    task.candidates
        .difference(&task.excluded)
        .cloned()
        .collect()
}

fn excluded_users<'a>(tasks: &[&'a Task]) -> impl Iterator<Item = &'a Principal> {
    tasks
        .iter()
        .flat_map(|task| &task.excluded)
        .filter(|principal| !names_many(principal))
}

/// Whether the principal can be more than one person.
fn names_many(principal: &Principal) -> bool {
    match principal {
        Principal::User(_) => false,
        Principal::Everyone
        | Principal::Group(_)
        | Principal::Role(_)
        | Principal::Privilege(_) => true,
    }
}

/// Whether a person may write to the instance: it runs, they read it, the writers of a state where it stands name them
/// (G7), and G6 agrees.
pub fn may_write(process: &Process, instance: &Instance, actor: &Actor) -> bool {
    instance.state == InstanceState::Active
        && actor.is_any(&listed(instance, |lists| &lists.writers))
        && meets(actor, &required(process, instance, Operation::Update))
        && acl(process, instance).admits(actor)
}

/// Whether a person who reads the instance may withdraw it. Withdrawing is the initiator's delete: a policy can give it to
/// others, the absence of one cannot.
pub fn may_withdraw(process: &Process, instance: &Instance, actor: &Actor) -> bool {
    let mut sets = policy(process, instance, Operation::Delete);
    if sets.is_empty() {
        sets.push(initiator(instance));
    }
    sets.extend(services(process, instance));
    // What was called is a part of a case, which is taken back as a whole.
    instance.parent.is_none() && instance.state == InstanceState::Active && meets(actor, &sets)
}

fn meets(actor: &Actor, sets: &[BTreeSet<Principal>]) -> bool {
    sets.iter().all(|set| actor.is_any(set))
}

/// Whether a person may start the process: the privilege, G3, and the starters if the model names any. Of those only names
/// and `@everyone` count: before there is a case there are no people of it, and no data.
pub fn may_start(process: &Process, actor: &Actor) -> bool {
    let starter = |item: &Principals| match item {
        Principals::Everyone => true,
        Principals::Named(Naming::User, name) => actor.user == *name,
        Principals::Named(Naming::Group, name) => actor.is(&Principal::Group(name.clone())),
        Principals::Named(Naming::Role, name) => actor.is(&Principal::Role(name.clone())),
        Principals::Initiator
        | Principals::Creator
        | Principals::Participants
        | Principals::PastParticipants
        | Principals::Field(_)
        | Principals::Computed(..) => false,
    };
    actor.has(Privilege::Instantiator)
        && service(process).is_none_or(|roles| actor.is_any(&roles))
        && process
            .starters
            .as_ref()
            .is_none_or(|starters| starters.iter().any(starter))
}

/// Who may know of a process version at all: designers and managers always; others a published one, if G3 lets them.
pub fn process_acl(security_roles: Option<&[Name]>, published: bool) -> Acl {
    let mut grants = BTreeSet::from([
        Principal::Privilege(Privilege::Designer),
        Principal::Privilege(Privilege::Manager),
    ]);
    match security_roles {
        Some(roles) if published => grants.extend(roles.iter().cloned().map(Principal::Role)),
        None if published => {
            grants.insert(Principal::Everyone);
        }
        Some(_) | None => {}
    }
    Acl {
        grants,
        ..Acl::default()
    }
}

#[cfg(test)]
mod tests;
