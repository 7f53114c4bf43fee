//! The program `docket`: its commands, and nothing else. Each ends with 0, or with 1 and one line on standard error.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use docket_api::http::Server;
use docket_api::{demo, graphql};
use docket_domain::access::Privilege;
use docket_domain::value::Name;
use docket_infra::clock::Clock;
use docket_infra::config::Config;
use docket_infra::crypto::RootKey;
use docket_infra::identity::{Bearer, DevIssuer, Verifier};
use jiff::{SignedDuration, Span, SpanRelativeTo};
use tokio::signal::unix::{SignalKind, signal};

mod doctor;
mod logging;
mod watch;

/// Many threads allocate small things at once here, which is what glibc's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A workflow gateway: processes, tasks and live worklists over GraphQL, sealed at rest.
#[derive(Parser)]
#[command(version)]
struct Docket {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve.
    Serve {
        #[command(flatten)]
        settings: Settings,
        /// On loopback only: makes a root key, issues tokens, lets the clock be moved.
        #[arg(long)]
        dev: bool,
    },
    /// Serve with sample people and processes, as `serve --dev` does.
    Demo {
        /// The folder of the database and the key store.
        #[arg(long, default_value = "demo-data")]
        data: PathBuf,
        /// The address to serve at.
        #[arg(long, default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
    },
    /// Print the GraphQL schema.
    Schema,
    /// Print a token of the development issuer.
    Token(Token),
    /// Worklists in the terminal.
    #[command(subcommand)]
    Worklist(Worklist),
    /// Say what is configured, reachable and wrong.
    Doctor {
        #[command(flatten)]
        settings: Settings,
        /// As for `serve`.
        #[arg(long)]
        dev: bool,
    },
}

#[derive(Args)]
struct Settings {
    /// A TOML file of settings.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The folder of the database and the key store.
    #[arg(long)]
    data: Option<PathBuf>,
    /// The address to serve at.
    #[arg(long)]
    listen: Option<SocketAddr>,
}

#[derive(Args)]
struct Token {
    /// The data folder of the server; its key lies beside it.
    #[arg(long)]
    data: PathBuf,
    /// The person.
    #[arg(long)]
    user: String,
    /// The tenant.
    #[arg(long)]
    tenant: String,
    /// A group; may be given again.
    #[arg(long = "group")]
    groups: Vec<String>,
    /// A role; may be given again.
    #[arg(long = "role")]
    roles: Vec<String>,
    /// A privilege, in lower case; may be given again.
    #[arg(long = "privilege")]
    privileges: Vec<Privilege>,
    /// How long it holds, as `90m`, `1h`, `7d` or `PT1H`.
    #[arg(long, default_value = "1h", value_parser = ttl)]
    ttl: SignedDuration,
}

#[derive(Subcommand)]
enum Worklist {
    /// Print each change as it happens; comes back after a lost connection without losing one.
    Watch {
        /// The server, as `http://127.0.0.1:8080`.
        #[arg(long)]
        url: String,
        /// Who watches.
        #[arg(long)]
        token: String,
        /// The name or kind of one worklist; all of them without it.
        #[arg(long)]
        worklist: Option<String>,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    let docket = Docket::parse();
    match run(docket.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("docket: {}", one_line(&format!("{cause:#}")));
            ExitCode::FAILURE
        }
    }
}

/// What the parser of TOML draws around a place of the file is left out: the place is named in words before it.
fn one_line(cause: &str) -> String {
    let is_drawn = |line: &str| {
        let line = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        line.starts_with('|')
    };
    let said: Vec<_> = cause
        .lines()
        .filter(|line| !line.is_empty() && !is_drawn(line))
        .map(str::trim)
        .collect();
    said.join(" ")
}

fn run(command: Command) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime does not start")?;
    match command {
        Command::Serve { settings, dev } => runtime.block_on(serve(&settings.load(dev)?)),
        Command::Demo { data, listen } => {
            let settings = Settings {
                config: None,
                data: Some(data),
                listen: Some(listen),
            };
            runtime.block_on(show(&settings.load(true)?))
        }
        Command::Schema => {
            print!("{}", graphql::sdl());
            Ok(())
        }
        Command::Token(token) => token.print(),
        Command::Worklist(Worklist::Watch {
            url,
            token,
            worklist,
            json,
        }) => runtime.block_on(watch::run(&watch::Watch {
            url,
            token,
            worklist,
            json,
        })),
        Command::Doctor { settings, dev } => runtime.block_on(doctor::run(&settings.load(dev)?)),
    }
}

impl Settings {
    fn load(&self, dev: bool) -> anyhow::Result<Config> {
        let mut overrides = Vec::new();
        if let Some(data) = &self.data {
            let data = data
                .to_str()
                .context("the data folder's name is not UTF-8")?;
            overrides.push(("data", data.to_owned()));
        }
        if let Some(listen) = self.listen {
            overrides.push(("listen", listen.to_string()));
        }
        if dev {
            overrides.push(("dev", true.to_string()));
        }
        Ok(Config::load(self.config.as_deref(), overrides)?)
    }
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    start(config, async |_| Ok(())).await
}

async fn show(config: &Config) -> anyhow::Result<()> {
    start(config, async |server| {
        demo::seed(server.app())
            .await
            .context("the processes of the demo cannot be published")?;
        introduce(config, server.addr)
    })
    .await
}

/// Serves until somebody asks the process to end.
async fn start(
    config: &Config,
    ready: impl AsyncFnOnce(&Server) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    logging::start(config).context("`log` is no filter")?;
    let clock = match config.dev {
        true => Clock::settable(),
        false => Clock::System,
    };
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be heard")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be heard")?;
    let server = Server::start(config.clone(), Arc::new(clock)).await?;
    ready(&server).await?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    server.shutdown().await;
    Ok(())
}

/// Says where to go, as whom, and what to ask.
fn introduce(config: &Config, addr: SocketAddr) -> anyhow::Result<()> {
    let issuer = DevIssuer::new(&root_key(&config.root_key())?);
    let now = Clock::System.now();
    let expires_at = now + SignedDuration::from_hours(12);
    println!(
        "Docket runs at http://{addr} (GraphiQL at http://{addr}/graphiql). Stop it with Ctrl-C.\n"
    );
    println!("People, and their tokens for 12 hours:\n");
    for person in demo::PEOPLE {
        println!("{}@{}, {}", person.user, person.tenant, person.title);
        println!("  {}\n", issuer.issue(&person.bearer(expires_at), now));
    }
    let emma = demo::PEOPLE[0].bearer(expires_at);
    println!("A query to paste, as Emma:\n");
    println!(
        "curl -s http://{addr}/graphql -H 'content-type: application/json' -H 'authorization: Bearer {}' \\",
        issuer.issue(&emma, now)
    );
    println!(
        "  -d '{{\"query\":\"{{ viewer {{ user {{ name }} worklists {{ name counts {{ total }} }} startable(first: 10) {{ nodes {{ key name }} }} }} }}\"}}'"
    );
    Ok(())
}

fn root_key(file: &Path) -> anyhow::Result<RootKey> {
    RootKey::load(file).context("tokens are made with the root key")
}

impl Token {
    fn print(self) -> anyhow::Result<()> {
        let config = Config {
            data: self.data,
            ..Config::default()
        };
        let now = Clock::System.now();
        let names = |names: Vec<String>| names.into_iter().map(Name::from).collect();
        let bearer = Bearer {
            tenant: self.tenant,
            user: Name::from(self.user),
            groups: names(self.groups),
            roles: names(self.roles),
            privileges: self.privileges,
            expires_at: now
                .checked_add(self.ttl)
                .context("the token would hold too long")?,
        };
        let root = root_key(&config.root_key())?;
        let token = DevIssuer::new(&root).issue(&bearer, now);
        // Rather none than one that every server refuses without a word.
        Verifier::dev(&root)
            .verify(&token, now)
            .context("no server would accept the token")?;
        println!("{token}");
        Ok(())
    }
}

fn ttl(text: &str) -> Result<SignedDuration, &'static str> {
    let span: Option<Span> = text.parse().ok();
    span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok())
        .filter(|ttl| ttl.is_positive())
        .ok_or("a duration like `90m`, `1h`, `7d` or `PT1H`")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Docket::command().debug_assert();
    }

    #[test]
    fn a_token_is_asked_for_as_the_readme_says() {
        let words = "docket token --data x --user emma --tenant acme --group hr --group it --role r --privilege user --privilege data_protection_officer --ttl 1h";
        let docket = Docket::try_parse_from(words.split(' ')).expect("a command line");
        let Command::Token(token) = docket.command else {
            panic!("another command");
        };
        assert_eq!(token.groups, ["hr", "it"]);
        assert_eq!(
            token.privileges,
            [Privilege::User, Privilege::DataProtectionOfficer]
        );
        assert_eq!(token.ttl, SignedDuration::from_hours(1));
        assert!(
            Docket::try_parse_from(
                "docket token --data x --user e --tenant a --privilege USER".split(' ')
            )
            .is_err()
        );
    }

    #[test]
    fn a_time_to_live_is_a_positive_fixed_length() {
        for (text, seconds) in [
            ("90m", Some(5_400)),
            ("1h", Some(3_600)),
            ("7d", Some(604_800)),
            ("PT1H", Some(3_600)),
            ("-1h", None),
            ("1 month", None),
            ("0s", None),
            ("x", None),
        ] {
            assert_eq!(
                ttl(text).ok(),
                seconds.map(SignedDuration::from_secs),
                "{text}"
            );
        }
    }
}
