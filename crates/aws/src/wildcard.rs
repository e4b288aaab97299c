//! Patterns of filters and rules: one way to match them, whose time does not explode, however many stars there are.

/// `*` stands for any number of characters, `?` for exactly one.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut read) = (0, 0);
    // Where to go on when the rest does not fit: behind the last star, which then takes one character more.
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at + 1, read));
                at += 1;
            }
            Some(&expected) if expected == '?' || expected == text[read] => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((after, taken)) = star else { return false };
                star = Some((after, taken + 1));
                at = after;
                read = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|&rest| rest == '*')
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text, expected) in [
            ("/", "/", true),
            ("/", "/vpn", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("/img/*", "/img/a/b", true),
            ("/img/*", "/img", false),
            ("/*/a?.png", "/x/y/ab.png", true),
            ("/*/a?.png", "/x/y/a.png", false),
            ("*a*b", "aab", true),
            ("*a*b", "aba", false),
            ("a*c", "abbc", true),
            ("??", "ab", true),
            ("??", "abc", false),
            ("東*", "東京", true),
            ("abc", "abcd", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    /// As one would say it who does not mind the time.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => naive(rest, text) || !text.is_empty() && naive(pattern, &text[1..]),
            ([expected, rest @ ..], [first, after @ ..]) => {
                (*expected == '?' || expected == first) && naive(rest, after)
            }
            _ => false,
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn a_pattern_fits_what_it_says(pattern in "[ab東*?]{0,7}", text in "[ab東]{0,9}", any: String) {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            for (pattern, text) in [(&pattern, &text), (&pattern, &any), (&any, &any), (&any, &text)] {
                proptest::prop_assert_eq!(fits(pattern, text), naive(&chars(pattern), &chars(text)));
            }
        }
    }

    /// Whoever tries each star with each rest needs longer for this than there is time.
    #[test]
    fn many_stars_take_no_longer() {
        let text = "a".repeat(256);
        assert!(!fits(&format!("{}b", "a*".repeat(120)), &text));
        assert!(fits(&"a*".repeat(120), &text));
        assert!(!fits(&format!("{}b", "*".repeat(100_000)), &text));
    }
}
