use super::*;

const HEAD: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">"#;

fn problems(text: &str) -> Vec<String> {
    match read_text(text) {
        Ok(_) => Vec::new(),
        Err(problems) => lines(&problems),
    }
}

fn lines(problems: &[Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|problem| {
            let Place { line, column } = problem.place;
            format!("{line}:{column} {}: {}", problem.rule, problem.message)
        })
        .collect()
}

#[test]
fn a_prefix_is_only_a_prefix() {
    for prefix in ["", "bpmn", "bpmn2", "semantic", "x-y.z"] {
        let (declared, used) = if prefix.is_empty() {
            ("xmlns".to_owned(), String::new())
        } else {
            (format!("xmlns:{prefix}"), format!("{prefix}:"))
        };
        let text = format!(
            "<{used}definitions {declared}='{BPMN}'><{used}process id='p' isExecutable='1'>\
             <{used}task id='t' name='A &amp; B'/></{used}process></{used}definitions>"
        );
        let draft = read_text(&text).unwrap();
        assert_eq!(&*draft.processes()[0].key, "p");
        assert_eq!(draft.processes()[0].executable, Some(true));
        let elements = draft.elements();
        assert_eq!(elements[1].name.as_deref(), Some("A & B"));
        assert_eq!(elements[1].process.as_deref(), Some("p"));
    }
}

#[test]
fn another_namespace_is_another_element() {
    let text = format!(
        r#"{HEAD}<process id="p"><task xmlns="urn:other" id="not ours"/><b:task xmlns:b="{BPMN}" id="ours"/></process></definitions>"#
    );
    let elements = read_text(&text).unwrap().elements();
    assert_eq!(elements.len(), 2);
    assert_eq!(elements[1].id.as_deref(), Some("ours"));
}

#[test]
fn every_encoding_reads_the_same() {
    let body = |encoding: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"{encoding}\"?>\r\n<definitions xmlns=\"{BPMN}\">\r\n<process id=\"p\" name=\"Größe\"/></definitions>"
        )
    };
    let utf8 = body("UTF-8");
    let wide = |text: &str, big: bool| -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| {
                if big {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            })
            .collect()
    };
    let one_byte = |text: String| -> Vec<u8> { text.chars().map(|c| c as u8).collect() };
    let utf16 = body("UTF-16");
    let files = [
        ("UTF-8", utf8.clone().into_bytes()),
        (
            "UTF-8 with a mark",
            [b"\xEF\xBB\xBF".as_slice(), utf8.as_bytes()].concat(),
        ),
        (
            "no declaration",
            utf8.split_once("?>")
                .unwrap()
                .1
                .trim_start()
                .as_bytes()
                .to_vec(),
        ),
        (
            "UTF-16LE",
            [b"\xFF\xFE".as_slice(), &wide(&utf16, false)].concat(),
        ),
        (
            "UTF-16BE",
            [b"\xFE\xFF".as_slice(), &wide(&utf16, true)].concat(),
        ),
        ("UTF-16LE without a mark", wide(&utf16, false)),
        ("UTF-16BE without a mark", wide(&utf16, true)),
        ("UTF-8 that says UTF-16", utf16.clone().into_bytes()),
        ("windows-1252", one_byte(body("windows-1252"))),
        ("Latin-1", one_byte(body("ISO-8859-1"))),
        (
            "Latin-1 in single quotes",
            one_byte(body("latin1").replace('"', "'")),
        ),
    ];
    for (what, bytes) in files {
        let draft = read(&bytes).unwrap_or_else(|problems| panic!("{what}: {problems:?}"));
        assert_eq!(
            draft.processes()[0].name.as_deref(),
            Some("Größe"),
            "{what}"
        );
    }
}

#[test]
fn windows_1252_has_its_own_quotes_and_euro() {
    let mut bytes = b"<?xml version='1.0' encoding='Windows-1252'?>".to_vec();
    bytes.extend(HEAD.as_bytes());
    bytes.extend(b"<process id='p' name='5 \x80'/></definitions>");
    assert_eq!(
        read(&bytes).unwrap().processes()[0].name.as_deref(),
        Some("5 €")
    );
}

#[test]
fn unknown_and_broken_encodings_are_problems() {
    let unknown = read(b"<?xml version='1.0' encoding='klingon'?><a/>").unwrap_err();
    assert_eq!(
        lines(&unknown),
        ["1:1 unknown-encoding: the encoding `klingon` is not known"]
    );
    let broken = read(b"<a>\n b\xC3\x28</a>").unwrap_err();
    assert_eq!(
        lines(&broken),
        ["2:3 bad-encoding: the bytes here are not UTF-8"]
    );
    let half = read(b"\xFF\xFE<\0a\0\x00\xD8>\0").unwrap_err();
    assert_eq!(
        lines(&half),
        ["1:3 bad-encoding: the bytes here are not UTF-16LE"]
    );
}

#[test]
fn what_is_not_bpmn_is_said_to_be_not_bpmn() {
    assert_eq!(
        problems("<html/>"),
        ["1:1 not-bpmn: the root is `html` of ``, not BPMN 2.0 `definitions`"]
    );
    assert_eq!(
        problems("<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/'/>").len(),
        1
    );
    for empty in ["", " \n", "<!-- nothing -->"] {
        assert_eq!(problems(empty), ["1:1 bad-xml: the file holds no element"]);
    }
    assert_eq!(
        problems("hello"),
        ["1:1 bad-xml: text outside the root element"]
    );
}

#[test]
fn broken_xml_is_a_list_with_places() {
    let cases: [(&str, &[&str]); 16] = [
        ("<a><b></a>", &["1:4 bad-xml: `<b>` is not closed"]),
        (
            "<a>\n <b>\n",
            &[
                "1:1 bad-xml: `<a>` is not closed",
                "2:2 bad-xml: `<b>` is not closed",
            ],
        ),
        ("<a>\r\n</c></a>", &["2:1 bad-xml: `</c>` closes nothing"]),
        ("<a/><b/>", &["1:5 bad-xml: a file has one root element"]),
        (
            "<a x='1' x='2'/>",
            &["1:1 bad-xml: the attribute `x` stands twice"],
        ),
        (
            "<a x='<'/>",
            &["1:4 bad-xml: `<` is not allowed in an attribute's value"],
        ),
        (
            "<a x='&nbsp;'>&uuml;</a>",
            &[
                "1:4 unknown-entity: the entity `&nbsp;` is not allowed",
                "1:15 unknown-entity: the entity `&uuml;` is not allowed",
            ],
        ),
        ("<a>&#0;</a>", &["1:4 bad-xml: `&#0;` is no character"]),
        (
            "<a>\u{1}</a>",
            &["1:4 bad-xml: a control character is not allowed"],
        ),
        ("<x:a/>", &["1:1 bad-xml: the prefix `x` is not declared"]),
        (
            "<a y:b='1'/>",
            &["1:1 bad-xml: the prefix `y` is not declared"],
        ),
        ("<1a/>", &["1:1 bad-xml: `1a` is not a name"]),
        (
            "<a b/>",
            &["1:5 bad-xml: an attribute's name needs `=` after it"],
        ),
        (
            "<a b=c/>",
            &["1:6 bad-xml: an attribute's value stands between two equal quotes"],
        ),
        (
            "<a",
            &["1:1 bad-xml: syntax error: tag not closed: `>` not found before end of input"],
        ),
        (
            " <?xml version='1.0'?><a/>",
            &["1:2 bad-xml: the XML declaration stands at the very start only"],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(problems(text), expected, "{text}");
    }
}

#[test]
fn document_types_are_refused() {
    let laughs = "<!DOCTYPE a [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]>\n<a>&b;</a>";
    assert_eq!(
        problems(laughs),
        ["1:1 doctype: a document type declaration is not allowed"]
    );
    assert_eq!(
        problems("<?xml version='1.0'?>\n<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>").len(),
        1
    );
}

#[test]
fn references_and_white_space_are_normalized() {
    let text = format!(
        "{HEAD}<process id='p' name='a&#10;b\r\nc\td&lt;&#x20AC;'><!-- - --><?pi ?>\
         <documentation>x &lt; <![CDATA[<y>]]>\r\n&quot;</documentation></process></definitions>"
    );
    let draft = read_text(&text).unwrap();
    assert_eq!(draft.processes()[0].name.as_deref(), Some("a\nb c d<€"));
    let process = draft.process_tags().next().unwrap();
    assert_eq!(process.part("documentation").unwrap().text(), "x < <y>\n\"");
}

#[test]
fn two_hundred_references_in_a_value_are_no_bomb() {
    let text = format!(
        "{HEAD}<process id='p' name='{}'/></definitions>",
        "&lt;".repeat(200)
    );
    let draft = read_text(&text).unwrap();
    assert_eq!(draft.processes()[0].name.as_ref().unwrap().len(), 200);
}

#[test]
fn sizes_are_bounded() {
    let deep = format!("{HEAD}{}", "<a>".repeat(100_000));
    assert_eq!(
        problems(&deep),
        [format!(
            "1:{} limit: elements nest deeper than 256",
            HEAD.len() + 255 * 3 + 1
        )]
    );
    let many = format!("{HEAD}{}</definitions>", "<a/>".repeat(50_000));
    assert!(problems(&many)[0].contains("limit: the file has more than 50000 elements"));
    let wide: String = (0..50_000).map(|ix| format!(" a{ix}=''")).collect();
    let wide = format!("<a{wide}/>");
    assert!(problems(&wide)[0].ends_with("limit: an element has at most 256 attributes"));
    let long = format!("<a b='{}'/>", "x".repeat(70_000));
    assert_eq!(
        problems(&long),
        ["1:4 limit: the value of `b` has more than 65536 bytes"]
    );
    let large = format!("<a>{}</a>", " ".repeat(5 * 1024 * 1024));
    assert_eq!(
        problems(&large),
        ["1:1 too-large: the file is larger than 4194304 bytes"]
    );
    assert_eq!(read(large.as_bytes()).unwrap_err().len(), 1);
}

#[test]
fn problems_are_bounded_too() {
    let bad = format!("<a>{}</a>", "&x;".repeat(100_000));
    assert_eq!(problems(&bad).len(), 500);
}

#[test]
fn columns_count_characters() {
    assert_eq!(
        problems("<a>äöü&x;</a>"),
        ["1:7 unknown-entity: the entity `&x;` is not allowed"]
    );
    assert_eq!(
        problems("<a>\r\r\n\n&x;</a>")[0].split(' ').next(),
        Some("4:1")
    );
}
