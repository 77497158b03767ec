//! Contrast of every text colour on every ground, by the formula of WCAG 2.2.

const STYLE: &str = include_str!("../../src/style.css");

fn luminance(colour: &str) -> f64 {
    let digits = colour.trim_start_matches('#');
    let full: String = match digits.len() {
        3 => digits.chars().flat_map(|it| [it, it]).collect(),
        _ => digits.to_owned(),
    };
    let channel = |at: usize| {
        let value =
            f64::from(u8::from_str_radix(&full[at..at + 2], 16).expect("a hex digit")) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
}

fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Checks one block of colours: light, dark or print.
#[track_caller]
fn check(block: &str) {
    let of = |name: &str| {
        let at = block.find(&format!("--{name}:")).unwrap_or_else(|| panic!("{name} is set"));
        let rest = &block[at + name.len() + 3..];
        &rest[..rest.find([';', '}']).expect("an end")]
    };
    for (text, grounds) in [
        ("ink", ["bg", "card"].as_slice()),
        ("soft", &["bg", "card"]),
        ("cur", &["bg", "card"]),
        ("hot", &["card", "hotbg"]),
        ("calmink", &["calm"]),
        ("amber", &["amberbg"]),
    ] {
        for ground in grounds {
            let ratio = contrast(of(text), of(ground));
            assert!(4.5 <= ratio, "{text} on {ground}: {ratio:.2}");
        }
    }
    // Shapes of a picture need 3 to 1 (1.4.11).
    for shape in ["bar", "hotbar", "ref"] {
        let ratio = contrast(of(shape), of("card"));
        assert!(3.0 <= ratio, "{shape} on card: {ratio:.2}");
    }
}

#[test]
fn text_is_readable_in_all_three_modes() {
    let blocks: Vec<&str> = STYLE.split(":root{").skip(1).collect();
    assert_eq!(blocks.len(), 3);
    blocks.into_iter().for_each(check);
}
