use super::*;

fn occurs(pattern: &str, text: &str) -> bool {
    Pattern::compile(pattern).unwrap().occurs_in(text)
}

#[test]
fn patterns_occur_anywhere_unless_anchored() {
    for (pattern, text, expected) in [
        ("", "", true),
        ("", "a", true),
        ("b", "abc", true),
        ("^b", "abc", false),
        ("b$", "abc", false),
        ("^abc$", "abc", true),
        ("^$", "", true),
        ("^$", "a", false),
        ("a.c", "a\nc", false),
        ("a.c", "aéc", true),
        ("a|b|cd", "xcdx", true),
        ("^(a|b|cd)$", "cd", true),
        ("^(a|b|cd)$", "c", false),
        ("^(?:ab)*$", "ababab", true),
        ("^(?:ab)*$", "ababa", false),
        ("^a+$", "", false),
        ("^a?b$", "b", true),
        ("^a{2}$", "aa", true),
        ("^a{2}$", "aaa", false),
        ("^a{2,}$", "aaaa", true),
        ("^a{1,3}$", "aaaa", false),
        ("^a{0}$", "", true),
        ("^[a-c_-]+$", "ab-_c", true),
        ("^[^a-c]+$", "xyz", true),
        ("^[^a-c]+$", "xbz", false),
        (r"^\d{5}$", "12345", true),
        (r"^\w+\s\W$", "é_1 !", true),
        (r"^\D\S$", "a1", true),
        (r"^[\d.]+$", "1.2", true),
        (r"\.\*\\", r"a.*\b", true),
        ("^(a*)*$", "aaaa", true),
        ("^(a|)+$", "aa", true),
        ("^(|a|b)c$", "bc", true),
        ("^((((x))))$", "x", true),
        (
            r"^[A-Z]{2}\d{2}( ?\d{4}){4}$",
            "DE89 3704 0044 0532 0130",
            true,
        ),
    ] {
        assert_eq!(occurs(pattern, text), expected, "`{pattern}` in `{text}`");
    }
}

#[test]
fn what_lies_outside_the_subset_is_refused() {
    for pattern in [
        "*", "+a", "a**", "a*?", "a{", "a{x}", "a{3,2}", "a{,3}", "a}", "(", "(a", "a)", "[", "[]",
        "[]a]", "[a", "[z-a]", r"[a-\d]", "[[a]]", r"\", r"\1", r"\b", r"\p{L}", "(?=a)",
        "(?<n>a)", "(?i)a", "]",
    ] {
        assert!(Pattern::compile(pattern).is_err(), "`{pattern}`");
    }
}

#[test]
fn patterns_that_would_explode_are_refused_or_stay_linear() {
    for pattern in [
        "a{256}".to_owned(),
        "((a{255}){255}){255}".to_owned(),
        "((((((((((){255}){255}){255}){255}){255}){255}){255}){255}){255}){255}".to_owned(),
        "(".repeat(100),
        "a".repeat(MAX_PATTERN + 1),
    ] {
        assert!(Pattern::compile(&pattern).is_err());
    }
    let text = "a".repeat(5_000);
    assert!(!occurs("^(a+)+$", &format!("{text}b")));
    assert!(!occurs("^(a|a)*b$", &text));
    assert!(!occurs("(a*)*(a*)*c", &text));
}
