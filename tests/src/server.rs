//! A server of its own for each test: inside the test's process on a free port, or the real executable, which can be
//! killed and started again over the same folder.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use docket_api::http::Server;
use docket_infra::clock::Clock;
use docket_infra::config::Config;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::user::User;

/// Where every test's clock begins: a Monday morning.
pub const BEGIN: &str = "2026-03-02T08:00:00Z";

/// A server inside the test's process: a free port, a database in a temporary folder, a clock that stands still.
pub struct TestServer {
    /// Where it listens.
    pub addr: SocketAddr,
    /// Its clock; moved by [`TestServer::advance`].
    pub clock: Arc<Clock>,
    server: Option<Server>,
    folder: Option<tempfile::TempDir>,
}

impl TestServer {
    /// Starts a server over an empty folder.
    pub async fn start() -> TestServer {
        TestServer::start_with(|_| {}).await
    }

    /// Starts a server whose settings a test changes first.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> TestServer {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let begin: Timestamp = BEGIN.parse().expect("the beginning is a timestamp");
        let clock = Arc::new(Clock::fixed(begin));
        let mut config = config(folder.path());
        // A busy machine is no failure.
        config.limits.timeout_ms = 120_000;
        change(&mut config);
        let server = Server::start(config, clock.clone())
            .await
            .expect("the server starts");
        TestServer {
            addr: server.addr,
            clock,
            server: Some(server),
            folder: Some(folder),
        }
    }

    /// The folder with the database and the keys.
    pub fn folder(&self) -> &Path {
        self.folder
            .as_ref()
            .expect("the folder lives as long as the server")
            .path()
    }

    /// A person of the tenant acme with the privileges `user` and `instantiator`.
    pub fn user(&self, name: &str) -> User {
        self.nobody(name)
            .privilege("user")
            .privilege("instantiator")
    }

    /// A person of the tenant acme without any privilege.
    pub fn nobody(&self, name: &str) -> User {
        User::at(self.addr, self.folder().join("data"), name)
    }

    /// Moves the clock and lets everything that became due happen, as `POST /dev/clock` does.
    pub async fn advance(&self, by: &str) {
        advance(self.addr, by).await;
    }

    /// Uploads a model as a designer and publishes every process of it as a manager, in the tenant acme.
    pub async fn publish(&self, xml: &str) {
        self.publish_for("acme", xml).await;
    }

    /// The same, in another tenant.
    pub async fn publish_for(&self, tenant: &str, xml: &str) {
        let dora = self.nobody("dora").in_tenant(tenant).privilege("designer");
        let pia = self.nobody("pia").in_tenant(tenant).privilege("manager");
        publish(&dora, &pia, xml).await;
    }

    /// Stops the server in an orderly way and starts another over the same folder, with the clock where it stood.
    pub async fn restart(&mut self) {
        let server = self.server.take().expect("a running server");
        server.shutdown().await;
        let config = config(self.folder().to_owned().as_path());
        let server = Server::start(config, self.clock.clone())
            .await
            .expect("the server starts again");
        self.addr = server.addr;
        self.server = Some(server);
    }

    /// Stops the server in an orderly way and keeps its folder, so that a test can look at what is at rest.
    pub async fn stop(mut self) -> tempfile::TempDir {
        let server = self.server.take().expect("a running server");
        server.shutdown().await;
        self.folder
            .take()
            .expect("the folder lives as long as the server")
    }
}

fn config(folder: &Path) -> Config {
    let mut config = Config::new(folder.join("data"));
    config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.dev = true;
    config
}

/// Uploads as one person and publishes as another.
pub async fn publish(designer: &User, manager: &User, xml: &str) {
    let upload = "mutation($xml: String!) { uploadProcess(input: {bpmnXml: $xml}) { processes { id } userErrors { message } findings { message severity } } }";
    let answer = designer.ok(upload, json!({ "xml": xml })).await;
    let processes = answer["uploadProcess"]["processes"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    assert!(
        !processes.is_empty(),
        "the upload gives processes: {answer}"
    );
    for process in processes {
        let publish = "mutation($process: ID!) { publishProcess(input: {process: $process}) { process { state findings { message } } userErrors { code message } } }";
        let answer = manager
            .ok(publish, json!({ "process": process["id"] }))
            .await;
        assert_eq!(
            answer["publishProcess"]["process"]["state"], "PUBLISHED",
            "{answer}"
        );
    }
}

async fn advance(addr: SocketAddr, by: &str) {
    let response = client()
        .post(format!("http://{addr}/dev/clock"))
        .json(&json!({ "advance": by }))
        .send()
        .await
        .expect("the clock answers");
    assert!(
        response.status().is_success(),
        "the clock moves by {by}: {}",
        response.status()
    );
}

/// A client without a proxy and without redirects.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client can be built")
}

/// The real program in a process of its own.
pub struct Executable {
    /// Where it listens.
    pub addr: SocketAddr,
    child: Child,
    folder: PathBuf,
}

impl Executable {
    /// Starts `docket serve --dev` over a folder on a free port and waits until it is ready.
    pub async fn start(folder: &Path) -> anyhow::Result<Executable> {
        Executable::start_at(folder, free_addr()?).await
    }

    /// The same, at an address.
    pub async fn start_at(folder: &Path, addr: SocketAddr) -> anyhow::Result<Executable> {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.join("log"))?;
        let child = Command::new(program()?)
            .args(["serve", "--dev", "--listen", &addr.to_string(), "--data"])
            .arg(folder.join("data"))
            .env("DOCKET_LOG", "trace")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("the program starts")?;
        let mut executable = Executable {
            addr,
            child,
            folder: folder.to_owned(),
        };
        executable.ready().await?;
        Ok(executable)
    }

    async fn ready(&mut self) -> anyhow::Result<()> {
        let client = client();
        let mut pause = tokio::time::interval(Duration::from_millis(50));
        for _ in 0..600 {
            pause.tick().await;
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "the program ended with {status}: {}",
                    std::fs::read_to_string(self.folder.join("log"))?
                );
            }
            if let Ok(response) = client
                .get(format!("http://{}/readyz", self.addr))
                .send()
                .await
                && response.status().is_success()
            {
                return Ok(());
            }
        }
        bail!("the program is not ready after 30 seconds");
    }

    /// A person of the tenant acme with the privileges `user` and `instantiator`.
    pub fn user(&self, name: &str) -> User {
        self.nobody(name)
            .privilege("user")
            .privilege("instantiator")
    }

    /// A person of the tenant acme without any privilege.
    pub fn nobody(&self, name: &str) -> User {
        User::at(self.addr, self.folder.join("data"), name)
    }

    /// Moves the clock.
    pub async fn advance(&self, by: &str) {
        advance(self.addr, by).await;
    }

    /// Asks the program to end, as an operator does (SIGTERM).
    pub fn terminate(&self) -> anyhow::Result<()> {
        let signal = Command::new("sh")
            .args(["-c", "kill -TERM \"$0\"", &self.child.id().to_string()])
            .status()?;
        anyhow::ensure!(signal.success(), "the signal is sent");
        Ok(())
    }

    /// How the program ended, once it has.
    pub async fn ended(mut self) -> anyhow::Result<ExitStatus> {
        ended(&mut self.child, Duration::from_secs(15)).await
    }

    /// Kills the program at once, without a chance to tidy up.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Executable {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Waits until a process has ended, and kills it if that takes longer than `patience`.
pub async fn ended(child: &mut Child, patience: Duration) -> anyhow::Result<ExitStatus> {
    let mut pause = tokio::time::interval(Duration::from_millis(10));
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if begin.elapsed() > patience {
            child.kill()?;
            child.wait()?;
            bail!("the program still runs after {patience:?}");
        }
        pause.tick().await;
    }
}

/// The program that was built with these tests: it lies two folders above the test binary.
pub fn program() -> anyhow::Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test
        .parent()
        .and_then(Path::parent)
        .context("the test binary lies in `deps`")?;
    let program = folder.join("docket");
    anyhow::ensure!(
        program.exists(),
        "`{}` is missing: build the workspace first",
        program.display()
    );
    Ok(program)
}

/// An address that nobody listens at.
pub fn free_addr() -> anyhow::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    Ok(listener.local_addr()?)
}

/// A GraphQL answer's data, or a panic that shows the errors.
pub fn data(answer: &Value) -> Value {
    assert!(answer.get("errors").is_none(), "no errors: {answer}");
    answer["data"].clone()
}
