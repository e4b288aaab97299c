//! Filters and pages, alike for everything that is described.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{ec2::AwsError, wildcard::fits};

/// What a `Describe…` call asks for besides the endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Ids, where the action takes some; empty for all.
    pub ids: Vec<String>,
    /// Filters; an item must pass all of them.
    pub filters: Vec<Filter>,
    /// `MaxResults`, 5 to 1,000 (fact 4.1).
    pub max_results: Option<i64>,
    /// `NextToken` of the page before.
    pub next_token: Option<String>,
}

/// A filter; an item passes if any of the values matches, where `*` and `?` are wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// AWS's name of the filter.
    pub name: String,
    /// Values.
    pub values: Vec<String>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last.
    pub next_token: Option<String>,
}

impl Query {
    /// Filters items and cuts a page. `names` are the filters the action has, where `tag:` stands for every `tag:KEY`;
    /// `field` gives the value an item has for a filter.
    pub(super) fn page<T>(
        &self,
        action: &str,
        items: Vec<T>,
        most: usize,
        names: &[&str],
        field: impl Fn(&T, &str) -> Option<String>,
    ) -> Result<Page<T>, AwsError> {
        let known = |name: &str| names.contains(&name) || name.starts_with("tag:") && names.contains(&"tag:");
        if let Some(filter) = self.filters.iter().find(|filter| !known(&filter.name)) {
            return Err(AwsError::new("InvalidParameterValue", format!("The filter '{}' is invalid", filter.name)));
        }
        let size = match self.max_results {
            None => most,
            Some(wanted) => usize::try_from(wanted).ok().filter(|size| SIZES.contains(size)).ok_or_else(|| {
                AwsError::value("maxResults", &wanted.to_string(), "Expecting a value between 5 and 1000.")
            })?,
        };
        // AWS may always give fewer than asked for.
        let size = size.min(most).max(1);
        let start = self.next_token.as_deref().map_or(Ok(0), |token| read_token(action, token))?;
        let passes = |item: &T| {
            self.filters.iter().all(|filter| {
                let value = field(item, &filter.name);
                value.is_some_and(|value| filter.values.iter().any(|pattern| fits(pattern, &value)))
            })
        };
        let mut rest = items.into_iter().filter(passes).skip(start);
        let items: Vec<T> = rest.by_ref().take(size).collect();
        let next = start + items.len();
        let next_token = rest.next().map(|_| URL_SAFE_NO_PAD.encode(format!("{action}:{next}")));
        Ok(Page { items, next_token })
    }
}

fn read_token(action: &str, token: &str) -> Result<usize, AwsError> {
    let read = || {
        let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        plain.strip_prefix(action)?.strip_prefix(':')?.parse().ok()
    };
    read().ok_or_else(|| AwsError::new("InvalidPaginationToken", "The specified pagination token is not valid."))
}

/// Fact 4.1.
const SIZES: std::ops::RangeInclusive<usize> = 5..=1_000;
