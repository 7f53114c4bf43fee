//! Memory of the real program, as the kernel counts it (`VmRSS`): at rest, after load, and with idle subscriptions, each
//! on a socket of its own.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use docket_tests::Socket;
use docket_tests::server::program;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::client::{Client, rate};
use crate::cycle::{self, CLIENTS};
use crate::world::{World, list, page, token};

/// Tasks in the store.
const TASKS: usize = 1_000;
/// Idle subscriptions.
const SUBSCRIPTIONS: usize = 1_000;
/// Sockets of one person: the limit of the product.
const PER_USER: usize = 10;
/// How long the load lasts, twice.
const LOAD: Duration = Duration::from_secs(5);

const SUBSCRIPTION: &str = "subscription($list: ID!) { worklistChanges(worklist: $list) { __typename ... on TaskEntered { task { id name } } } }";

pub fn run(runtime: &Runtime) -> anyhow::Result<()> {
    let world = World::new(runtime, TASKS)?;
    let server = Program::start(world.folder())?;
    let rest = server.kib()?;
    println!("memory, at rest: {:.1} MiB", mib(rest));
    let tokens = (0..CLIENTS)
        .map(|number| world.token(&format!("clerk-{number}"), &["clerks"]))
        .collect::<anyhow::Result<Vec<_>>>()?;
    cycle::work(server.addr, &tokens, LOAD)?;
    let mut clients = tokens
        .iter()
        .map(|token| Client::connect(server.addr, token))
        .collect::<anyhow::Result<Vec<_>>>()?;
    rate(&mut clients, &page("clerks", None), LOAD)?;
    let load = server.kib()?;
    println!(
        "memory, after {} s of cycles and pages with {CLIENTS} clients: {:.1} MiB; at rest {:.1} MiB; ratio {:.2}",
        2 * LOAD.as_secs(),
        mib(load),
        mib(rest),
        load / rest
    );
    let sockets = runtime.block_on(subscribe(server.addr, &world.folder().join("data.key")))?;
    let subscribed = server.kib()?;
    println!(
        "memory, with {SUBSCRIPTIONS} idle subscriptions, a socket each: {:.1} MiB; before {:.1} MiB; {:.1} KiB each",
        mib(subscribed),
        mib(load),
        (subscribed - load) / SUBSCRIPTIONS as f64
    );
    drop(sockets);
    Ok(())
}

fn mib(kib: f64) -> f64 {
    kib / 1024.0
}

async fn subscribe(addr: SocketAddr, key: &Path) -> anyhow::Result<Vec<Socket>> {
    let mut sockets = Vec::with_capacity(SUBSCRIPTIONS);
    for user in 0..SUBSCRIPTIONS / PER_USER {
        // Somebody whose list is empty: what a snapshot holds is not what a subscription costs.
        let token = token(key, &format!("idle-{user}"), &["nobody"])?;
        for _ in 0..PER_USER {
            let mut socket = Socket::open(addr, &token).await?;
            let variables = json!({ "list": list("nobody") });
            socket.subscribe("1", SUBSCRIPTION, variables).await;
            let snapshot = socket.change("1").await;
            ensure!(
                snapshot["worklistChanges"]["__typename"] == "WorklistSnapshot",
                "a subscription begins with a snapshot: {snapshot}"
            );
            sockets.push(socket);
        }
    }
    Ok(sockets)
}

/// The real program over a folder.
struct Program {
    addr: SocketAddr,
    child: Child,
}

impl Program {
    fn start(folder: &Path) -> anyhow::Result<Program> {
        let addr = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let child = Command::new(program()?)
            .args(["serve", "--dev", "--listen", &addr.to_string(), "--data"])
            .arg(folder.join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("the program starts")?;
        let mut program = Program { addr, child };
        let begun = Instant::now();
        while std::net::TcpStream::connect(addr).is_err() {
            if let Some(status) = program.child.try_wait()? {
                bail!("the program ended with {status}");
            }
            ensure!(
                begun.elapsed() < Duration::from_secs(30),
                "the program listens"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        // What starting costs is over.
        std::thread::sleep(Duration::from_secs(1));
        Ok(program)
    }

    /// Resident memory.
    fn kib(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        Ok(number.context("the kernel counts it")?.parse()?)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
