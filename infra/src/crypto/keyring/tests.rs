use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use docket_domain::access::Privilege;
use tempfile::TempDir;

use super::*;

const ACME: TenantId = TenantId(Uuid::from_u128(1));
const GLOBEX: TenantId = TenantId(Uuid::from_u128(2));

struct Home {
    folder: TempDir,
}

impl Home {
    fn new() -> Home {
        let home = Home {
            folder: tempfile::tempdir().unwrap(),
        };
        RootKey::create(&home.key()).unwrap();
        home
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("data.key")
    }

    fn keystore(&self) -> PathBuf {
        self.folder.path().join("keystore.db")
    }

    async fn open(&self) -> Keyring {
        let root = RootKey::load(&self.key()).unwrap();
        Keyring::open(root, &self.keystore()).await.unwrap()
    }

    /// Names and bytes of every file.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files: Vec<_> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    }
}

fn place() -> Place<'static> {
    Place {
        tenant: ACME,
        table: "instance",
        row: Uuid::from_u128(9),
        field: b"f",
    }
}

fn user(name: &str) -> Principal {
    Principal::User(name.into())
}

#[tokio::test]
async fn keys_outlive_the_process() {
    let home = Home::new();
    let ring = home.open().await;
    let keys = ring.tenant(ACME).await.unwrap();
    let cipher = ring.fresh_instance_key(ACME).await.unwrap();
    let by_tenant = keys.data.seal(&place(), b"tenant");
    let by_instance = cipher.seal(&place(), b"instance");
    let token = keys.seal_token(b"tasks", b"position");
    let pseudonym = keys.pseudonym(&user("emma"));
    drop((ring, keys));

    let ring = home.open().await;
    let keys = ring.tenant(ACME).await.unwrap();
    assert_eq!(keys.data.open(&place(), &by_tenant).unwrap(), b"tenant");
    assert_eq!(keys.open_token(b"tasks", &token).unwrap(), b"position");
    assert_eq!(keys.pseudonym(&user("emma")), pseudonym);
    let id = Cipher::key_of(&by_instance).unwrap();
    let found = ring.instance_keys(ACME, &[id]).await.unwrap();
    assert_eq!(
        found[&id].open(&place(), &by_instance).unwrap(),
        b"instance"
    );
}

/// A stranger's key at this home: refused, with no file made or changed.
async fn refuses_a_stranger(home: &Home) {
    let before = home.files();
    let error = Keyring::open(RootKey::random(), &home.keystore())
        .await
        .unwrap_err();
    assert!(matches!(error, KeyError::WrongKey { .. }));
    assert!(error.to_string().contains("keystore.db"));
    assert!(home.files() == before, "a file was touched");
}

#[tokio::test]
async fn the_wrong_root_key_is_refused_and_nothing_is_written() {
    let home = Home::new();
    let ring = home.open().await;
    ring.fresh_instance_key(ACME).await.unwrap();
    ring.keystore.close().await;
    refuses_a_stranger(&home).await;
    home.open().await.tenant(ACME).await.unwrap();
}

#[tokio::test]
async fn the_wrong_root_key_is_refused_after_a_crash_as_well() {
    let (home, crashed) = (Home::new(), Home::new());
    let ring = home.open().await;
    let id = ring.fresh_instance_key(ACME).await.unwrap().key_id();
    for (path, bytes) in home.files() {
        let name = path.file_name().unwrap();
        if !name.to_string_lossy().ends_with("-shm") {
            fs::write(crashed.folder.path().join(name), bytes).unwrap();
        }
    }
    refuses_a_stranger(&crashed).await;
    let found = crashed
        .open()
        .await
        .instance_keys(ACME, &[id])
        .await
        .unwrap();
    assert_eq!(found.len(), 1, "what was acknowledged is there");
}

#[tokio::test]
async fn a_lost_root_check_does_not_let_another_key_in() {
    let home = Home::new();
    let ring = home.open().await;
    ring.tenant(ACME).await.unwrap();
    ring.keystore.execute("DELETE FROM meta").await;
    ring.keystore.close().await;

    let error = Keyring::open(RootKey::random(), &home.keystore())
        .await
        .unwrap_err();
    assert!(matches!(error, KeyError::Damaged { table: "meta", .. }));
}

#[tokio::test]
async fn what_is_no_key_store_is_refused() {
    let home = Home::new();
    fs::write(home.keystore(), [7; 5_000]).unwrap();
    let error = Keyring::open(RootKey::random(), &home.keystore())
        .await
        .unwrap_err();
    assert!(matches!(error, KeyError::Database(_)));
    assert_eq!(fs::read(home.keystore()).unwrap(), [7; 5_000]);
}

#[tokio::test]
async fn a_key_swapped_between_rows_does_not_open() {
    let home = Home::new();
    let ring = home.open().await;
    let ids: Vec<KeyId> = [
        ring.fresh_instance_key(ACME).await.unwrap(),
        ring.fresh_instance_key(ACME).await.unwrap(),
    ]
    .iter()
    .map(Cipher::key_id)
    .collect();
    ring.keystore
        .execute("UPDATE instance_keys SET sealed = (SELECT max(sealed) FROM instance_keys)")
        .await;
    drop(ring);
    let error = home
        .open()
        .await
        .instance_keys(ACME, &ids)
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        KeyError::Damaged {
            table: "instance_keys",
            ..
        }
    ));
}

#[tokio::test]
async fn keys_moved_to_another_tenant_do_not_open() {
    let home = Home::new();
    let ring = home.open().await;
    ring.tenant(ACME).await.unwrap();
    ring.tenant(GLOBEX).await.unwrap();
    ring.keystore
        .execute("UPDATE tenant_keys SET sealed = (SELECT max(sealed) FROM tenant_keys)")
        .await;
    drop(ring);
    let ring = home.open().await;
    let results = [ring.tenant(ACME).await, ring.tenant(GLOBEX).await];
    assert!(results.iter().any(|result| matches!(
        result,
        Err(KeyError::Damaged {
            table: "tenant_keys",
            ..
        })
    )));
}

#[tokio::test]
async fn another_tenant_gets_no_key_even_if_it_is_at_hand() {
    let home = Home::new();
    let ring = home.open().await;
    let id = ring.fresh_instance_key(ACME).await.unwrap().key_id();
    assert!(ring.instance_keys(GLOBEX, &[id]).await.unwrap().is_empty());
    assert_eq!(ring.instance_keys(ACME, &[id]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_destroyed_key_is_missing_and_the_others_are_found() {
    let home = Home::new();
    let ring = home.open().await;
    let kept = ring.fresh_instance_key(ACME).await.unwrap().key_id();
    let found = ring
        .instance_keys(ACME, &[kept, KeyId([0; 16])])
        .await
        .unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), [&kept]);
    assert!(ring.instance_keys(ACME, &[]).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_get_different_durable_keys() {
    let home = Home::new();
    let ring = Arc::new(home.open().await);
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let ring = ring.clone();
        callers.spawn(async move { ring.fresh_instance_key(ACME).await.unwrap().key_id() });
    }
    let ids: HashSet<KeyId> = callers.join_all().await.into_iter().collect();
    assert_eq!(ids.len(), 200);
    drop(ring);
    let ids: Vec<KeyId> = ids.into_iter().collect();
    let found = home.open().await.instance_keys(ACME, &ids).await.unwrap();
    assert_eq!(found.len(), 200);
}

#[tokio::test]
async fn two_processes_agree_on_a_tenants_keys() {
    let home = Home::new();
    let (one, two) = (home.open().await, home.open().await);
    let (one, two) = tokio::join!(one.tenant(ACME), two.tenant(ACME));
    assert_eq!(one.unwrap().data.key_id(), two.unwrap().data.key_id());
}

#[tokio::test]
async fn pseudonyms_differ_by_tenant_kind_and_name() {
    let home = Home::new();
    let ring = home.open().await;
    let acme = ring.tenant(ACME).await.unwrap();
    let globex = ring.tenant(GLOBEX).await.unwrap();
    let principals = [
        Principal::Everyone,
        user("hr"),
        user(""),
        user("everyone"),
        Principal::Group("hr".into()),
        Principal::Role("hr".into()),
        Principal::Privilege(Privilege::User),
        user("user"),
    ];
    let all: HashSet<Pseudonym> = principals
        .iter()
        .flat_map(|principal| [acme.pseudonym(principal), globex.pseudonym(principal)])
        .collect();
    assert_eq!(all.len(), principals.len() * 2);
}

#[tokio::test]
async fn blind_indexes_differ_by_tenant_purpose_and_value() {
    let home = Home::new();
    let ring = home.open().await;
    let acme = ring.tenant(ACME).await.unwrap();
    let globex = ring.tenant(GLOBEX).await.unwrap();
    let index = acme.blind_index("business-key", b"4711");
    assert_eq!(acme.blind_index("business-key", b"4711"), index);
    assert_ne!(globex.blind_index("business-key", b"4711"), index);
    assert_ne!(acme.blind_index("idempotency", b"4711"), index);
    assert_ne!(acme.blind_index("business-key", b"4712"), index);
    assert_ne!(acme.blind_index("business-key4", b"711"), index);
}

#[tokio::test]
async fn a_token_opens_for_its_purpose_and_tenant_alone() {
    let home = Home::new();
    let ring = home.open().await;
    let acme = ring.tenant(ACME).await.unwrap();
    let globex = ring.tenant(GLOBEX).await.unwrap();
    let token = acme.seal_token(b"tasks", b"position");
    assert!(
        token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    );
    assert_eq!(acme.open_token(b"tasks", &token).unwrap(), b"position");
    assert_eq!(acme.open_token(b"instances", &token), Err(OpenError));
    assert_eq!(globex.open_token(b"tasks", &token), Err(OpenError));
    for bad in [
        "",
        "?",
        "AAAA",
        &token[1..],
        &token[..token.len() - 1],
        &"A".repeat(20_000),
    ] {
        assert_eq!(acme.open_token(b"tasks", bad), Err(OpenError));
    }
}

#[tokio::test]
async fn the_key_store_is_readable_by_its_owner_alone_and_holds_no_clear_key() {
    use std::os::unix::fs::PermissionsExt;

    let home = Home::new();
    let ring = home.open().await;
    let keys = ring.tenant(ACME).await.unwrap();
    let cipher = ring.fresh_instance_key(ACME).await.unwrap();
    for (path, bytes) in home.files() {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o077;
        assert_eq!(mode, 0, "{}", path.display());
        // A key in the clear would be 32 bytes that have the name of a key in use.
        let clear = bytes.windows(32).any(|window| {
            let id = KeyId::of(window.try_into().unwrap());
            id == cipher.key_id() || id == keys.data.key_id()
        });
        assert!(!clear, "{}", path.display());
    }
}

#[tokio::test]
async fn debug_shows_no_key() {
    let home = Home::new();
    let ring = home.open().await;
    let keys = ring.tenant(ACME).await.unwrap();
    assert_eq!(
        format!("{ring:?} {keys:?}"),
        "Keyring { .. } TenantKeys { .. }"
    );
}
