//! `docket doctor`: what is configured, what can be reached, what is wrong. Looks without making anything.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use docket_infra::config::Config;
use docket_infra::crypto::{Keyring, RootKey};
use docket_infra::identity::Verifier;
use docket_infra::store::{self, Store};

use crate::logging;

/// How long something may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Prints one line per thing that was looked at; fails if one of them is wrong.
pub async fn run(config: &Config) -> anyhow::Result<()> {
    let described = format!(
        "data `{}`, listen `{}`, development {}",
        config.data.display(),
        config.listen,
        if config.dev { "on" } else { "off" },
    );
    let checks = [
        ("settings", settings(config).map(|()| described)),
        ("identity", identity(config)),
        ("folder", folder(&config.data)),
        ("keys and database", database(config).await),
        (
            "server",
            Ok(server(config).unwrap_or_else(|cause| format!("does not run here: {cause:#}"))),
        ),
    ];
    let mut wrong = 0;
    for (what, found) in checks {
        match found {
            Ok(found) => println!("ok     {what}: {found}"),
            Err(cause) => {
                wrong += 1;
                println!("WRONG  {what}: {cause:#}");
            }
        }
    }
    ensure!(wrong == 0, "{wrong} of the things looked at are wrong");
    Ok(())
}

fn settings(config: &Config) -> anyhow::Result<()> {
    config.check()?;
    logging::check(config).context("`log` is no filter")
}

fn identity(config: &Config) -> anyhow::Result<String> {
    let identity = &config.identity;
    let Some(file) = &identity.jwks_file else {
        ensure!(
            config.dev,
            "no key set is configured: nobody can be authenticated"
        );
        return Ok("the development issuer".to_owned());
    };
    Verifier::jwks(file, identity.issuer.as_deref(), &identity.audience)?;
    Ok(format!(
        "keys of `{}`, audience `{}`",
        file.display(),
        identity.audience
    ))
}

/// A folder that is not there yet is made by the first start.
fn folder(path: &Path) -> anyhow::Result<String> {
    if !path.exists() {
        return Ok("not there yet; the first start makes it".to_owned());
    }
    let probe = path.join(".doctor");
    std::fs::write(&probe, b"").context("the folder cannot be written to")?;
    std::fs::remove_file(&probe).context("what was written cannot be removed")?;
    Ok("can be written to".to_owned())
}

async fn database(config: &Config) -> anyhow::Result<String> {
    let (keystore, database) = (config.keystore(), config.database());
    match (keystore.exists(), database.exists()) {
        (false, false) => return Ok("not there yet; the first start makes them".to_owned()),
        (false, true) => bail!("the database has no key store: nothing in it can be read"),
        (true, _) => {}
    }
    let root = RootKey::load(&config.root_key())?;
    let keyring = Arc::new(Keyring::open(root, &keystore).await?);
    if !database.exists() {
        return Ok("the keys open; the first start makes the database".to_owned());
    }
    // Opening it would make them.
    let pending = store::pending_migrations(&database).await?;
    if pending > 0 {
        return Ok(format!(
            "the keys open; the next start brings the database up to this version ({pending} migrations)"
        ));
    }
    let store = Store::open(&database, keyring, 1).await?;
    store.ping().await?;
    let position = store.position().await?;
    Ok(format!("both open; the journal ends at {}", position.0))
}

/// What a server at the configured address says of itself.
fn server(config: &Config) -> anyhow::Result<String> {
    let mut connection = TcpStream::connect_timeout(&config.listen, PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_write_timeout(Some(PATIENCE))?;
    write!(
        connection,
        "GET /readyz HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        config.listen
    )?;
    let mut answer = String::new();
    connection.take(4096).read_to_string(&mut answer)?;
    let status = answer
        .split_whitespace()
        .nth(1)
        .context("what listens there does not speak HTTP")?;
    Ok(match status {
        "200" => "runs and is ready".to_owned(),
        status => format!("runs, and is not ready (status {status})"),
    })
}
