use super::super::read::read;
use super::*;
#[test]
fn tmp_survey() {
    let mut files = Vec::new();
    for d in [
        "api/demo",
        "tests/fixtures",
        "../../shared/models/miwg",
        "../../shared/conformance/betsy/models/basics",
        "../../shared/conformance/betsy/models/activities",
        "../../shared/conformance/betsy/models/gateways",
        "../../shared/conformance/betsy/models/events",
        "../../shared/conformance/betsy/models/errors",
        "../../shared/conformance/betsy/models/cfpatterns",
        "../../shared/conformance/betsy/models/data",
    ] {
        for f in std::fs::read_dir(format!("../{d}")).unwrap() {
            files.push(f.unwrap().path());
        }
    }
    files.sort();
    for f in files
        .iter()
        .filter(|f| f.extension().is_some_and(|e| e == "bpmn"))
    {
        let t = std::time::Instant::now();
        let draft = read(&std::fs::read(f).unwrap()).unwrap_or_else(|e| panic!("{f:?} {e:?}"));
        for p in draft.processes() {
            println!("## {} {}", f.display(), p.key);
            for x in findings(&draft, &p.key) {
                println!("   {:?} {x} [{} {:?}]", x.severity, x.rule, x.element);
            }
        }
        println!("{:?}", t.elapsed());
    }
}
