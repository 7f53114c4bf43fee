//! Sealing and opening 256 bytes on one core, against AES-256-GCM as the crate gives it: no header, no padding, no place
//! bound in, a nonce that is counted up.

use std::hint::black_box;
use std::time::{Duration, Instant};

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use docket_infra::crypto::{Cipher, Place};
use tokio::runtime::Runtime;

use crate::world::World;
use crate::{Goal, median, report};

/// Bytes of a value.
const BYTES: usize = 256;
/// Turns of each.
const ROUNDS: usize = 5;
/// How long a turn lasts.
const TURN: Duration = Duration::from_millis(400);
/// Seals a second that we want of one core.
const WANTED: f64 = 500_000.0;

pub fn run(runtime: &Runtime) -> anyhow::Result<()> {
    let world = World::new(runtime, 0)?;
    let (tenant, instance, shared) = runtime.block_on(async {
        let app = world.open().await?;
        let tenant = app.store.tenant("acme", app.clock.now()).await?;
        let instance = app.keyring.fresh_instance_key(tenant).await?;
        let shared = app.keyring.tenant(tenant).await?.data.clone();
        Ok::<_, anyhow::Error>((tenant, instance, shared))
    })?;
    let place = Place {
        tenant,
        table: "instances",
        row: tenant.0,
        field: b"data:0123456789abcdef",
    };
    let plain = [7; BYTES];
    compare("an instance's key, AES-256-GCM", &instance, &place, &plain);
    compare("a tenant's key, XAES-256-GCM", &shared, &place, &plain);
    Ok(())
}

fn compare(what: &str, cipher: &Cipher, place: &Place<'_>, plain: &[u8]) {
    let sealed = cipher.seal(place, plain);
    let raw = Aes256Gcm::new(&[9; 32].into());
    let mut count = 0u64;
    let mut nonce = || {
        count += 1;
        let mut nonce = Nonce::default();
        nonce[..8].copy_from_slice(&count.to_le_bytes());
        nonce
    };
    let mut seal_raw = || {
        let mut text = plain.to_vec();
        let tag = raw.encrypt_inout_detached(&nonce(), b"", text.as_mut_slice().into());
        black_box((text, tag.expect("it encrypts")));
    };
    let mut seal = || drop(black_box(cipher.seal(place, plain)));
    let (ours, baseline) = turns(&mut seal, &mut seal_raw);
    line(
        &format!("envelopes, sealing with {what}"),
        ours,
        baseline,
        Some(Goal::AtLeast(WANTED / baseline)),
    );
    let nonce = Nonce::default();
    let mut text = plain.to_vec();
    let tag = raw
        .encrypt_inout_detached(&nonce, b"", text.as_mut_slice().into())
        .expect("it encrypts");
    let mut open_raw = || {
        let mut text = text.clone();
        let opened = raw.decrypt_inout_detached(&nonce, b"", text.as_mut_slice().into(), &tag);
        opened.expect("it opens");
        black_box(text);
    };
    let mut open = || drop(black_box(cipher.open(place, &sealed).expect("it opens")));
    let (ours, baseline) = turns(&mut open, &mut open_raw);
    line(
        &format!("envelopes, opening with {what}"),
        ours,
        baseline,
        None,
    );
}

fn line(what: &str, ours: f64, baseline: f64, goal: Option<Goal>) {
    report(
        what,
        format_args!("{ours:.0} a second of {BYTES} bytes ({:.2} µs)", 1e6 / ours),
        format_args!("raw {baseline:.0} a second ({:.2} µs)", 1e6 / baseline),
        ours / baseline,
        goal,
    );
}

/// The rates of two, in turns.
fn turns(ours: &mut dyn FnMut(), baseline: &mut dyn FnMut()) -> (f64, f64) {
    let rounds: Vec<_> = (0..ROUNDS).map(|_| (rate(ours), rate(baseline))).collect();
    (
        median(rounds.iter().map(|round| round.0)),
        median(rounds.iter().map(|round| round.1)),
    )
}

fn rate(work: &mut dyn FnMut()) -> f64 {
    let begun = Instant::now();
    let mut count = 0u32;
    while begun.elapsed() < TURN {
        for _ in 0..100 {
            work();
        }
        count += 100;
    }
    f64::from(count) / begun.elapsed().as_secs_f64()
}
