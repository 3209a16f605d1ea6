//! Tokens to a query: a chain of stages with expressions.

use jiff::{SignedDuration, Timestamp};

use super::SyntaxError;
use super::lexer::{Placed, Token, tokens};
use super::value::Datum;

/// A parsed query.
#[derive(Debug)]
pub(crate) struct Query {
    /// The table, lower case.
    pub table: String,
    /// What happens to its rows, in order.
    pub stages: Vec<Stage>,
}

/// One step of the pipeline.
#[derive(Debug, Clone)]
pub(crate) enum Stage {
    /// Keeps rows for which the expression is true.
    Where(Expr),
    /// Adds columns.
    Extend(Vec<(String, Expr)>),
    /// Replaces columns.
    Project(Vec<(String, Expr)>),
    /// Sorts; true = ascending.
    Order(Vec<(Expr, bool)>),
    /// Keeps the first rows.
    Take(usize),
    /// One row with the number of rows.
    Count,
    /// The first rows of a sorting; true = ascending.
    Top(usize, Vec<(Expr, bool)>),
    /// One row per group: names and aggregates, group columns.
    Summarize(Vec<(String, Aggregate, Expr)>, Vec<(String, Expr)>),
}

/// What a group of rows becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aggregate {
    Count,
    CountIf,
    DistinctCount,
    Min,
    Max,
    Sum,
    Any,
}

/// (name, aggregate).
const AGGREGATES: &[(&str, Aggregate)] = &[
    ("count", Aggregate::Count),
    ("countif", Aggregate::CountIf),
    ("dcount", Aggregate::DistinctCount),
    ("min", Aggregate::Min),
    ("max", Aggregate::Max),
    ("sum", Aggregate::Sum),
    ("take_any", Aggregate::Any),
    ("any", Aggregate::Any),
];

/// An expression.
#[derive(Debug, Clone)]
pub(crate) enum Expr {
    /// A constant.
    Literal(Datum<'static>),
    /// A column and the way into it.
    Path(Vec<String>),
    /// Both.
    And(Box<Expr>, Box<Expr>),
    /// Either.
    Or(Box<Expr>, Box<Expr>),
    /// A comparison.
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// Membership: value, list, letter case matters, negated.
    In(Box<Expr>, Vec<Expr>, bool, bool),
    /// A function call.
    Call(Function, Vec<Expr>),
    /// A time cut down to a whole number of so many seconds.
    Bin(Box<Expr>, f64),
}

/// Comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Like,
    NotLike,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Contains,
    StartsWith,
    EndsWith,
}

/// Functions, and how many arguments each takes in [`FUNCTIONS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Not,
    IsNull,
    IsNotNull,
    IsEmpty,
    IsNotEmpty,
    ToDatetime,
    ToString,
    ToLower,
    Coalesce,
    Iff,
    Strcmp,
    MaxOf,
    MinOf,
}

/// (name, function, fewest arguments, most arguments).
const FUNCTIONS: &[(&str, Function, usize, usize)] = &[
    ("not", Function::Not, 1, 1),
    ("isnull", Function::IsNull, 1, 1),
    ("isnotnull", Function::IsNotNull, 1, 1),
    ("isempty", Function::IsEmpty, 1, 1),
    ("isnotempty", Function::IsNotEmpty, 1, 1),
    ("todatetime", Function::ToDatetime, 1, 1),
    ("tostring", Function::ToString, 1, 1),
    ("tolower", Function::ToLower, 1, 1),
    ("coalesce", Function::Coalesce, 1, 64),
    ("iff", Function::Iff, 3, 3),
    ("iif", Function::Iff, 3, 3),
    ("strcmp", Function::Strcmp, 2, 2),
    ("max_of", Function::MaxOf, 1, 64),
    ("min_of", Function::MinOf, 1, 64),
];

/// How deep expressions may nest; deeper ones are refused instead of exhausting the stack.
const DEEPEST: usize = 64;

/// Reads a query; `now` is what `ago` and `now` count from.
pub(crate) fn parse(query: &str, now: Timestamp) -> Result<Query, SyntaxError> {
    let mut parser = Parser { query, tokens: tokens(query)?, at: 0, depth: 0, now };
    let table = parser.name("a table name")?.to_lowercase();
    let mut stages = Vec::new();
    while parser.take("|") {
        stages.push(parser.stage()?);
    }
    match parser.peek() {
        Token::End => Ok(Query { table, stages }),
        _ => Err(parser.wrong("expected `|` or the end of the query")),
    }
}

struct Parser<'q> {
    query: &'q str,
    tokens: Vec<Placed>,
    at: usize,
    depth: usize,
    now: Timestamp,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |placed| &placed.0)
    }

    fn wrong(&self, reason: impl Into<String>) -> SyntaxError {
        let offset = self.tokens.get(self.at).map_or(self.query.len(), |placed| placed.1);
        SyntaxError::at(self.query, offset, reason)
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Token::Sign(next) if *next == sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), SyntaxError> {
        if self.take(sign) { Ok(()) } else { Err(self.wrong(format!("expected `{sign}`"))) }
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Name(next) if next == word);
        self.at += usize::from(found);
        found
    }

    fn name(&mut self, what: &str) -> Result<String, SyntaxError> {
        if let Token::Name(name) = self.peek() {
            let name = name.clone();
            self.at += 1;
            Ok(name)
        } else {
            Err(self.wrong(format!("expected {what}")))
        }
    }

    fn stage(&mut self) -> Result<Stage, SyntaxError> {
        let start = self.at;
        let operator = self.name("an operator such as `where`")?;
        match operator.as_str() {
            "where" => self.expr().map(Stage::Where),
            "extend" => self.columns().map(Stage::Extend),
            "project" => self.columns().map(Stage::Project),
            "order" | "sort" => self.sort_keys().map(Stage::Order),
            "take" | "limit" => self.whole_number().map(Stage::Take),
            "top" => {
                let count = self.whole_number()?;
                self.sort_keys().map(|keys| Stage::Top(count, keys))
            }
            "distinct" => self.columns().map(|columns| Stage::Summarize(Vec::new(), columns)),
            "count" => Ok(Stage::Count),
            "summarize" => self.summarize(),
            other => {
                self.at = start;
                Err(self.wrong(format!("the operator `{other}` is not known here")))
            }
        }
    }

    fn whole_number(&mut self) -> Result<usize, SyntaxError> {
        if let Token::Number(number) = *self.peek()
            && let Ok(count) = number.to_string().parse()
        {
            self.at += 1;
            return Ok(count);
        }
        Err(self.wrong("expected a whole number"))
    }

    fn sort_keys(&mut self) -> Result<Vec<(Expr, bool)>, SyntaxError> {
        if !self.take_word("by") {
            return Err(self.wrong("expected `by`"));
        }
        let mut keys = Vec::new();
        loop {
            let key = self.expr()?;
            let ascending = self.take_word("asc");
            if !ascending {
                self.take_word("desc");
            }
            keys.push((key, ascending));
            if !self.take(",") {
                return Ok(keys);
            }
        }
    }

    fn summarize(&mut self) -> Result<Stage, SyntaxError> {
        let mut aggregates = Vec::new();
        loop {
            let start = self.at;
            let first = self.name("an aggregate such as `count()`")?;
            let (column, function) = if self.take("=") {
                (Some(first), self.name("an aggregate such as `count()`")?)
            } else {
                (None, first)
            };
            let Some((name, aggregate)) = AGGREGATES.iter().find(|known| known.0 == function) else {
                self.at = start;
                return Err(self.wrong(format!("the aggregate `{function}` is not known here")));
            };
            self.expect("(")?;
            let arguments = self.list()?;
            let wanted = usize::from(*aggregate != Aggregate::Count);
            if arguments.len() != wanted {
                self.at = start;
                return Err(self.wrong(format!("`{name}` does not take {} arguments", arguments.len())));
            }
            let argument = arguments.into_iter().next().unwrap_or(Expr::Literal(Datum::Null));
            let column = column.unwrap_or_else(|| match &argument {
                Expr::Path(path) => format!("{name}_{}", path.join("_")),
                _ => format!("{name}_"),
            });
            aggregates.push((column, *aggregate, argument));
            if !self.take(",") {
                break;
            }
        }
        let groups = if self.take_word("by") { self.columns()? } else { Vec::new() };
        Ok(Stage::Summarize(aggregates, groups))
    }

    /// A number with a unit of time: its seconds.
    fn time_span(&mut self) -> Result<f64, SyntaxError> {
        let Token::Number(number) = *self.peek() else {
            return Err(self.wrong("expected a time span such as `1d`"));
        };
        self.at += 1;
        let unit = match self.peek() {
            Token::Name(unit) => match unit.as_str() {
                "d" => Some(86_400.0),
                "h" => Some(3600.0),
                "m" => Some(60.0),
                "s" => Some(1.0),
                _ => None,
            },
            _ => None,
        };
        let unit = unit.ok_or_else(|| self.wrong("expected the unit of a time span: d, h, m or s"))?;
        self.at += 1;
        Ok(number * unit)
    }

    /// `ago(1d)`, `now()`, `bin(time, 1h)` and `ingestion_time()`, whose arguments are not those of functions.
    fn special(&mut self, name: &str) -> Result<Option<Expr>, SyntaxError> {
        let expr = match name {
            "ago" => {
                let ago = SignedDuration::try_from_secs_f64(self.time_span()?).ok();
                let at = ago.and_then(|ago| self.now.checked_sub(ago).ok());
                Expr::Literal(Datum::Time(at.ok_or_else(|| self.wrong("this time is too long ago"))?))
            }
            "now" => Expr::Literal(Datum::Time(self.now)),
            "ingestion_time" => Expr::Path(vec!["$ingestion_time".to_owned()]),
            "bin" => {
                let of = self.expr()?;
                self.expect(",")?;
                Expr::Bin(Box::new(of), self.time_span()?)
            }
            _ => return Ok(None),
        };
        self.expect(")")?;
        Ok(Some(expr))
    }

    /// `name = expression` or a path, separated by commas.
    fn columns(&mut self) -> Result<Vec<(String, Expr)>, SyntaxError> {
        let mut columns: Vec<(String, Expr)> = Vec::new();
        loop {
            let start = self.at;
            let named = match self.name("a column") {
                Ok(name) if self.take("=") => Some(name),
                _ => {
                    self.at = start;
                    None
                }
            };
            let expr = self.expr()?;
            let name = named.unwrap_or_else(|| match &expr {
                Expr::Path(path) => path.join("_"),
                _ => format!("Column{}", columns.len() + 1),
            });
            columns.push((name, expr));
            if !self.take(",") {
                return Ok(columns);
            }
        }
    }

    fn expr(&mut self) -> Result<Expr, SyntaxError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.wrong("the query is nested too deeply"));
        }
        let mut left = self.conjunction()?;
        while self.take_word("or") {
            left = Expr::Or(Box::new(left), Box::new(self.conjunction()?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Expr, SyntaxError> {
        let mut left = self.comparison()?;
        while self.take_word("and") {
            left = Expr::And(Box::new(left), Box::new(self.comparison()?));
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Expr, SyntaxError> {
        let left = self.operand()?;
        for (sign, comparison) in [
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("=~", Comparison::Like),
            ("!~", Comparison::NotLike),
            (">=", Comparison::GreaterOrEqual),
            ("<=", Comparison::LessOrEqual),
            (">", Comparison::Greater),
            ("<", Comparison::Less),
        ] {
            if self.take(sign) {
                return Ok(Expr::Compare(comparison, Box::new(left), Box::new(self.operand()?)));
            }
        }
        for (word, comparison) in [
            ("contains", Comparison::Contains),
            ("has", Comparison::Contains),
            ("startswith", Comparison::StartsWith),
            ("endswith", Comparison::EndsWith),
        ] {
            if self.take_word(word) {
                return Ok(Expr::Compare(comparison, Box::new(left), Box::new(self.operand()?)));
            }
        }
        if self.take_word("between") {
            self.expect("(")?;
            let from = self.operand()?;
            self.expect(".")?;
            self.expect(".")?;
            let to = self.operand()?;
            self.expect(")")?;
            let least = Expr::Compare(Comparison::GreaterOrEqual, Box::new(left.clone()), Box::new(from));
            return Ok(Expr::And(
                Box::new(least),
                Box::new(Expr::Compare(Comparison::LessOrEqual, Box::new(left), Box::new(to))),
            ));
        }
        let negated = self.take("!");
        if self.take_word("in") {
            let exact = !self.take("~");
            self.expect("(")?;
            return Ok(Expr::In(Box::new(left), self.list()?, exact, negated));
        }
        if negated { Err(self.wrong("expected `in`")) } else { Ok(left) }
    }

    /// Expressions up to the closing bracket.
    fn list(&mut self) -> Result<Vec<Expr>, SyntaxError> {
        let mut items = Vec::new();
        if self.take(")") {
            return Ok(items);
        }
        loop {
            items.push(self.expr()?);
            if !self.take(",") {
                self.expect(")")?;
                return Ok(items);
            }
        }
    }

    fn operand(&mut self) -> Result<Expr, SyntaxError> {
        if self.take("(") {
            let inner = self.expr()?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.take("-") {
            if let Token::Number(number) = *self.peek() {
                self.at += 1;
                return Ok(Expr::Literal(Datum::Number(-number)));
            }
            return Err(self.wrong("expected a number"));
        }
        let literal = match self.peek() {
            Token::Text(text) => Datum::Text(text.clone().into()),
            Token::Number(number) => Datum::Number(*number),
            Token::Time(time) => Datum::Time(*time),
            Token::Name(name) if name == "true" || name == "false" => Datum::Bool(name == "true"),
            Token::Name(_) => return self.call_or_path(),
            Token::Sign(_) | Token::End => return Err(self.wrong("expected a value")),
        };
        self.at += 1;
        Ok(Expr::Literal(literal))
    }

    fn call_or_path(&mut self) -> Result<Expr, SyntaxError> {
        let start = self.at;
        let name = self.name("a name")?;
        if self.take("(") {
            if let Some(expr) = self.special(&name)? {
                return Ok(expr);
            }
            let known = FUNCTIONS.iter().find(|function| function.0 == name);
            let Some((_, function, fewest, most)) = known else {
                self.at = start;
                return Err(self.wrong(format!("the function `{name}` is not known here")));
            };
            let arguments = self.list()?;
            if !(*fewest..=*most).contains(&arguments.len()) {
                self.at = start;
                return Err(self.wrong(format!("`{name}` does not take {} arguments", arguments.len())));
            }
            return Ok(Expr::Call(*function, arguments));
        }
        let mut path = vec![name];
        loop {
            if self.take(".") {
                path.push(self.name("a property name")?);
            } else if self.take("[") {
                match self.peek() {
                    Token::Text(text) => path.push(text.clone()),
                    Token::Number(number) => path.push(number.to_string()),
                    _ => return Err(self.wrong("expected a property name in quotes or an index")),
                }
                self.at += 1;
                self.expect("]")?;
            } else {
                return Ok(Expr::Path(path));
            }
        }
    }
}
