//! An input, held against the [`table`](super::table): what is not as it says is refused before anybody works with it.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    ServiceError,
    table::{Kind, Member, members},
};

/// The input without what is null, if every member is as the operation takes it.
///
/// # Errors
/// What AWS answers: a `SerializationException` for another type, a `ValidationError` that names the member otherwise.
pub fn check(operation: &str, input: Value) -> Result<Value, ServiceError> {
    match members(operation) {
        Some(members) => structure(members, input, ""),
        None => Ok(input),
    }
}

fn structure(members: &[Member], value: Value, path: &str) -> Result<Value, ServiceError> {
    let Value::Object(mut given) = value else { return Err(of_another_type(path, "a structure")) };
    given.retain(|_, value| !value.is_null());
    let mut checked = Map::new();
    for member in members {
        let path = if path.is_empty() { member.name.to_owned() } else { format!("{path}.{}", member.name) };
        match given.remove(member.name) {
            Some(value) => drop(checked.insert(member.name.to_owned(), kind(&member.kind, value, &path)?)),
            None if member.required => return Err(fails("null", &path, "Member must not be null")),
            None => {}
        }
    }
    match given.keys().next() {
        // AWS passes over what it does not know; whoever misspells something here shall learn of it.
        Some(unknown) if path.is_empty() => Err(ServiceError::validation(format!("unknown parameter {unknown}"))),
        Some(unknown) => Err(ServiceError::validation(format!("unknown parameter {path}.{unknown}"))),
        None => Ok(Value::Object(checked)),
    }
}

fn kind(kind: &Kind, value: Value, path: &str) -> Result<Value, ServiceError> {
    match kind {
        Kind::NotEmulated => {
            return Err(ServiceError::validation(format!("The parameter {path} is not emulated here: leave it out")));
        }
        Kind::Structure(members) => return structure(members, value, path),
        Kind::List(least, most, of) => {
            let Value::Array(items) = value else { return Err(of_another_type(path, "a list")) };
            if items.len() < *least {
                let why = format!("Member must have length greater than or equal to {least}");
                return Err(fails(&format!("{} members", items.len()), path, &why));
            }
            if items.len() > *most {
                let why = format!("Member must have length less than or equal to {most}");
                return Err(fails(&format!("{} members", items.len()), path, &why));
            }
            let item = |(number, item)| self::kind(of, item, &format!("{path}.{}.member", number + 1));
            return items.into_iter().enumerate().map(item).collect();
        }
        Kind::Text(least, most) => {
            let text = value.as_str().ok_or_else(|| of_another_type(path, "a string"))?;
            let length = text.chars().count();
            if length < *least {
                let why = format!("Member must have length greater than or equal to {least}");
                return Err(fails(text, path, &why));
            }
            if length > *most {
                let why = format!("Member must have length less than or equal to {most}");
                return Err(fails(&text.chars().take(80).collect::<String>(), path, &why));
            }
        }
        Kind::Word(words) => {
            let text = value.as_str().ok_or_else(|| of_another_type(path, "a string"))?;
            if !words.contains(&text) {
                let why = format!("Member must satisfy enum value set: [{}]", words.join(", "));
                return Err(fails(&text.chars().take(80).collect::<String>(), path, &why));
            }
        }
        Kind::Integer(least, most) => {
            let number = value.as_i64().filter(|number| i32::try_from(*number).is_ok());
            let number = number.ok_or_else(|| of_another_type(path, "an integer"))?;
            if number < *least {
                let why = format!("Member must have value greater than or equal to {least}");
                return Err(fails(&number.to_string(), path, &why));
            }
            if number > *most {
                let why = format!("Member must have value less than or equal to {most}");
                return Err(fails(&number.to_string(), path, &why));
            }
        }
        Kind::Number => drop(value.as_f64().ok_or_else(|| of_another_type(path, "a number"))?),
        Kind::Flag => drop(value.as_bool().ok_or_else(|| of_another_type(path, "true or false"))?),
        Kind::Time => {
            let time = value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
            if !time.is_some_and(|time| (YEAR_1..YEAR_9000).contains(&time.as_second())) {
                return Err(of_another_type(path, "a time"));
            }
        }
    }
    Ok(value)
}

/// In seconds since 1970: what is reckoned from such a time is a time too.
const YEAR_1: i64 = -62_135_596_800;
const YEAR_9000: i64 = 221_845_392_000;

fn fails(value: &str, path: &str, why: &str) -> ServiceError {
    let message =
        format!("1 validation error detected: Value '{value}' at '{path}' failed to satisfy constraint: {why}");
    ServiceError::validation(message)
}

fn of_another_type(path: &str, expected: &str) -> ServiceError {
    ServiceError::new("SerializationException", format!("The parameter {path} is not {expected}"))
}
