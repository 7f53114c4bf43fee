//! Patterns for `matches`: a small subset of regular expressions, matched without backtracking. A pattern becomes a
//! program of at most [`MAX_PROGRAM`] steps; all its threads walk the text side by side (Thompson, 1968), so time is
//! text × program whatever the pattern says.
//!
//! Known: literals, `.` (not a line end), `[a-z]`, `[^…]`, `\d` (0–9), `\w` (letters, digits, `_`), `\s` and their
//! capitals, `( )`, `(?: )`, `|`, `* + ?`, `{n}`, `{n,}`, `{n,m}`, `^`, `$`. Everything else is refused.

use std::iter::Peekable;
use std::str::Chars;

/// A pattern has at most this many bytes.
pub(super) const MAX_PATTERN: usize = 512;
/// A program has at most this many steps.
pub(super) const MAX_PROGRAM: usize = 1_000;
const MAX_GROUPS: usize = 16;
const MAX_REPEAT: u32 = 255;

/// A compiled pattern.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Pattern {
    program: Vec<Step>,
}

#[derive(Clone, PartialEq, Debug)]
enum Step {
    /// One character.
    Take(Set),
    /// Go on at both.
    Fork(usize, usize),
    Jump(usize),
    Start,
    End,
    Done,
}

/// Which characters.
#[derive(Clone, PartialEq, Debug)]
struct Set {
    negated: bool,
    items: Vec<Item>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Item {
    Range(char, char),
    Digit(bool),
    Word(bool),
    Space(bool),
}

/// The pattern as read.
#[derive(Clone, Debug)]
enum Piece {
    Take(Set),
    Start,
    End,
    Sequence(Vec<Piece>),
    Choice(Vec<Piece>),
    Repeat(Box<Piece>, u32, Option<u32>),
}

const UNKNOWN: &str = "the pattern holds something that `matches` does not know";
const LARGE: &str = "the pattern is too large";

impl Pattern {
    /// Compiles a pattern; the error never quotes it.
    pub(super) fn compile(source: &str) -> Result<Pattern, &'static str> {
        if source.len() > MAX_PATTERN {
            return Err(LARGE);
        }
        let mut reader = Reader {
            chars: source.chars().peekable(),
            groups: 0,
        };
        let piece = reader.choice()?;
        if reader.chars.peek().is_some() {
            return Err(UNKNOWN);
        }
        let mut program = Vec::new();
        emit(&piece, &mut program)?;
        program.push(Step::Done);
        Ok(Pattern { program })
    }

    /// How many steps each character costs at most.
    pub(super) fn size(&self) -> usize {
        self.program.len()
    }

    /// Whether the pattern occurs in the text.
    pub(super) fn occurs_in(&self, text: &str) -> bool {
        let mut threads = Threads::new(self.program.len());
        let mut next = Threads::new(self.program.len());
        let mut chars = text.chars();
        let mut at_start = true;
        loop {
            let char = chars.next();
            threads.follow(&self.program, 0, at_start, char.is_none());
            if threads.done {
                return true;
            }
            let Some(char) = char else {
                return false;
            };
            at_start = false;
            let at_end = chars.as_str().is_empty();
            for place in threads.places.drain(..) {
                if let Step::Take(set) = &self.program[place]
                    && set.holds(char)
                {
                    next.follow(&self.program, place + 1, false, at_end);
                }
            }
            if next.done {
                return true;
            }
            threads.clear();
            std::mem::swap(&mut threads, &mut next);
        }
    }
}

/// Where the threads stand, each place once.
struct Threads {
    places: Vec<usize>,
    seen: Vec<bool>,
    pending: Vec<usize>,
    done: bool,
}

impl Threads {
    fn new(size: usize) -> Threads {
        Threads {
            places: Vec::new(),
            seen: vec![false; size],
            pending: Vec::new(),
            done: false,
        }
    }

    fn clear(&mut self) {
        self.places.clear();
        self.seen.fill(false);
    }

    /// Adds the place and all that it leads to without taking a character.
    fn follow(&mut self, program: &[Step], place: usize, at_start: bool, at_end: bool) {
        self.pending.push(place);
        while let Some(place) = self.pending.pop() {
            if std::mem::replace(&mut self.seen[place], true) {
                continue;
            }
            match &program[place] {
                Step::Take(_) => self.places.push(place),
                Step::Fork(a, b) => self.pending.extend([*a, *b]),
                Step::Jump(to) => self.pending.push(*to),
                Step::Start if at_start => self.pending.push(place + 1),
                Step::End if at_end => self.pending.push(place + 1),
                Step::Start | Step::End => {}
                Step::Done => self.done = true,
            }
        }
    }
}

impl Set {
    fn one(item: Item) -> Set {
        Set {
            negated: false,
            items: vec![item],
        }
    }

    fn holds(&self, c: char) -> bool {
        self.negated != self.items.iter().any(|item| item.holds(c))
    }
}

impl Item {
    fn holds(self, c: char) -> bool {
        match self {
            Item::Range(from, to) => (from..=to).contains(&c),
            Item::Digit(wanted) => c.is_ascii_digit() == wanted,
            Item::Word(wanted) => (c.is_alphanumeric() || c == '_') == wanted,
            Item::Space(wanted) => c.is_whitespace() == wanted,
        }
    }
}

/// Every piece adds at least one step, so that repeated nothing is bounded by the size of the program, too.
fn emit(piece: &Piece, program: &mut Vec<Step>) -> Result<(), &'static str> {
    if program.len() >= MAX_PROGRAM {
        return Err(LARGE);
    }
    match piece {
        Piece::Take(set) => program.push(Step::Take(set.clone())),
        Piece::Start => program.push(Step::Start),
        Piece::End => program.push(Step::End),
        Piece::Sequence(pieces) if pieces.is_empty() => program.push(Step::Jump(program.len() + 1)),
        Piece::Sequence(pieces) => {
            for piece in pieces {
                emit(piece, program)?;
            }
        }
        Piece::Choice(pieces) => emit_choice(pieces, program)?,
        Piece::Repeat(piece, least, most) => {
            for _ in 0..*least {
                emit(piece, program)?;
            }
            match most {
                Some(most) => {
                    for _ in *least..*most {
                        emit_optional(piece, program)?;
                    }
                }
                None => {
                    let start = program.len();
                    emit_optional(piece, program)?;
                    program.push(Step::Jump(start));
                    program[start] = Step::Fork(start + 1, program.len());
                }
            }
        }
    }
    Ok(())
}

fn emit_optional(piece: &Piece, program: &mut Vec<Step>) -> Result<(), &'static str> {
    let fork = program.len();
    program.push(Step::Fork(fork + 1, fork + 1));
    emit(piece, program)?;
    program[fork] = Step::Fork(fork + 1, program.len());
    Ok(())
}

fn emit_choice(pieces: &[Piece], program: &mut Vec<Step>) -> Result<(), &'static str> {
    let Some((last, others)) = pieces.split_last() else {
        return Ok(());
    };
    let mut jumps = Vec::new();
    for piece in others {
        let fork = program.len();
        program.push(Step::Fork(fork + 1, fork + 1));
        emit(piece, program)?;
        jumps.push(program.len());
        program.push(Step::Jump(fork));
        program[fork] = Step::Fork(fork + 1, program.len());
    }
    emit(last, program)?;
    let end = program.len();
    for jump in jumps {
        program[jump] = Step::Jump(end);
    }
    Ok(())
}

struct Reader<'s> {
    chars: Peekable<Chars<'s>>,
    groups: usize,
}

impl Reader<'_> {
    fn take(&mut self, c: char) -> bool {
        self.chars.next_if_eq(&c).is_some()
    }

    fn choice(&mut self) -> Result<Piece, &'static str> {
        let mut pieces = vec![self.sequence()?];
        while self.take('|') {
            pieces.push(self.sequence()?);
        }
        Ok(Piece::Choice(pieces))
    }

    fn sequence(&mut self) -> Result<Piece, &'static str> {
        let mut pieces = Vec::new();
        while let Some(c) = self.chars.next_if(|c| !matches!(c, '|' | ')')) {
            let piece = self.atom(c)?;
            pieces.push(self.repeated(piece)?);
        }
        Ok(Piece::Sequence(pieces))
    }

    fn atom(&mut self, first: char) -> Result<Piece, &'static str> {
        Ok(match first {
            '^' => Piece::Start,
            '$' => Piece::End,
            '.' => Piece::Take(Set {
                negated: true,
                items: vec![Item::Range('\n', '\n'), Item::Range('\r', '\r')],
            }),
            '(' => self.group()?,
            '[' => Piece::Take(self.set()?),
            '\\' => Piece::Take(Set::one(self.escape()?)),
            '*' | '+' | '?' | '{' | '}' | ']' => return Err(UNKNOWN),
            c => Piece::Take(Set::one(Item::Range(c, c))),
        })
    }

    fn group(&mut self) -> Result<Piece, &'static str> {
        if self.groups == MAX_GROUPS {
            return Err(LARGE);
        }
        self.groups += 1;
        if self.take('?') && !self.take(':') {
            return Err(UNKNOWN);
        }
        let piece = self.choice()?;
        if !self.take(')') {
            return Err(UNKNOWN);
        }
        self.groups -= 1;
        Ok(piece)
    }

    fn repeated(&mut self, piece: Piece) -> Result<Piece, &'static str> {
        let (least, most) = match self.chars.next_if(|c| matches!(c, '*' | '+' | '?' | '{')) {
            None => return Ok(piece),
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some(_) => self.counts()?,
        };
        if matches!(self.chars.peek(), Some('*' | '+' | '?' | '{')) {
            return Err(UNKNOWN);
        }
        Ok(Piece::Repeat(Box::new(piece), least, most))
    }

    fn counts(&mut self) -> Result<(u32, Option<u32>), &'static str> {
        let least = self.count()?.ok_or(UNKNOWN)?;
        let most = match self.take(',') {
            true => self.count()?,
            false => Some(least),
        };
        if !self.take('}') || most.is_some_and(|most| most < least) {
            return Err(UNKNOWN);
        }
        Ok((least, most))
    }

    fn count(&mut self) -> Result<Option<u32>, &'static str> {
        let mut count = None;
        while let Some(digit) = self.chars.peek().and_then(|c| c.to_digit(10)) {
            self.chars.next();
            let total = count.unwrap_or(0) * 10 + digit;
            if total > MAX_REPEAT {
                return Err(LARGE);
            }
            count = Some(total);
        }
        Ok(count)
    }

    fn set(&mut self) -> Result<Set, &'static str> {
        let negated = self.take('^');
        let mut items = Vec::new();
        loop {
            let item = match self.chars.next().ok_or(UNKNOWN)? {
                ']' if !items.is_empty() => return Ok(Set { negated, items }),
                // FEEL's sets inside sets are outside the subset.
                '[' | ']' => return Err(UNKNOWN),
                '\\' => self.escape()?,
                c => Item::Range(c, c),
            };
            items.push(self.ranged(item)?);
        }
    }

    /// The rest of `a-z`; a `-` before the end stands for itself.
    fn ranged(&mut self, item: Item) -> Result<Item, &'static str> {
        let Item::Range(from, _) = item else {
            return Ok(item);
        };
        let mut ahead = self.chars.clone();
        if ahead.next() != Some('-') || ahead.next() == Some(']') {
            return Ok(item);
        }
        self.chars.next();
        let to = match self.chars.next().ok_or(UNKNOWN)? {
            '\\' => self.escape()?,
            '[' => return Err(UNKNOWN),
            c => Item::Range(c, c),
        };
        match to {
            Item::Range(to, _) if from <= to => Ok(Item::Range(from, to)),
            Item::Range(..) | Item::Digit(_) | Item::Word(_) | Item::Space(_) => Err(UNKNOWN),
        }
    }

    fn escape(&mut self) -> Result<Item, &'static str> {
        Ok(match self.chars.next().ok_or(UNKNOWN)? {
            'd' => Item::Digit(true),
            'D' => Item::Digit(false),
            'w' => Item::Word(true),
            'W' => Item::Word(false),
            's' => Item::Space(true),
            'S' => Item::Space(false),
            'n' => Item::Range('\n', '\n'),
            'r' => Item::Range('\r', '\r'),
            't' => Item::Range('\t', '\t'),
            c if c.is_ascii_punctuation() => Item::Range(c, c),
            _ => return Err(UNKNOWN),
        })
    }
}

#[cfg(test)]
mod tests;
