use super::*;
use crate::bpmn::read::read_text;
use crate::bpmn::resolve::resolve;
use crate::bpmn::tests::file;

/// A process in few words: elements as `id:kind` with `+` inside of what the last sub-process holds, flows as `a>b`, with a
/// condition behind `?` or as a default with `!`, separated by semicolons.
fn model(elements: &str, flows: &str) -> Process {
    let mut xml = String::new();
    let mut defaults = Vec::new();
    for flow in flows.split(';').map(str::trim).filter(|it| !it.is_empty()) {
        let (way, condition) = flow.split_once('?').unwrap_or((flow, ""));
        let (from, to) = way.split_once('>').unwrap();
        let (to, default) = match to.strip_suffix('!') {
            Some(to) => (to, true),
            None => (to, false),
        };
        if default {
            defaults.push((from, to));
        }
        let condition = match condition.is_empty() {
            true => String::new(),
            false => format!("<conditionExpression><![CDATA[{condition}]]></conditionExpression>"),
        };
        xml.push_str(&format!(
            "<sequenceFlow id='{from}-{to}' sourceRef='{from}' targetRef='{to}'>{condition}</sequenceFlow>"
        ));
    }
    for element in elements.split_whitespace() {
        let (id, kind) = element.split_once(':').unwrap();
        let default = defaults.iter().find(|(from, _)| *from == id);
        let default = default.map_or(String::new(), |(from, to)| format!("default='{from}-{to}'"));
        let (tag, inside) = match kind {
            "start" => ("startEvent", ""),
            "end" => ("endEvent", ""),
            "terminate" => ("endEvent", "<terminateEventDefinition/>"),
            "error" => ("endEvent", "<errorEventDefinition errorRef='E'/>"),
            "user" => ("userTask", ""),
            "xor" => ("exclusiveGateway", ""),
            "and" => ("parallelGateway", ""),
            "or" => ("inclusiveGateway", ""),
            "race" => ("eventBasedGateway", ""),
            "timer" => (
                "intermediateCatchEvent",
                "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>",
            ),
            border => {
                let (host, what) = border.split_once('@').unwrap();
                let inside = match what {
                    "late" | "remind" => {
                        "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
                    }
                    _ => "<errorEventDefinition errorRef='E'/>",
                };
                let interrupting = what != "remind";
                xml.push_str(&format!(
                    "<boundaryEvent id='{id}' attachedToRef='{host}' cancelActivity='{interrupting}'>{inside}</boundaryEvent>"
                ));
                continue;
            }
        };
        xml.push_str(&format!("<{tag} id='{id}' {default}>{inside}</{tag}>"));
    }
    let text = file("<error id='E' errorCode='E'/>", &xml);
    resolve(&read_text(&text).unwrap(), "p").unwrap()
}

/// The faults in words.
fn faults(process: &Process) -> Vec<String> {
    let id = |ix: ElementIx| process.element(ix).id.to_string();
    let mut said: Vec<String> = check(process)
        .into_iter()
        .map(|fault| match fault {
            Fault::Deadlock { join, missing } => {
                let source = process.flow(missing).source;
                format!("{} waits for {}", id(join), id(source))
            }
            Fault::PilesUp { join } => format!("{} piles up", id(join)),
            Fault::RunsTwice { merge, split } => format!("{} twice by {}", id(merge), id(split)),
            Fault::NeverReached { element } => format!("never {}", id(element)),
        })
        .collect();
    said.sort();
    said
}

fn found(elements: &str, flows: &str) -> Vec<String> {
    faults(&model(elements, flows))
}

const NONE: [&str; 0] = [];

#[test]
fn what_is_joined_as_it_was_split_is_sound() {
    for kind in ["xor", "and", "or"] {
        let elements = format!("s:start f:{kind} a:user b:user c:user j:{kind} e:end");
        let flows = match kind {
            "and" => "s>f; f>a; f>b; f>c; a>j; b>j; c>j; j>e",
            _ => "s>f; f>a?x; f>b?y; f>c!; a>j; b>j; c>j; j>e",
        };
        assert_eq!(found(&elements, flows), NONE, "{kind}");
    }
}

#[test]
fn a_choice_that_a_parallel_gateway_joins_waits_for_ever() {
    let flows = "s>f; f>a?x; f>b!; a>j; b>j; j>e";
    assert_eq!(
        found("s:start f:xor a:user b:user j:and e:end", flows),
        ["j waits for a"]
    );
    // Of several at once, one may be missing as well.
    let flows = "s>f; f>a?x; f>b?y; a>j; b>j; j>e";
    assert_eq!(
        found("s:start f:or a:user b:user j:and e:end", flows),
        ["j waits for a"]
    );
    let flows = "s>f; f>t; f>u; t>j; u>j; j>e";
    assert_eq!(
        found("s:start f:race t:timer u:timer j:and e:end", flows),
        ["j waits for t"]
    );
}

#[test]
fn only_the_first_of_several_joins_that_wait_is_named() {
    let flows = "s>f; f>a; f>b; a>g; g>c?x; g>d!; c>j; d>j; j>k; b>k; k>e";
    assert_eq!(
        found(
            "s:start f:and a:user b:user g:xor c:user d:user j:and k:and e:end",
            flows
        ),
        ["j waits for c"]
    );
}

#[test]
fn a_way_around_a_join_is_told() {
    // One of two branches may come to its own end.
    let flows = "s>f; f>a; f>g; g>b?x; g>n!; a>j; b>j; j>e";
    assert_eq!(
        found("s:start f:and a:user g:xor b:user n:end j:and e:end", flows),
        ["j waits for b"]
    );
    // One that ends everything takes the waiting token along.
    assert_eq!(
        found(
            "s:start f:and a:user g:xor b:user n:terminate j:and e:end",
            flows
        ),
        NONE
    );
}

#[test]
fn choices_that_look_at_the_same_fields_go_together() {
    let elements = "s:start f:and g:xor h:xor a:user b:user c:user d:user j:and m:xor e:end";
    let flows = |first: &str, second: &str| {
        format!(
            "s>f; f>g; f>h; g>a?{first}; g>c!; h>b?{second}; h>d!; a>j; b>j; j>m; c>m; d>m; m>e"
        )
    };
    let only_joins = |said: Vec<String>| -> Vec<String> {
        said.into_iter().filter(|it| it.contains("waits")).collect()
    };
    let waits = |first: &str, second: &str| only_joins(found(elements, &flows(first, second)));
    assert_eq!(waits("x", "x"), NONE);
    assert_eq!(waits("amount > 100", "amount > 100"), NONE);
    assert_eq!(waits("amount > 100", "not(amount <= 100)"), NONE);
    assert_eq!(
        waits("kind = \"a\"", "kind != \"b\" and kind = \"a\""),
        NONE
    );
    assert_eq!(waits("amount > 100", "amount > 200"), ["j waits for b"]);
    assert_eq!(waits("x", "y").len(), 1);
    assert_eq!(waits("x", "not(x)").len(), 1);
}

#[test]
fn one_of_an_inclusive_gateways_ways_that_is_always_open_is_joined() {
    let flows = "s>f; f>a?amount > 0; f>b?amount <= 0; a>j; b>j; j>e";
    assert_eq!(found("s:start f:or a:user b:user j:xor e:end", flows), NONE);
}

#[test]
fn what_runs_side_by_side_and_is_merged_is_done_twice() {
    let elements = "s:start f:and a:user b:user m:xor c:user e:end";
    let flows = "s>f; f>a; f>b; a>m; b>m; m>c; c>e";
    assert_eq!(found(elements, flows), ["m twice by f"]);
    // Behind an activity, too, every way without a condition is taken.
    let flows = "s>f; f>a; f>b; a>m; b>m; m>c; c>e";
    assert_eq!(
        found("s:start f:user a:user b:user m:xor c:user e:end", flows),
        ["m twice by f"]
    );
    // Where nothing is done, nothing is done twice.
    let flows = "s>f; f>a; f>b; a>m; b>m; m>e";
    assert_eq!(
        found("s:start f:and a:user b:user m:xor e:end", flows),
        NONE
    );
    // Who merges without a gateway may mean it, and so may who reminds.
    let flows = "s>f; f>a; f>b; a>c; b>c; c>e";
    assert_eq!(
        found("s:start f:and a:user b:user c:user e:end", flows),
        NONE
    );
    let flows = "s>a; r>m; a>m; m>c; c>e";
    assert_eq!(
        found("s:start a:user r:a@remind m:xor c:user e:end", flows),
        NONE
    );
}

#[test]
fn a_loop_that_starts_something_beside_it_is_sound() {
    let flows = "s>m; m>a; a>f; f>b; f>g; g>m?again; g>e!; b>h; h>c?x; h>d!; c>n; d>n; n>i; i>k";
    assert_eq!(
        found(
            "s:start m:xor a:user f:and b:user g:xor e:end h:xor c:user d:user n:xor i:user k:end",
            flows
        ),
        NONE
    );
}

#[test]
fn tokens_that_pile_up_before_a_join_are_told() {
    let flows = "s>m; m>f; f>g; f>j; g>m?again; g>j!; j>e";
    let said = found("s:start m:xor f:and g:xor j:and e:end", flows);
    assert_eq!(said, ["j piles up"]);
}

#[test]
fn what_always_leads_round_again_lasts_for_ever() {
    let lasting = |elements: &str, flows: &str| {
        let process = model(elements, flows);
        let lasting = lasting(&process);
        let mut ids: Vec<&str> = process
            .elements
            .iter()
            .zip(&lasting)
            .filter(|(_, lasts)| **lasts)
            .map(|(element, _)| &*element.id)
            .collect();
        ids.sort_unstable();
        ids.join(" ")
    };
    let forks = "s>m; m>f; f>u; f>m; u>e";
    assert_eq!(lasting("s:start m:xor f:and u:user e:end", forks), "f m s");
    let flows = "s>m; m>a; a>g; g>m?x; g>m2!; m2>m";
    assert_eq!(
        lasting("s:start m:xor a:user g:xor m2:xor", flows),
        "a g m m2 s"
    );
    let out = "s>m; m>a; a>g; g>m?x; g>e!";
    assert_eq!(lasting("s:start m:xor a:user g:xor e:end", out), "");
    let cut = "s>m; m>a; a>m; l>e";
    assert_eq!(lasting("s:start m:xor a:user l:a@late e:end", cut), "");
    let reminded = "s>m; m>a; a>m; r>e";
    assert_eq!(
        lasting("s:start m:xor a:user r:a@remind e:end", reminded),
        "a m s"
    );
}

#[test]
fn a_loop_around_a_join_is_sound() {
    let flows = "s>m; m>f; f>a; f>b; a>j; b>j; j>g; g>m?again; g>e!";
    assert_eq!(
        found("s:start m:xor f:and a:user b:user j:and g:xor e:end", flows),
        NONE
    );
    let flows = "s>m; m>f; f>a?x; f>b!; a>j; b>j; j>g; g>m?again; g>e!";
    assert_eq!(
        found("s:start m:xor f:or a:user b:user j:or g:xor e:end", flows),
        NONE
    );
}

#[test]
fn borders_that_interrupt_take_the_place_of_the_activity() {
    let sound = "s>a; a>m; l>b; b>m; m>e";
    assert_eq!(
        found("s:start a:user l:a@late b:user m:xor e:end", sound),
        NONE
    );
    let joined = "s>a; a>j; l>b; b>j; j>e";
    assert_eq!(
        found("s:start a:user l:a@late b:user j:and e:end", joined).len(),
        1
    );
    // A reminder that nobody sends is waited for as well.
    let joined = "s>a; a>j; r>b; b>j; j>e";
    assert_eq!(
        found("s:start a:user r:a@remind b:user j:and e:end", joined),
        ["j waits for b"]
    );
}

#[test]
fn what_no_data_opens_is_never_reached() {
    let flows = "s>g; g>a?false; g>b!; a>e; b>e";
    assert_eq!(
        found("s:start g:xor a:user b:user e:end", flows),
        ["never a"]
    );
    let flows = "s>g; g>a?1 < 2; g>b!; a>e; b>e";
    assert_eq!(
        found("s:start g:xor a:user b:user e:end", flows),
        ["never b"]
    );
}

#[test]
fn a_sub_process_is_judged_for_itself() {
    let text = |inside: &str, outside: &str| {
        let text = file(
            "<error id='E' errorCode='E'/>",
            &format!(
                "<startEvent id='s'/><sequenceFlow sourceRef='s' targetRef='sub'/><subProcess id='sub'><startEvent id='t'/>{inside}</subProcess>
                <sequenceFlow sourceRef='sub' targetRef='after'/><userTask id='after'/>{outside}"
            ),
        );
        faults(&resolve(&read_text(&text).unwrap(), "p").unwrap())
    };
    let choice = "<sequenceFlow sourceRef='t' targetRef='g'/><exclusiveGateway id='g'/>
        <sequenceFlow sourceRef='g' targetRef='a'><conditionExpression>x</conditionExpression></sequenceFlow>
        <sequenceFlow sourceRef='g' targetRef='b'><conditionExpression>y</conditionExpression></sequenceFlow>
        <userTask id='a'/><userTask id='b'/><sequenceFlow sourceRef='a' targetRef='j'/><sequenceFlow sourceRef='b' targetRef='j'/><parallelGateway id='j'/>";
    // What is wrong inside is not told again outside.
    assert_eq!(text(choice, ""), ["j waits for a"]);
    let fails = "<sequenceFlow sourceRef='t' targetRef='x'/><endEvent id='x'><errorEventDefinition errorRef='E'/></endEvent>";
    let caught = "<boundaryEvent id='c' attachedToRef='sub'><errorEventDefinition errorRef='E'/></boundaryEvent>";
    assert_eq!(text(fails, caught), ["never after"]);
    let interrupted = "<subProcess id='h' triggeredByEvent='true'><startEvent id='u'><errorEventDefinition errorRef='E'/></startEvent></subProcess>";
    assert_eq!(text(&format!("{fails}{interrupted}"), ""), NONE);
}

#[test]
fn what_is_too_large_to_explore_is_given_up_in_bounded_time() {
    // Nine loops side by side, each with a choice: far too many places.
    let mut elements = String::from("s:start f:and j:and e:end");
    let mut flows = String::from("s>f; j>e");
    for n in 0..40 {
        elements.push_str(&format!(" m{n}:xor a{n}:user g{n}:xor"));
        flows.push_str(&format!(
            "; f>m{n}; m{n}>a{n}; a{n}>g{n}; g{n}>m{n}?again{n}; g{n}>j!"
        ));
    }
    let process = model(&elements, &flows);
    assert_eq!(faults(&process), NONE);
    // A fan-out of a thousand is small all the same.
    let mut elements = String::from("s:start f:and j:and e:end");
    let mut flows = String::from("s>f; j>e");
    for n in 0..1_000 {
        elements.push_str(&format!(" a{n}:user"));
        flows.push_str(&format!("; f>a{n}; a{n}>j"));
    }
    assert_eq!(faults(&model(&elements, &flows)), NONE);
    let (start, rest) = flows.split_once("f>a7; ").unwrap();
    let flows = format!("{start}{rest}");
    assert_eq!(faults(&model(&elements, &flows)).len(), 1);
}
