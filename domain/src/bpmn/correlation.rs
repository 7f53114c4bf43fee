//! What messages of one name are told apart by (BPMN 2.0.2, 8.4.2): a key of properties, each with an expression for every
//! message that bears it.

use crate::expr::Expr;
use crate::value::Name;

/// How a message is correlated with an instance.
#[derive(Clone, PartialEq, Debug)]
pub struct Correlation {
    /// The message's name.
    pub message: Name,
    /// The key, by its id: messages of the same key belong to one conversation.
    pub key: Name,
    /// What a message gives, as an expression over the fields that come with it; of several properties a list.
    pub given: Expr,
    /// What an instance asks for, as an expression over its data (context-based). `None` is what the first message of its
    /// conversation gave (key-based).
    pub asked: Option<Expr>,
}
