//! A resource before it has a syntax: what is known stands in it, what is only known on deployment is asked for.

use serde::{Deserialize, Serialize};
use serde_content::{Deserializer, Serializer, Value};
use std::borrow::Cow;

/// Something that is only known when the code runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Asked {
    /// The region.
    Location,
    /// The scope path of the subscription that is deployed to.
    Subscription,
    /// The resource id of the event hub or workspace.
    Target,
    /// The connection string of the event hub.
    ConnectionString,
}

/// A text of an automation: known now, or a parameter of the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Text {
    /// Known.
    Known(String),
    /// A parameter.
    Asked(Asked),
}

/// A value of any syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tree {
    /// Text.
    Text(String),
    /// true or false.
    Flag(bool),
    /// What is asked for.
    Asked(Asked),
    /// A list.
    List(Vec<Tree>),
    /// Members, in the order they are written.
    Object(Vec<(Cow<'static, str>, Tree)>),
}

impl Tree {
    /// What serializes as texts, flags, lists and objects, with what is asked for inside.
    pub(super) fn of(value: &impl Serialize) -> Result<Self, serde_content::Error> {
        Serializer::new().human_readable().serialize(value).and_then(Self::from_content)
    }

    fn from_content(value: Value<'_>) -> Result<Self, serde_content::Error> {
        Ok(match value {
            Value::String(text) => Self::Text(text.into_owned()),
            Value::Bool(flag) => Self::Flag(flag),
            Value::Option(Some(value)) => Self::from_content(*value)?,
            Value::Seq(items) => Self::List(items.into_iter().map(Self::from_content).collect::<Result<_, _>>()?),
            Value::Map(members) => Self::Object(
                members
                    .into_iter()
                    .map(|(name, value)| {
                        Ok((String::deserialize(Deserializer::new(name))?.into(), Self::from_content(value)?))
                    })
                    .collect::<Result<_, serde_content::Error>>()?,
            ),
            asked => Self::Asked(Asked::deserialize(Deserializer::new(asked))?),
        })
    }

    /// Members, in the order they are written.
    pub(super) fn object(members: impl IntoIterator<Item = (&'static str, Tree)>) -> Self {
        Self::Object(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    /// Text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A list of texts.
    pub(super) fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }
}

/// How a syntax writes the parts of a tree.
pub(super) trait Syntax {
    /// A text as a literal.
    fn text(&self, text: &str) -> String;
    /// What is asked for, as an expression.
    fn asked(&self, asked: Asked) -> String;
    /// A member's name with what stands between it and its value, such as `name: `.
    fn member(&self, name: &str) -> String;
    /// What stands after every item and member but the last.
    fn separator(&self) -> &'static str;
}

/// Writes a tree in lines, two blanks a level; the first line is not indented.
pub(super) fn render(tree: &Tree, syntax: &impl Syntax, depth: usize) -> String {
    match tree {
        Tree::Text(text) => syntax.text(text),
        Tree::Flag(flag) => flag.to_string(),
        Tree::Asked(asked) => syntax.asked(*asked),
        Tree::List(items) => {
            let items = items.iter().map(|item| render(item, syntax, depth + 1)).collect();
            block(('[', ']'), items, syntax.separator(), depth)
        }
        Tree::Object(members) => {
            let members =
                members.iter().map(|(name, value)| syntax.member(name) + &render(value, syntax, depth + 1)).collect();
            block(('{', '}'), members, syntax.separator(), depth)
        }
    }
}

fn block((open, close): (char, char), parts: Vec<String>, separator: &str, depth: usize) -> String {
    if parts.is_empty() {
        return format!("{open}{close}");
    }
    let indent = "  ".repeat(depth + 1);
    let lines: Vec<String> = parts.into_iter().map(|part| format!("{indent}{part}")).collect();
    format!("{open}\n{}\n{}{close}", lines.join(&format!("{separator}\n")), "  ".repeat(depth))
}
