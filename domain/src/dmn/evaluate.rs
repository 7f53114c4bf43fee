//! A decision asked: inputs, tests, the rules that hit, and what the hit policy makes of them (DMN 1.3, section 8.2.10).
//! Total and bounded: steps come off a [`Meter`], and all that a decision says together is no larger than data may be.

use rust_decimal::Decimal;

use super::{
    Aggregation, Decision, DecisionError, HitPolicy, Input, Logic, Output, Rule, Step, Table,
};
use crate::expr::{Env, EvalError, Expr, Meter, TESTED};
use crate::value::{Data, MAX_BYTES, Name, Value, value_bytes};

/// What a decision says.
#[derive(Clone, PartialEq, Debug)]
pub struct Verdict {
    /// The result as DMN has it: the value of an only output, else an object; a list of them where the hit policy gives
    /// one; null where no rule hit and no default is named.
    pub result: Value,
    /// The same row by row, each output under its name.
    pub rows: Vec<Data>,
    /// The outputs, in the order of the model.
    pub outputs: Vec<Name>,
    /// Whether the result is a list.
    pub is_list: bool,
    /// Every rule that was found to hit, also of the decisions that it requires, in the order of evaluation.
    pub hits: Vec<Hit>,
}

/// A rule that hit.
#[derive(Clone, PartialEq, Debug)]
pub struct Hit {
    /// The key of its decision.
    pub decision: Name,
    /// Its number in the table, from 1.
    pub rule: u32,
    /// Its id, where it has one.
    pub id: Option<Name>,
    /// What the author wrote beside it.
    pub annotations: Vec<Name>,
    /// What it says.
    pub outputs: Data,
}

impl Decision {
    /// Evaluates what it requires, then itself. It sees the layers of the environment behind the results.
    pub fn evaluate(&self, env: &Env<'_>, meter: &Meter) -> Result<Verdict, DecisionError> {
        let mut results = Data::new();
        let mut hits = Vec::new();
        let mut bytes = MAX_BYTES;
        let mut verdict = Verdict {
            result: Value::Null,
            rows: Vec::new(),
            outputs: Vec::new(),
            is_list: false,
            hits: Vec::new(),
        };
        for step in &self.steps {
            let mut layers = vec![&results];
            layers.extend(env.layers);
            let asked = Asked {
                step,
                env: Env {
                    layers: &layers,
                    ..*env
                },
                meter,
            };
            verdict = asked.answer(&mut bytes)?;
            hits.append(&mut verdict.hits);
            for name in &step.names {
                results.insert(name.clone(), verdict.result.clone());
            }
        }
        Ok(Verdict { hits, ..verdict })
    }
}

/// One decision being evaluated.
struct Asked<'a> {
    step: &'a Step,
    env: Env<'a>,
    meter: &'a Meter,
}

/// A rule that hit and what it says, output by output.
struct Row {
    rule: u32,
    values: Vec<Value>,
}

impl Asked<'_> {
    fn decision(&self) -> Name {
        self.step.key.clone()
    }

    fn answer(&self, bytes: &mut usize) -> Result<Verdict, DecisionError> {
        match &self.step.logic {
            Logic::Table(table) => self.table(table, bytes),
            Logic::Expression { name, value, .. } => {
                let result = self.value(value, bytes)?;
                Ok(Verdict {
                    rows: vec![Data::from([(name.clone(), result.clone())])],
                    outputs: vec![name.clone()],
                    is_list: false,
                    hits: Vec::new(),
                    result,
                })
            }
        }
    }

    fn value(&self, expr: &Expr, bytes: &mut usize) -> Result<Value, DecisionError> {
        let value = expr.eval_within(&self.env, self.meter);
        let value = value.map_err(|error| DecisionError::Value {
            decision: self.decision(),
            error,
        })?;
        self.hold(&value, bytes)?;
        Ok(value)
    }

    /// Takes what a value is large off what is left.
    fn hold(&self, value: &Value, bytes: &mut usize) -> Result<(), DecisionError> {
        let left = bytes.checked_sub(value_bytes(value));
        *bytes = left.ok_or_else(|| DecisionError::TooLarge {
            decision: self.decision(),
        })?;
        Ok(())
    }

    fn table(&self, table: &Table, bytes: &mut usize) -> Result<Verdict, DecisionError> {
        let tested = table
            .inputs
            .iter()
            .map(|input| self.input(input))
            .collect::<Result<Vec<Data>, _>>()?;
        let mut found = Vec::new();
        for (rule, number) in table.rules.iter().zip(1..) {
            if self.admits(rule, number, &tested)? {
                let values = self.say(rule, number, bytes)?;
                found.push(Row {
                    rule: number,
                    values,
                });
                if table.policy == HitPolicy::First {
                    break;
                }
            }
        }
        let hits = found.iter().map(|row| self.hit(table, row)).collect();
        let rows = match found.is_empty() {
            true => self.defaults(table, bytes)?.into_iter().collect(),
            false => self.chosen(table, found)?,
        };
        self.verdict(table, rows, hits)
    }

    /// What the tests of an input see.
    fn input(&self, input: &Input) -> Result<Data, DecisionError> {
        let decision = || self.decision();
        let label = || input.label.clone();
        let failed = |error| DecisionError::Input {
            decision: decision(),
            input: label(),
            error,
        };
        let value = input.expression.eval_within(&self.env, self.meter);
        let value = value.map_err(failed)?;
        if !input.kind.holds(&value) {
            return Err(DecisionError::Kind {
                decision: decision(),
                input: label(),
                kind: input.kind.name(),
            });
        }
        let is_null = value == Value::Null;
        let tested = Data::from([(Name::from(TESTED), value)]);
        let mut layers = vec![&tested];
        layers.extend(self.env.layers);
        let env = Env {
            layers: &layers,
            ..self.env
        };
        if !is_null && !input.allowed.admit(&env, self.meter).map_err(failed)? {
            return Err(DecisionError::NotAllowed {
                decision: decision(),
                input: label(),
            });
        }
        Ok(tested)
    }

    fn admits(&self, rule: &Rule, number: u32, tested: &[Data]) -> Result<bool, DecisionError> {
        self.spend(1)?;
        for (test, tested) in rule.tests.iter().zip(tested) {
            if test.is_any() {
                continue;
            }
            let mut layers = Vec::with_capacity(self.env.layers.len() + 1);
            layers.push(tested);
            layers.extend(self.env.layers);
            let env = Env {
                layers: &layers,
                ..self.env
            };
            let admitted = test.admit(&env, self.meter);
            if !admitted.map_err(|error| self.failed(number, error))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn spend(&self, steps: usize) -> Result<(), DecisionError> {
        match self.meter.spend(u32::try_from(steps).unwrap_or(u32::MAX)) {
            true => Ok(()),
            false => Err(DecisionError::TooLong {
                decision: self.decision(),
            }),
        }
    }

    fn failed(&self, rule: u32, error: EvalError) -> DecisionError {
        DecisionError::Rule {
            decision: self.decision(),
            rule,
            error,
        }
    }

    fn say(
        &self,
        rule: &Rule,
        number: u32,
        bytes: &mut usize,
    ) -> Result<Vec<Value>, DecisionError> {
        let said = rule.entries.iter().map(|entry| {
            let value = match entry {
                None => Value::Null,
                Some(expr) => expr
                    .eval_within(&self.env, self.meter)
                    .map_err(|error| self.failed(number, error))?,
            };
            self.hold(&value, bytes)?;
            Ok(value)
        });
        said.collect()
    }

    /// What is said when no rule hits, if any output has a default.
    fn defaults(
        &self,
        table: &Table,
        bytes: &mut usize,
    ) -> Result<Option<Vec<Value>>, DecisionError> {
        if table.outputs.iter().all(|output| output.default.is_none()) {
            return Ok(None);
        }
        let said = table.outputs.iter().map(|output| match &output.default {
            None => Ok(Value::Null),
            Some(expr) => self.value(expr, bytes),
        });
        said.collect::<Result<_, _>>().map(Some)
    }

    /// The rows that count, of some that hit.
    fn chosen(&self, table: &Table, mut rows: Vec<Row>) -> Result<Vec<Vec<Value>>, DecisionError> {
        let numbers = |rows: &[Row]| rows.iter().map(|row| row.rule).collect();
        match table.policy {
            HitPolicy::Unique if rows.len() > 1 => {
                return Err(DecisionError::SeveralHits {
                    decision: self.decision(),
                    rules: numbers(&rows),
                });
            }
            HitPolicy::Any if rows.iter().any(|row| row.values != rows[0].values) => {
                return Err(DecisionError::Contradiction {
                    decision: self.decision(),
                    rules: numbers(&rows),
                });
            }
            HitPolicy::Priority | HitPolicy::OutputOrder => {
                let listed: usize = table.outputs.iter().map(|output| output.values.len()).sum();
                self.spend(rows.len().saturating_mul(listed) / 16)?;
                // Stable: of equals the first rule goes first.
                rows.sort_by_cached_key(|row| rank(&table.outputs, &row.values));
            }
            HitPolicy::Unique
            | HitPolicy::Any
            | HitPolicy::First
            | HitPolicy::RuleOrder
            | HitPolicy::Collect(_) => {}
        }
        match table.policy {
            HitPolicy::Unique | HitPolicy::First | HitPolicy::Any | HitPolicy::Priority => {
                rows.truncate(1);
            }
            HitPolicy::RuleOrder | HitPolicy::OutputOrder | HitPolicy::Collect(_) => {}
        }
        Ok(rows.into_iter().map(|row| row.values).collect())
    }

    fn verdict(
        &self,
        table: &Table,
        rows: Vec<Vec<Value>>,
        hits: Vec<Hit>,
    ) -> Result<Verdict, DecisionError> {
        let rows = match table.policy {
            HitPolicy::Collect(Some(aggregation)) => {
                // A default is said as it stands; nothing is made of it.
                let made = match hits.is_empty() && !rows.is_empty() {
                    true => rows.into_iter().flatten().next(),
                    false => Some(self.aggregate(aggregation, rows.into_iter().flatten())?),
                };
                made.map(|value| vec![value]).into_iter().collect()
            }
            HitPolicy::Unique
            | HitPolicy::First
            | HitPolicy::Any
            | HitPolicy::Priority
            | HitPolicy::RuleOrder
            | HitPolicy::OutputOrder
            | HitPolicy::Collect(None) => rows,
        };
        let is_list = table.policy.is_list();
        let rows: Vec<Data> = rows.into_iter().map(|row| named(table, row)).collect();
        let mut results = rows.iter().map(|row| match &*table.outputs {
            [only] => row.get(&only.name).cloned().unwrap_or(Value::Null),
            _ => Value::Object(row.clone()),
        });
        let result = match is_list && !rows.is_empty() {
            true => Value::List(results.collect()),
            false => results.next().unwrap_or(Value::Null),
        };
        Ok(Verdict {
            result,
            outputs: table
                .outputs
                .iter()
                .map(|output| output.name.clone())
                .collect(),
            rows,
            is_list,
            hits,
        })
    }

    fn aggregate(
        &self,
        aggregation: Aggregation,
        values: impl Iterator<Item = Value>,
    ) -> Result<Value, DecisionError> {
        if aggregation == Aggregation::Count {
            return Ok(Value::Number(Decimal::from(values.count())));
        }
        let failed = || DecisionError::NoNumber {
            decision: self.decision(),
        };
        let mut total: Option<Decimal> = None;
        for value in values {
            let Value::Number(number) = value else {
                return Err(failed());
            };
            total = Some(match total {
                None => number,
                Some(total) => match aggregation {
                    Aggregation::Sum => total.checked_add(number).ok_or_else(failed)?,
                    Aggregation::Min => total.min(number),
                    Aggregation::Max => total.max(number),
                    Aggregation::Count => total,
                },
            });
        }
        Ok(total.map_or(Value::Null, Value::Number))
    }

    fn hit(&self, table: &Table, row: &Row) -> Hit {
        let rule = &table.rules[row.rule as usize - 1];
        Hit {
            decision: self.decision(),
            rule: row.rule,
            id: rule.id.clone(),
            annotations: rule.annotations.clone(),
            outputs: named(table, row.values.clone()),
        }
    }
}

/// The places of outputs in their output values; what is none of them goes last.
fn rank(outputs: &[Output], values: &[Value]) -> Vec<usize> {
    let place = |(output, value): (&Output, &Value)| {
        let place = output.values.iter().position(|listed| listed == value);
        place.unwrap_or(output.values.len())
    };
    outputs.iter().zip(values).map(place).collect()
}

fn named(table: &Table, row: Vec<Value>) -> Data {
    let names = table.outputs.iter().map(|output| output.name.clone());
    names.zip(row).collect()
}
