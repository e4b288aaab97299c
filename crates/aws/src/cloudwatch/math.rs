//! Metric math: sums of metrics, and `FILL` with a number. Nothing else is emulated, and everything else is refused.

use std::collections::BTreeMap;

use super::ServiceError;

/// So many are summed up in a moment for each datapoint that one may ask for.
const TERMS_AT_MOST: usize = 100;

/// A sum of one or more terms.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression(Vec<Term>);

#[derive(Debug, Clone, PartialEq)]
struct Term {
    id: String,
    /// `FILL(id, number)`.
    fill: Option<f64>,
}

impl Expression {
    /// Reads one, such as `m1+m2` or `FILL(m1, 0) + m2`.
    ///
    /// # Errors
    /// A `ValidationError` that quotes what is not understood.
    pub fn read(text: &str) -> Result<Self, ServiceError> {
        if text.matches('+').count() >= TERMS_AT_MOST {
            let message = format!("The expression is not supported here: only sums of at most {TERMS_AT_MOST} terms");
            return Err(ServiceError::validation(message));
        }
        text.split('+').map(|term| Term::read(term.trim(), text)).collect::<Result<_, _>>().map(Self)
    }

    /// The metrics it names.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|term| term.id.as_str())
    }

    /// Its value for one period. "Missing values in a time series are treated as 0" where another series has a value;
    /// where none has, there is no datapoint.
    #[must_use]
    pub fn value(&self, values: &BTreeMap<String, f64>) -> Option<f64> {
        self.0
            .iter()
            .filter_map(|term| values.get(&term.id).copied().or(term.fill))
            .fold(None, |sum, value| Some(sum.unwrap_or(0.0) + value))
    }
}

impl Term {
    fn read(term: &str, whole: &str) -> Result<Self, ServiceError> {
        let refuse = || {
            ServiceError::validation(format!(
                "The expression {whole:?} is not supported here: only sums of metrics and of FILL(metric, number)"
            ))
        };
        if let Some(arguments) = term.strip_prefix("FILL(").and_then(|rest| rest.strip_suffix(')')) {
            let (id, number) = arguments.split_once(',').ok_or_else(refuse)?;
            let fill = number.trim().parse::<f64>().ok().filter(|fill| fill.is_finite()).ok_or_else(refuse)?;
            return Ok(Self { id: legal_id(id.trim()).ok_or_else(refuse)?, fill: Some(fill) });
        }
        Ok(Self { id: legal_id(term).ok_or_else(refuse)?, fill: None })
    }
}

/// An id starts with a lower-case letter; letters, digits and underscores follow.
pub(super) fn legal_id(text: &str) -> Option<String> {
    let legal = text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    legal.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(expression: &str, values: &[(&str, f64)]) -> Option<f64> {
        let values = values.iter().map(|(id, value)| ((*id).to_owned(), *value)).collect();
        Expression::read(expression).unwrap().value(&values)
    }

    #[test]
    fn a_missing_side_counts_as_zero_and_two_as_nothing() {
        for (expression, values, expected) in [
            ("m1+m2", &[("m1", 1.0), ("m2", 2.0)][..], Some(3.0)),
            ("m1+m2", &[("m2", 2.0)], Some(2.0)),
            ("m1 + m2", &[("m1", 1.0)], Some(1.0)),
            ("m1+m2", &[], None),
            ("m1+m2", &[("m1", 0.0)], Some(0.0)),
            ("FILL(m1,0)+m2", &[], Some(0.0)),
            ("FILL( m1 , 5 )+m2", &[("m2", 2.0)], Some(7.0)),
            ("FILL(m1,5)+m2", &[("m1", 1.0), ("m2", 2.0)], Some(3.0)),
            ("m1", &[("m1", 4.0), ("m2", 2.0)], Some(4.0)),
        ] {
            assert_eq!(value(expression, values), expected, "{expression} of {values:?}");
        }
    }

    #[test]
    fn a_sum_is_not_endless() {
        let terms = |count: usize| vec!["m1"; count].join("+");
        assert!(Expression::read(&terms(100)).is_ok());
        assert_eq!(Expression::read(&terms(101)).unwrap_err().code, "ValidationError");
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in
            ["", "m1+", "m1-m2", "m1*2", "m1+1", "M1", "SUM(METRICS())", "FILL(m1,REPEAT)", "FILL(m1)", "IF(m1,1,0)"]
        {
            assert_eq!(Expression::read(bad).unwrap_err().code, "ValidationError", "{bad}");
        }
    }
}
