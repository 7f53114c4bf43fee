use std::fs;

use tempfile::tempdir;

use super::*;

#[test]
fn a_created_key_is_the_key_that_loads() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("data.key");
    let made = RootKey::create(&path).unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    assert_eq!(fs::read_to_string(&path).unwrap(), *made.hex());
    assert_eq!(*RootKey::load(&path).unwrap().0, *made.0);
}

#[test]
fn a_key_file_is_never_overwritten() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("data.key");
    RootKey::create(&path).unwrap();
    let before = fs::read(&path).unwrap();
    assert!(matches!(
        RootKey::create(&path),
        Err(KeyError::RootExists { .. })
    ));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_missing_key_file_is_named() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("none.key");
    let Err(error) = RootKey::load(&path) else {
        panic!("a key from nowhere")
    };
    assert!(matches!(error, KeyError::RootMissing { .. }));
    assert!(error.to_string().contains("none.key"));
    assert!(!path.exists());
}

#[test]
fn a_key_file_that_others_can_touch_is_refused() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("data.key");
    RootKey::create(&path).unwrap();
    for mode in [0o644, 0o640, 0o604, 0o620, 0o610, 0o601] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let Err(error) = RootKey::load(&path) else {
            panic!("mode {mode:o} was accepted")
        };
        assert!(matches!(error, KeyError::RootExposed { .. }));
        assert!(error.to_string().contains("data.key"));
    }
    for mode in [0o600, 0o400] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert!(RootKey::load(&path).is_ok());
    }
}

#[test]
fn a_key_file_of_another_shape_is_refused() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("data.key");
    let good = *RootKey::create(&path)
        .unwrap()
        .hex()
        .as_bytes()
        .first_chunk::<64>()
        .unwrap();
    let doubled = [good, good].concat();
    for bad in [
        &b""[..],
        b"\n",
        &good[..63],
        &doubled,
        &[&good[..], b"\n\n"].concat(),
        &[b" ", &good[..]].concat(),
        &[b'g'; 64],
        &[0xc3; 64],
    ] {
        fs::write(&path, bad).unwrap();
        assert!(matches!(
            RootKey::load(&path),
            Err(KeyError::RootShape { .. })
        ));
    }
    fs::write(&path, good).unwrap();
    assert!(RootKey::load(&path).is_ok());
    fs::write(&path, good.to_ascii_uppercase()).unwrap();
    assert!(RootKey::load(&path).is_ok());
}

#[test]
fn derived_keys_differ_by_purpose_and_are_not_the_root_key() {
    let root = RootKey::random();
    assert_ne!(*root.derive("a"), *root.derive("b"));
    assert_ne!(*root.derive("a"), *root.0);
    assert_eq!(*root.derive("a"), *root.derive("a"));
}
