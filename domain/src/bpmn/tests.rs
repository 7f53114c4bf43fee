//! What holds of all phases together: the fixtures, and files that nobody meant well with.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::lint::findings;
use super::read::{Draft, read, read_text};
use super::*;

const REFERENCES: &[u8] = include_bytes!("../../../tests/fixtures/models/references.bpmn");
const POOLS: &str = include_str!("../../../tests/fixtures/models/pools.bpmn");
const CAMUNDA: &str = include_str!("../../../tests/fixtures/camunda.bpmn");

/// A process in a file, with the namespaces that the tests use.
pub(super) fn file(definitions: &str, process: &str) -> String {
    format!(
        r#"<definitions xmlns="{BPMN}" xmlns:wf="{WF}" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:flowable="http://flowable.org/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:imixs="http://www.imixs.org/bpmn2">{definitions}
<process id="p" isExecutable="true">
{process}
</process></definitions>"#
    )
}

pub(super) fn draft(process: &str) -> Draft {
    read_text(&file("", process)).unwrap()
}

/// Rule, element and place of each finding.
pub(super) fn rules(problems: &[Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|problem| {
            let element = problem.element.as_deref().unwrap_or("-");
            format!("{} {element} {}", problem.place.line, problem.rule)
        })
        .collect()
}

/// Everything that can be asked of bytes; it must come back.
fn everything(bytes: &[u8]) {
    if let Ok(draft) = read(bytes) {
        draft.elements();
        for process in draft.processes() {
            findings(&draft, &process.key);
            let _ = resolve::resolve(&draft, &process.key);
        }
    }
}

#[test]
fn every_encoding_resolves_to_the_same_process() {
    let files: [&[u8]; 6] = [
        include_bytes!("../../../tests/fixtures/models/utf-8-bom.bpmn"),
        include_bytes!("../../../tests/fixtures/models/utf-16-le.bpmn"),
        include_bytes!("../../../tests/fixtures/models/utf-16-be.bpmn"),
        include_bytes!("../../../tests/fixtures/models/windows-1252.bpmn"),
        include_bytes!("../../../tests/fixtures/models/latin-1.bpmn"),
        include_bytes!("../../../tests/fixtures/models/crlf.bpmn"),
    ];
    for bytes in files {
        let draft = read(bytes).unwrap();
        assert_eq!(findings(&draft, "größe"), []);
        let process = resolve::resolve(&draft, "größe").unwrap();
        assert_eq!(process.name.as_deref(), Some("Prüfung der Größe"));
        assert_eq!(process.elements[1].place, Place { line: 5, column: 5 });
        assert_eq!(process.flows.len(), 2);
    }
}

#[test]
fn odd_references_and_missing_ids_resolve() {
    let draft = read(REFERENCES).unwrap();
    let process = resolve::resolve(&draft, "7 references").unwrap();
    let at = |id: &str| process.element(process.by_id[id]);
    assert_eq!(at("1-start").outgoing.len(), 1);
    assert!(matches!(&at("a:b").kind, Kind::Receive(wait) if &*wait.name == "paper"));
    assert!(matches!(&at("inner end").kind, Kind::End(Throw::Error(code)) if &**code == "LOST"));
    let host = at("{3F2504E0}");
    assert_eq!(host.boundaries, [process.by_id["lost"]]);
    assert!(process.by_id.contains_key("endEvent@18:5"));
    assert_eq!(
        rules(&findings(&draft, "7 references")),
        ["18 endEvent@18:5 unreachable"]
    );
}

#[test]
fn pools_of_a_file_are_processes_of_their_own() {
    let draft = read_text(POOLS).unwrap();
    assert_eq!(findings(&draft, "customer"), []);
    let shop = findings(&draft, "shop");
    assert_eq!(rules(&shop), ["18 shop not-executable"]);
    // What cannot be published can still be shown.
    assert!(resolve::resolve(&draft, "shop").is_ok());
    let count = |tag: &str| {
        let elements = draft.elements();
        elements
            .iter()
            .filter(|element| &*element.tag == tag)
            .count()
    };
    for (tag, expected) in [
        ("participant", 2),
        ("lane", 1),
        ("messageFlow", 1),
        ("sequenceFlow", 2),
        ("association", 1),
        ("textAnnotation", 1),
        ("manualTask", 2),
        ("flowNodeRef", 0),
    ] {
        assert_eq!(count(tag), expected, "{tag}");
    }
    let pool = draft
        .elements()
        .into_iter()
        .find(|element| &*element.tag == "participant");
    assert_eq!(pool.unwrap().process, None);
}

#[test]
fn a_large_model_is_read_and_resolved_in_time() {
    let mut process = String::from("<startEvent id='t0'/>\n");
    let mut padding = String::new();
    for ix in 1..7_000 {
        process.push_str(&format!(
            "<task id='t{ix}' name='Task number {ix} of many'/>\n<sequenceFlow id='f{ix}' sourceRef='t{}' targetRef='t{ix}'/>\n",
            ix - 1
        ));
        padding.push_str("<!-- diagram -->");
    }
    let text = file("", &process) + &padding;
    assert!(text.len() > 700_000);
    let start = Instant::now();
    let draft = read_text(&text).unwrap();
    assert_eq!(findings(&draft, "p"), []);
    assert_eq!(resolve::resolve(&draft, "p").unwrap().elements.len(), 7_000);
    // Under 100 ms in a release build; the bound here is for slow machines and builds without optimization.
    assert!(start.elapsed() < Duration::from_secs(5));
}

/// Files whose cost must not grow with the square of their size.
#[test]
fn hostile_files_cost_no_more_than_honest_ones() {
    let many =
        |count: usize, line: &dyn Fn(usize) -> String| -> String { (0..count).map(line).collect() };
    let wide: String = many(250, &|ix| format!(" a{ix}='{ix}'"));
    let spaces: String = many(250, &|ix| format!(" xmlns:n{ix}='urn:{ix}'"));
    let files = [
        many(49_000, &|ix| format!("<subProcess id='s{ix}'/>")),
        many(24_000, &|ix| {
            format!("<subProcess id='s{ix}'><task/></subProcess>")
        }),
        many(1_000, &|_| format!("<task{wide}/>")),
        many(800, &|_| format!("<task{spaces}/>")),
        many(49_000, &|_| "<task id='same'/>".to_owned()),
        format!(
            "<task id='t'/>{}",
            many(48_000, &|_| "<sequenceFlow sourceRef='t' targetRef='t'/>"
                .to_owned())
        ),
        format!(
            "<task id='t'/>{}",
            many(24_000, &|ix| format!(
                "<boundaryEvent id='b{ix}' attachedToRef='t'><errorEventDefinition/></boundaryEvent>"
            ))
        ),
        format!(
            "<subProcess id='t'>{}</subProcess>{}",
            many(10_000, &|_| {
                "<endEvent><errorEventDefinition errorRef='e'/></endEvent>".to_owned()
            }),
            many(10_000, &|ix| format!(
                "<boundaryEvent id='b{ix}' attachedToRef='t'><errorEventDefinition errorRef='f'/></boundaryEvent>"
            )),
        ),
        format!(
            "{}{}",
            "<subProcess>".repeat(200),
            "</subProcess>".repeat(200)
        ),
        format!("<documentation>{}</documentation>", "x".repeat(4_000_000)),
        format!(
            "<documentation>{}</documentation>",
            "]]&gt;".repeat(600_000)
        ),
        "<task ".repeat(600_000),
        "<task>".repeat(600_000),
        "</task>".repeat(500_000),
        "<!--".repeat(900_000),
    ];
    let roots = "<error id='e' errorCode='one'/><error id='f' errorCode='two'/>";
    for (ix, process) in files.iter().enumerate() {
        let text = file(roots, process);
        assert!(
            text.len() < 4 * 1024 * 1024,
            "file {ix} is not even looked at"
        );
        let start = Instant::now();
        everything(text.as_bytes());
        let took = start.elapsed();
        // What grows with the square takes many minutes in a build without optimization; the rest is for busy machines.
        assert!(took < Duration::from_secs(60), "file {ix} took {took:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_text_makes_reading_panic(text in "\\PC*") {
        everything(text.as_bytes());
    }

    #[test]
    fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        everything(&bytes);
    }

    #[test]
    fn no_soup_of_markup_makes_reading_panic(
        parts in proptest::collection::vec(
            prop::sample::select(vec![
                "<", ">", "/", "=", "'", "\"", "&", ";", "#", "x", ":", " ", "\r", "\n", "<!--", "-->", "<![CDATA[", "]]>",
                "<?", "?>", "<!DOCTYPE", "</", "/>", "xmlns", "ä", "\u{0}", "a", "&lt;", "&#10;", "<a>", "</a>", "<a b='c'>",
            ]),
            0..60,
        ),
    ) {
        everything(parts.concat().as_bytes());
    }

    #[test]
    fn no_damage_to_a_model_makes_reading_panic(
        which in 0..3_usize,
        at in any::<prop::sample::Index>(),
        with in any::<u8>(),
        cut in any::<prop::sample::Index>(),
        how in 0..4_u8,
    ) {
        let mut bytes = [REFERENCES, POOLS.as_bytes(), CAMUNDA.as_bytes()][which].to_vec();
        let (at, cut) = (at.index(bytes.len()), cut.index(bytes.len()));
        match how {
            0 => bytes[at] = with,
            1 => bytes.truncate(cut),
            2 => {
                bytes[at] = with;
                bytes[cut] ^= with;
            }
            _ => {
                bytes.drain(at.min(cut)..at.max(cut));
            }
        }
        everything(&bytes);
    }

    #[test]
    fn nothing_between_elements_makes_resolving_panic(
        parts in proptest::collection::vec(
            prop::sample::select(vec![
                "<startEvent id='a'>", "</startEvent>", "<subProcess id='b'>", "</subProcess>", "<task id='c'/>", "<userTask id='d'/>",
                "<boundaryEvent id='e' attachedToRef='b'>", "</boundaryEvent>", "<boundaryEvent id='f' attachedToRef='f'/>",
                "<endEvent id='g'/>", "<exclusiveGateway id='h' default='i'/>", "<sequenceFlow id='i' sourceRef='h' targetRef='c'/>",
                "<sequenceFlow sourceRef='c' targetRef='h'/>", "<eventBasedGateway id='j'/>", "<sequenceFlow sourceRef='j' targetRef='d'/>",
                "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>", "<errorEventDefinition/>",
                "<sequenceFlow sourceRef='b' targetRef='b'/>", "<task/>", "<transaction id='k'>", "</transaction>",
            ]),
            0..20,
        ),
    ) {
        everything(file("", &parts.concat()).as_bytes());
    }
}
