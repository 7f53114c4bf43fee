//! The program itself: what its commands print, what they refuse, and how they end.

use std::fs::{self, File, Permissions};
use std::io::{Read, Seek};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use docket_tests::server::{ended, free_addr, program, publish};
use docket_tests::{Executable, Socket, User};
use serde_json::{Value, json};

use crate::tasks::CLAIMABLE;

/// How long a command that ends by itself may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// What came of a command.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    /// The one line on standard error of a command that was refused.
    #[track_caller]
    fn refusal(&self) -> &str {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert_eq!(self.out, "", "{self:?}");
        assert_eq!(self.err.lines().count(), 1, "{self:?}");
        self.err.trim_end()
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(program().expect("the program is built"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

/// Runs a command that ends by itself.
async fn docket(arguments: &[&str]) -> Ended {
    let file = || tempfile::tempfile().expect("a temporary file can be made");
    let (mut out, mut err) = (file(), file());
    let copy = |file: &File| file.try_clone().expect("a file can be shared");
    let mut child = command(arguments)
        .stdout(copy(&out))
        .stderr(copy(&err))
        .spawn()
        .expect("the program starts");
    let status = ended(&mut child, PATIENCE).await;
    let status = status.unwrap_or_else(|late| panic!("{arguments:?}: {late}"));
    Ended {
        code: status.code(),
        out: text(&mut out),
        err: text(&mut err),
    }
}

fn text(file: &mut File) -> String {
    let mut text = String::new();
    file.rewind().expect("a file has a beginning");
    file.read_to_string(&mut text).expect("it is text");
    text
}

fn path(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    path.to_str().expect("the name is text").to_owned()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

/// What a folder holds: names and contents.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let entry = entry.expect("the entry can be read").path();
        let name = entry.to_string_lossy().into_owned();
        if entry.is_dir() {
            found.push((name, Vec::new()));
            found.extend(contents(&entry));
        } else {
            found.push((name, fs::read(&entry).expect("the file can be read")));
        }
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn it_prints_the_checked_in_schema() {
    let printed = docket(&["schema"]).await;
    assert_eq!((printed.code, printed.err.as_str()), (Some(0), ""));
    assert!(printed.out == include_str!("../../schema.graphql"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_printed_token_is_bare_and_works() {
    let folder = folder();
    let data = path(folder.path(), "data");
    let asked = [
        "token",
        "--data",
        &data,
        "--user",
        "emma",
        "--tenant",
        "acme",
        "--group",
        "crew",
        "--privilege",
        "user",
        "--ttl",
        "1h",
    ];
    let early = docket(&asked).await;
    assert!(early.refusal().contains("data.key"), "{early:?}");

    let server = Executable::start(folder.path())
        .await
        .expect("the program starts");
    let printed = docket(&asked).await;
    assert_eq!((printed.code, printed.err.as_str()), (Some(0), ""));
    let token = printed.out.strip_suffix('\n').expect("a line");
    assert_eq!(token.split('.').count(), 3, "{token}");
    assert!(!token.contains(char::is_whitespace), "{token}");
    let emma = server.nobody("whoever").bearing(token.to_owned());
    assert_eq!(
        emma.ok(
            "{ viewer { user { name } tenant { name } groups privileges } }",
            json!({})
        )
        .await["viewer"],
        json!({ "user": { "name": "emma" }, "tenant": { "name": "acme" }, "groups": ["crew"], "privileges": ["USER"] })
    );
}

/// Processes grow old when the clock is moved, and nobody is logged out by it.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_outlives_a_clock_that_was_moved() {
    let folder = folder();
    let data = path(folder.path(), "data");
    let asked = [
        "token", "--data", &data, "--user", "emma", "--tenant", "acme",
    ];
    let server = Executable::start(folder.path())
        .await
        .expect("the program starts");
    let before = docket(&asked).await.out;
    let mut socket = Socket::open(server.addr, before.trim_end())
        .await
        .expect("the socket opens");
    server.advance("P4D").await;
    let after = docket(&asked).await.out;
    let name = "{ viewer { user { name } } }";
    for token in [before, after] {
        let emma = server
            .nobody("whoever")
            .bearing(token.trim_end().to_owned());
        assert_eq!(
            emma.ok(name, json!({})).await["viewer"]["user"]["name"],
            "emma"
        );
    }
    socket.subscribe("q", name, json!({})).await;
    assert_eq!(socket.change("q").await["viewer"]["user"]["name"], "emma");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_no_server_would_accept_is_not_printed() {
    let folder = folder();
    let data = path(folder.path(), "data");
    let _server = Executable::start(folder.path())
        .await
        .expect("the program starts");
    let long = "n".repeat(257);
    for (user, tenant) in [("", "acme"), ("emma", ""), (&long, "acme"), ("emma", &long)] {
        let refused = docket(&["token", "--data", &data, "--user", user, "--tenant", tenant]).await;
        assert!(refused.refusal().contains("no server"), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_at_rest_is_its_owners_alone() {
    let folder = folder();
    let server = Executable::start(folder.path())
        .await
        .expect("the program starts");
    let data = folder.path().join("data");
    let mode = |path: &Path| {
        let metadata = fs::metadata(path).expect("it is there");
        metadata.permissions().mode() & 0o077
    };
    assert_eq!(mode(&data), 0, "the folder");
    for (name, _) in contents(&data) {
        assert_eq!(mode(Path::new(&name)), 0, "{name}");
    }
    assert_eq!(mode(&folder.path().join("data.key")), 0);
    server.kill().expect("the program can be killed");
}

/// What `docket demo` prints is enough to begin: a token for everybody that works, and a command to paste.
#[tokio::test(flavor = "multi_thread")]
async fn the_demo_prints_tokens_that_work_and_a_query_to_paste() {
    let folder = folder();
    let addr = free_addr().expect("a free address");
    let (data, listen) = (path(folder.path(), "data"), addr.to_string());
    let out = tempfile::tempfile().expect("a temporary file can be made");
    let child = command(&["demo", "--data", &data, "--listen", &listen])
        .stdout(out.try_clone().expect("a file can be shared"))
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut demo = Watching { child, out };
    let said = demo.text_until("startable(").await;
    let people: Vec<(&str, &str)> = said
        .lines()
        .zip(said.lines().skip(1))
        .filter_map(|(who, token)| Some((who.split_once(',')?.0, token.strip_prefix("  ey")?)))
        .collect();
    let names: Vec<&str> = people.iter().map(|(name, _)| *name).collect();
    let listed = [
        ("emma@acme", json!(["USER", "INSTANTIATOR"])),
        ("mark@acme", json!(["USER", "INSTANTIATOR"])),
        ("hanna@acme", json!(["USER", "INSTANTIATOR"])),
        ("dora@acme", json!(["DESIGNER"])),
        ("pia@acme", json!(["MANAGER"])),
        ("adam@acme", json!(["ADMINISTRATOR"])),
        ("mona@acme", json!(["MONITOR"])),
        ("ines@acme", json!(["INSTANTIATOR"])),
        ("nora@acme", json!([])),
        ("emma@globex", json!(["USER", "INSTANTIATOR"])),
    ];
    let seen = "{ viewer { user { name } tenant { name } privileges startable(first: 9) { nodes { key } } } }";
    for (who, privileges) in listed {
        let place = names.iter().position(|name| *name == who);
        let (_, token) = people[place.unwrap_or_else(|| panic!("`{who}` among {names:?}"))];
        let person = User::at(addr, &data, "whoever").bearing(format!("ey{token}"));
        let viewer = person.ok(seen, json!({})).await["viewer"].clone();
        let name = format!(
            "{}@{}",
            viewer["user"]["name"].as_str().unwrap_or_default(),
            viewer["tenant"]["name"].as_str().unwrap_or_default()
        );
        assert_eq!((name.as_str(), &viewer["privileges"]), (who, &privileges));
        if who.starts_with("hanna") {
            let keys =
                json!([{ "key": "expense" }, { "key": "onboarding" }, { "key": "vacation" }]);
            assert_eq!(viewer["startable"]["nodes"], keys);
        }
    }
    assert!(said.contains(&format!("curl -s http://{addr}/graphql ")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_open_to_anybody_or_to_nobody_is_not_served() {
    let folder = folder();
    let data = path(folder.path(), "data");
    let public = docket(&["serve", "--dev", "--listen", "0.0.0.0:0", "--data", &data]).await;
    assert!(public.refusal().contains("loopback"), "{public:?}");
    assert!(public.refusal().contains("`0.0.0.0:0`"), "{public:?}");
    let nobody = docket(&["serve", "--listen", "127.0.0.1:0", "--data", &data]).await;
    assert!(
        nobody.refusal().contains("set `identity.jwks_file`"),
        "{nobody:?}"
    );
    assert_eq!(contents(folder.path()), [], "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_is_unknown_or_wrong_is_refused_by_name() {
    let folder = folder();
    let data = path(folder.path(), "data");
    let settings = path(folder.path(), "docket.toml");
    for (text, name) in [
        ("lisen = '127.0.0.1:0'", "`lisen`"),
        ("[limits]\ndeepness = 3", "`deepness`"),
        ("[limits]\nbody = 'much'", "`limits.body`"),
        ("[limits]\nbody = 0", "`limits.body`"),
        ("listen = 'here'", "`listen`"),
        ("data = 'x'\nlisten = \n", "line 2, column 10"),
        ("log = 'a=b=c'", "`log`"),
    ] {
        fs::write(&settings, text).expect("the settings can be written");
        let refused = docket(&["serve", "--dev", "--config", &settings, "--data", &data]).await;
        assert!(refused.refusal().contains(name), "{refused:?}");
    }
    assert!(!folder.path().join("data").exists(), "nothing was written");
}

/// The root key as it should be, then as somebody has left it.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_that_is_exposed_truncated_or_gone_is_refused_at_once() {
    let folder = folder();
    let key = folder.path().join("data.key");
    let data = path(folder.path(), "data");
    let serve = ["serve", "--dev", "--listen", "127.0.0.1:0", "--data", &data];
    let server = Executable::start(folder.path())
        .await
        .expect("the program starts");
    server.terminate().expect("it can be asked to end");
    server.ended().await.expect("it ends");
    let whole = fs::read(&key).expect("the key is there");

    let exposed = || fs::set_permissions(&key, Permissions::from_mode(0o644));
    let truncated = || {
        fs::set_permissions(&key, Permissions::from_mode(0o600))?;
        fs::write(&key, &whole[..40])
    };
    let gone = || fs::remove_file(&key);
    let left: [(&str, &dyn Fn() -> std::io::Result<()>); 3] = [
        ("0644", &exposed),
        ("64 hexadecimal digits", &truncated),
        ("there is no root key file", &gone),
    ];
    for (why, leave) in left {
        leave().expect("the key can be changed");
        let before = contents(folder.path());
        let refused = docket(&serve).await;
        assert!(refused.refusal().contains("data.key"), "{refused:?}");
        assert!(refused.refusal().contains(why), "{why}: {refused:?}");
        assert!(
            before == contents(folder.path()),
            "{why}: something was written"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_what_is_wrong_by_a_line_and_by_how_it_ends() {
    let folder = folder();
    let data = path(folder.path(), "data");
    let listen = free_addr().expect("a free address").to_string();
    let asked = ["doctor", "--dev", "--data", &data, "--listen", &listen];
    let before = docket(&asked).await;
    assert_eq!(
        (before.code, before.err.as_str()),
        (Some(0), ""),
        "{before:?}"
    );
    assert!(before.out.contains("does not run here"), "{before:?}");
    assert_eq!(contents(folder.path()), [], "it only looks");

    let addr = free_addr().expect("a free address");
    let server = Executable::start_at(folder.path(), addr)
        .await
        .expect("the program starts");
    let listen = addr.to_string();
    let running = docket(&["doctor", "--dev", "--data", &data, "--listen", &listen]).await;
    assert_eq!(running.code, Some(0), "{running:?}");
    assert!(running.out.contains("runs and is ready"), "{running:?}");
    assert!(running.out.contains("both open"), "{running:?}");
    server.kill().expect("the program can be killed");

    let closed = docket(&["doctor", "--data", &data, "--listen", &listen]).await;
    assert_eq!(closed.code, Some(1), "{closed:?}");
    assert!(closed.out.contains("WRONG  identity"), "{closed:?}");
    let key = folder.path().join("data.key");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).expect("the key can be changed");
    let exposed = docket(&asked).await;
    assert_eq!(exposed.code, Some(1), "{exposed:?}");
    assert!(
        exposed.out.contains("WRONG  keys and database"),
        "{exposed:?}"
    );
    assert_eq!(exposed.err.lines().count(), 1, "{exposed:?}");
}

/// The program at something that does not end by itself.
struct Watching {
    child: Child,
    out: File,
}

impl Watching {
    fn start(server: &Executable, token: &str) -> Watching {
        let out = tempfile::tempfile().expect("a temporary file can be made");
        let url = format!("http://{}", server.addr);
        let asked = [
            "worklist",
            "watch",
            "--json",
            "--worklist",
            "CLAIMABLE",
            "--url",
            &url,
            "--token",
            token,
        ];
        let child = command(&asked)
            .stdout(out.try_clone().expect("a file can be shared"))
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        Watching { child, out }
    }

    /// What it has printed, once a text is in it.
    async fn text_until(&mut self, wanted: &str) -> String {
        let mut pause = tokio::time::interval(Duration::from_millis(20));
        let begin = Instant::now();
        loop {
            let text = text(&mut self.out);
            if text.contains(wanted) {
                return text;
            }
            assert!(
                begin.elapsed() < Duration::from_secs(30),
                "{wanted}: {text}"
            );
            assert!(self.child.try_wait().expect("it can be asked").is_none());
            pause.tick().await;
        }
    }

    /// The lines, once there are so many; each is one JSON object.
    async fn lines(&mut self, count: usize) -> Vec<Value> {
        let mut pause = tokio::time::interval(Duration::from_millis(20));
        let begin = Instant::now();
        loop {
            let text = text(&mut self.out);
            let whole = text
                .split_inclusive('\n')
                .filter(|line| line.ends_with('\n'));
            let lines: Vec<Value> = whole
                .map(|line| serde_json::from_str(line).expect("a line is JSON"))
                .collect();
            if lines.len() >= count {
                return lines;
            }
            assert!(
                begin.elapsed() < Duration::from_secs(30),
                "{count} lines come: {lines:?}"
            );
            assert!(
                self.child.try_wait().expect("it can be asked").is_none(),
                "it goes on: {lines:?}"
            );
            pause.tick().await;
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watched_worklist_goes_on_after_the_server_was_killed() {
    let folder = folder();
    let server = Executable::start(folder.path())
        .await
        .expect("the program starts");
    let addr = server.addr;
    publish(
        &server.nobody("dora").privilege("designer"),
        &server.nobody("pia").privilege("manager"),
        CLAIMABLE,
    )
    .await;
    let ann = server.user("ann");
    let ben = server.nobody("ben").privilege("user").group("crew");
    let open = json!({ "user": "cleo" });
    ann.start("claimable", open.clone()).await;
    let mut watching = Watching::start(&server, &ben.token());
    watching.lines(1).await;
    ann.start("claimable", open.clone()).await;
    watching.lines(2).await;
    server.kill().expect("the program can be killed");

    let server = Executable::start_at(folder.path(), addr)
        .await
        .expect("the program starts again");
    let (ann, ben) = (server.user("ann"), ben);
    ann.start("claimable", open).await;
    let tasks = ben.worklist("CLAIMABLE").await;
    assert_eq!(tasks.len(), 3);
    let entered = watching.lines(3).await;
    let taken = entered[1]["change"]["task"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(ben.claim(&taken).await, Ok(()));

    let lines = watching.lines(4).await;
    let changes: Vec<&Value> = lines.iter().map(|line| &line["change"]).collect();
    let kinds: Vec<&Value> = changes.iter().map(|change| &change["__typename"]).collect();
    assert_eq!(
        kinds,
        ["WorklistSnapshot", "TaskEntered", "TaskEntered", "TaskLeft"]
    );
    let mut shown = vec![
        &changes[0]["tasks"][0]["id"],
        &changes[1]["task"]["id"],
        &changes[2]["task"]["id"],
    ];
    shown.sort_by_key(|id| id.as_str());
    let mut all: Vec<&str> = tasks.iter().map(|(id, _)| id.as_str()).collect();
    all.sort_unstable();
    assert_eq!(shown, all, "each task once");
    assert_eq!(changes[0]["tasks"].as_array().map(Vec::len), Some(1));
    assert_eq!(changes[3]["taskId"], taken.as_str());
    server.kill().expect("the program can be killed");
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_to_end_it_sends_sockets_elsewhere_and_ends_well() {
    let folder = folder();
    let server = Executable::start(folder.path())
        .await
        .expect("the program starts");
    let token = server.user("emma").token();
    let mut socket = Socket::open(server.addr, &token)
        .await
        .expect("the socket opens");
    let changes = "subscription { worklistCounts { __typename } }";
    socket.subscribe("c", changes, json!({})).await;
    socket.change("c").await;
    server.terminate().expect("it can be asked to end");
    let mut next = socket.next().await;
    // What was under way may be completed first.
    while next.is_ok() {
        next = socket.next().await;
    }
    assert_eq!(next, Err(1001));
    drop(socket);
    let status = server.ended().await.expect("it ends");
    assert_eq!(status.code(), Some(0));
}
