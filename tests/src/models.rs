//! Models that are too large to be kept as files, and files that somebody made to do harm.

use std::fmt::Write;

/// The namespace of BPMN 2.0.
const BPMN: &str = "http://www.omg.org/spec/BPMN/20100524/MODEL";

/// A model with a row of so many tasks, each with a diagram, in the manner of a modeller: about 200 bytes each. Its
/// key is `large`.
pub fn large(tasks: usize) -> String {
    let mut process = String::from("<bpmn:startEvent id=\"t0\"/>\n");
    let mut diagram = String::new();
    for task in 1..=tasks {
        let before = task - 1;
        // Writing to a text does not fail.
        let _ = writeln!(
            process,
            "    <bpmn:manualTask id=\"t{task}\" name=\"Step {task} &amp; what follows\"/>\n    <bpmn:sequenceFlow id=\"f{task}\" sourceRef=\"t{before}\" targetRef=\"t{task}\"/>"
        );
        let _ = writeln!(
            diagram,
            "<di:S id=\"s{task}\" r=\"t{task}\"><di:B x=\"{}\" y=\"80\"/></di:S>",
            task * 100
        );
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<bpmn:definitions xmlns:bpmn=\"{BPMN}\" xmlns:di=\"urn:drawing\" targetNamespace=\"t\">\n  <bpmn:process id=\"large\" isExecutable=\"true\">\n    {process}  </bpmn:process>\n  <di:D>{diagram}</di:D>\n</bpmn:definitions>\n"
    )
}

/// Files that are to be refused, or read in little memory: what each tries, and its text.
pub fn attacks() -> Vec<(&'static str, String)> {
    let model = |process: &str| {
        format!(
            "<definitions xmlns=\"{BPMN}\"><process id=\"p\" isExecutable=\"true\">{process}</process></definitions>"
        )
    };
    let laughs: String = (1..30)
        .map(|level| {
            let before = format!("&l{};", level - 1).repeat(10);
            format!("<!ENTITY l{level} \"{before}\">")
        })
        .collect();
    let wide: String = (0..60_000).map(|at| format!(" a{at}=\"\"")).collect();
    let spaces: String = (0..60_000)
        .map(|at| format!(" xmlns:n{at}=\"urn:{at}\""))
        .collect();
    let fork: String = (0..20_000)
        .map(|at| {
            format!(
                "<sequenceFlow sourceRef=\"f\" targetRef=\"m{}\"/>",
                at % 500
            )
        })
        .collect();
    let merges: String = (0..500)
        .map(|at| format!("<exclusiveGateway id=\"m{at}\"/><sequenceFlow sourceRef=\"m{at}\" targetRef=\"f\"/>"))
        .collect();
    vec![
        (
            "entities that multiply",
            format!(
                "<!DOCTYPE definitions [<!ENTITY l0 \"ha\">{laughs}]>{}",
                model("<documentation>&l29;</documentation>")
            ),
        ),
        (
            "an entity that names a file",
            format!(
                "<!DOCTYPE definitions [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>{}",
                model("<documentation>&f;</documentation>")
            ),
        ),
        (
            "a document type from elsewhere",
            format!(
                "<!DOCTYPE definitions SYSTEM \"http://127.0.0.1:1/x.dtd\">{}",
                model("")
            ),
        ),
        (
            "an entity of half the file",
            format!(
                "<!DOCTYPE definitions [<!ENTITY b \"{}\">]>{}",
                "x".repeat(1_000_000),
                model(&"&b;".repeat(100_000))
            ),
        ),
        (
            "entities that nobody declared",
            model(&format!(
                "<documentation>{}</documentation>",
                "&x;".repeat(900_000)
            )),
        ),
        ("elements in elements", "<a>".repeat(1_200_000)),
        (
            "sub-processes in sub-processes",
            model(&"<subProcess>".repeat(200_000)),
        ),
        ("attributes without end", format!("<a{wide}/>")),
        ("namespaces without end", format!("<a{spaces}/>")),
        ("comments that do not end", "<!--".repeat(900_000)),
        ("elements without end", model(&"<task/>".repeat(400_000))),
        (
            "gateways that make ever more tokens",
            model(&format!(
                "<startEvent id=\"s\"/><sequenceFlow sourceRef=\"s\" targetRef=\"f\"/><parallelGateway id=\"f\"/>{merges}{fork}"
            )),
        ),
    ]
}
