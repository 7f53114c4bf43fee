//! What is known of an expression before there is any data: whether its value is always the same, and which values it
//! compares with.

use jiff::Timestamp;

use super::function::Function;
use super::{Env, Expr, Kind, Node};
use crate::time::Calendar;
use crate::value::Value;

impl Expr {
    /// Its value, if that is the same whatever the data holds, whenever it is asked for and whoever asks. Nothing if it looks
    /// at any of these, or has no value.
    pub fn constant(&self) -> Option<Value> {
        let calendar = Calendar::default();
        let fixed = self.parsed.fields.is_empty() && !turns(&self.parsed.tree);
        let nothing = Env {
            layers: &[],
            now: Timestamp::UNIX_EPOCH,
            calendar: &calendar,
            actor: None,
        };
        fixed.then(|| self.eval(&nothing).ok()).flatten()
    }

    /// The truth values, numbers and texts that stand in it, in order.
    pub fn literals(&self) -> Vec<Value> {
        let mut found = Vec::new();
        gather(&self.parsed.tree, &mut found);
        found
    }
}

/// Whether it depends on when it is asked for, or by whom, or on the tenant's calendar.
fn turns(node: &Node) -> bool {
    let asks = matches!(
        node.kind,
        Kind::Call(
            Function::Now
                | Function::Today
                | Function::Date
                | Function::DateAndTime
                | Function::Time
                | Function::WorkingDays
                | Function::AddWorkingDays
                | Function::IsWorkingDay
                | Function::HasRole
                | Function::InGroup,
            _
        )
    );
    asks || node.children().into_iter().any(turns)
}

fn gather(node: &Node, found: &mut Vec<Value>) {
    if let Kind::Bool(bool) = &node.kind {
        found.push(Value::Bool(*bool));
    } else if let Kind::Number(number) = &node.kind {
        found.push(Value::Number(*number));
    } else if let Kind::Text(text) = &node.kind {
        found.push(Value::Text(text.clone()));
    }
    for child in node.children() {
        gather(child, found);
    }
}
