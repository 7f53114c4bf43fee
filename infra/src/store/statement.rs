//! Statements as text and values. SQLite looks at the value of a bound limit when it plans, and so throws the plan away
//! each time that one is bound, even to the same number: a page would be planned anew each time it is read. Limits are
//! written out instead. Ids and keys stay bound; there are only a hundred sizes of a page.

use std::fmt::{self, Write};

use sea_orm::sea_query::{QueryBuilder, SelectStatement, SqlWriter, SqliteQueryBuilder, Values};
use sea_orm::{DbBackend, Statement, StatementBuilder, Value};

/// The statement, ready to be sent.
pub fn statement(select: &SelectStatement, backend: DbBackend) -> Statement {
    if backend != DbBackend::Sqlite {
        return StatementBuilder::build(select, &backend);
    }
    let mut text = Text::default();
    select.build_collect_any_into(&SqliteQueryBuilder, &mut text);
    Statement {
        sql: text.sql,
        values: Some(Values(text.values)),
        db_backend: backend,
    }
}

#[derive(Default)]
struct Text {
    sql: String,
    values: Vec<Value>,
}

impl Write for Text {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.sql.write_str(part)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sql)
    }
}

impl SqlWriter for Text {
    fn push_param<T: QueryBuilder>(&mut self, value: Value, _: &T) {
        // Limits are the only unsigned numbers: what we store has a sign.
        if let Value::BigUnsigned(Some(limit)) = value {
            self.sql.push_str(&limit.to_string());
        } else {
            self.sql.push('?');
            self.values.push(value);
        }
    }

    fn as_writer(&mut self) -> &mut dyn Write {
        self
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Expr, ExprTrait, Query};

    use super::*;

    #[test]
    fn limits_are_written_out_and_all_else_is_bound() {
        let select = Query::select()
            .column("id")
            .from("tasks")
            .and_where(Expr::col("priority").eq(7i64))
            .limit(51)
            .take();
        let sent = statement(&select, DbBackend::Sqlite);
        assert!(sent.sql.ends_with("= ? LIMIT 51"), "{}", sent.sql);
        assert_eq!(sent.values.map(|values| values.0.len()), Some(1));
    }
}
