//! What can be told of the style without a browser.

const STYLE: &str = include_str!("../templates/page.css");

/// WCAG's relative luminance.
fn luminance(colour: &str) -> f64 {
    let digits = colour.trim_start_matches('#');
    let wide: String =
        if digits.len() == 3 { digits.chars().flat_map(|c| [c, c]).collect() } else { digits.to_owned() };
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&wide[at..at + 2], 16).expect("a colour")) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn colours_can_be_read_in_light_and_in_dark() {
    let schemes: Vec<&str> =
        STYLE.split(":root {").skip(1).map(|part| part.split('}').next().expect("an end")).collect();
    assert_eq!(schemes.len(), 2, "light and dark");
    for scheme in schemes {
        let colour = |name: &str| {
            let (_, rest) = scheme.split_once(&format!("--{name}: ")).expect(name);
            rest.split(';').next().expect("a value").to_owned()
        };
        // Text needs 4.5, symbols and the edges of what can be pressed 3 (WCAG 2.2, 1.4.3 and 1.4.11).
        for (front, back, least) in [
            ("text", "card", 4.5),
            ("text", "back", 4.5),
            ("text", "warn", 4.5),
            ("soft", "card", 4.5),
            ("soft", "back", 4.5),
            ("soft", "warn", 4.5),
            ("accent", "card", 4.5),
            ("accent", "back", 4.5),
            ("on-accent", "accent", 4.5),
            ("red", "card", 4.5),
            ("edge", "card", 3.0),
            ("green", "card", 3.0),
            ("amber", "card", 3.0),
            ("grey", "card", 3.0),
            ("green", "quiet", 3.0),
            ("amber", "quiet", 3.0),
        ] {
            let found = contrast(&colour(front), &colour(back));
            assert!(found >= least, "{front} on {back}: {found:.2} in {scheme}");
        }
    }
}

#[test]
fn nothing_needs_hovering_or_the_height_of_a_window() {
    assert!(!STYLE.contains("vh") && !STYLE.contains("outline: none; }\nbutton"));
    // What shows on hovering shows without it too: only an underline comes.
    let hovers: Vec<&str> = STYLE.lines().filter(|line| line.contains(":hover")).collect();
    assert_eq!(hovers, ["nav a:hover { text-decoration: underline; }"]);
    for needed in ["safe-area-inset-left", "safe-area-inset-right", "safe-area-inset-bottom", "prefers-reduced-motion"]
    {
        assert!(STYLE.contains(needed), "{needed}");
    }
}
