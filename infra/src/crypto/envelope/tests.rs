use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

const TENANT: TenantId = TenantId(Uuid::from_u128(1));
const OTHER: TenantId = TenantId(Uuid::from_u128(2));

fn place() -> Place<'static> {
    Place {
        tenant: TENANT,
        table: "instance",
        row: Uuid::from_u128(7),
        field: b"vars.iban",
    }
}

fn ciphers() -> [Cipher; 2] {
    [Cipher::aes(&[1; 32]), Cipher::xaes(&[1; 32])]
}

#[test]
fn what_was_sealed_opens_at_its_place() {
    for cipher in ciphers() {
        let sealed = cipher.seal(&place(), b"DE02120300000000202051");
        let opened = cipher.open(&place(), &sealed).unwrap();
        assert_eq!(opened, b"DE02120300000000202051");
        assert_eq!(Cipher::key_of(&sealed), Some(cipher.key_id()));
    }
}

#[test]
fn the_header_is_as_the_module_says() {
    let [aes, xaes] = ciphers();
    let (small, large) = (aes.seal(&place(), b""), xaes.seal(&place(), b""));
    assert_eq!(small[..2], [1, 1]);
    assert_eq!(large[..2], [1, 2]);
    assert_eq!(small[2..18], aes.key_id().0);
    assert_eq!(small.len(), 46 + 32);
    assert_eq!(large.len(), 58 + 32);
}

#[test]
fn a_payload_may_end_like_its_padding() {
    let cipher = Cipher::aes(&[1; 32]);
    for plain in [
        &b"\x80"[..],
        b"\x80\0\0",
        b"\0",
        b"\0\0\0",
        b"a\x80\0",
        b"\x80\x80",
    ] {
        let sealed = cipher.seal(&place(), plain);
        assert_eq!(cipher.open(&place(), &sealed).unwrap(), plain);
    }
}

#[test]
fn no_flipped_bit_opens() {
    for cipher in ciphers() {
        let mut sealed = cipher.seal(&place(), b"secret");
        for bit in 0..sealed.len() * 8 {
            sealed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(cipher.open(&place(), &sealed), Err(OpenError), "bit {bit}");
            sealed[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn no_truncation_and_no_extension_opens() {
    for cipher in ciphers() {
        let mut sealed = cipher.seal(&place(), &[b'x'; 100]);
        for len in 0..sealed.len() {
            assert_eq!(cipher.open(&place(), &sealed[..len]), Err(OpenError));
            assert_eq!(cipher.open(&place(), &sealed[len + 1..]), Err(OpenError));
        }
        sealed.push(0);
        assert_eq!(cipher.open(&place(), &sealed), Err(OpenError));
    }
}

#[test]
fn a_value_opens_nowhere_else() {
    let elsewhere = [
        Place {
            tenant: OTHER,
            ..place()
        },
        Place {
            table: "task",
            ..place()
        },
        Place {
            row: Uuid::from_u128(8),
            ..place()
        },
        Place {
            field: b"vars.name",
            ..place()
        },
        // The same bytes, cut at another point.
        Place {
            table: "instancev",
            field: b"ars.iban",
            ..place()
        },
    ];
    for cipher in ciphers() {
        let sealed = cipher.seal(&place(), b"secret");
        for place in elsewhere {
            assert_eq!(cipher.open(&place, &sealed), Err(OpenError), "{place:?}");
        }
    }
}

#[test]
fn a_value_is_bound_to_the_schema_version() {
    let ad = associated_data(&place(), b"head");
    let schema = [&[0, 0, 0, 4][..], &SCHEMA.to_be_bytes()].concat();
    let tail = [&schema[..], &[0, 0, 0, 4], b"head"].concat();
    assert!(ad.starts_with(b"WFE1"));
    assert!(ad.ends_with(&tail));
}

#[test]
fn another_key_or_another_algorithm_does_not_open() {
    let [aes, xaes] = ciphers();
    let sealed = aes.seal(&place(), b"secret");
    assert_eq!(
        Cipher::aes(&[2; 32]).open(&place(), &sealed),
        Err(OpenError)
    );
    assert_eq!(xaes.open(&place(), &sealed), Err(OpenError));
    // Even where the header claims to be what it is not.
    let mut claimed = sealed;
    claimed[1] = 0x02;
    assert_eq!(xaes.open(&place(), &claimed), Err(OpenError));
    assert_eq!(aes.open(&place(), &claimed), Err(OpenError));
}

#[test]
fn every_seal_takes_a_fresh_nonce() {
    for cipher in ciphers() {
        let sealed: HashSet<Vec<u8>> = (0..1_000)
            .map(|_| cipher.seal(&place(), b"")[HEADER..HEADER + 12].to_vec())
            .collect();
        assert_eq!(sealed.len(), 1_000);
    }
}

#[test]
fn what_is_not_an_envelope_has_no_key() {
    for bytes in [&b""[..], b"\x01\x01", &[2; 80]] {
        assert_eq!(Cipher::key_of(bytes), None);
        assert_eq!(Cipher::aes(&[1; 32]).open(&place(), bytes), Err(OpenError));
    }
}

#[test]
fn debug_shows_the_key_id_and_no_key() {
    let cipher = Cipher::aes(&[0x5a; 32]);
    assert_eq!(
        format!("{cipher:?}"),
        format!("Cipher({:?})", cipher.key_id())
    );
    assert!(!format!("{cipher:?}").contains("90, 90"));
}

#[test]
fn short_values_are_one_size_and_long_ones_few() {
    let sizes = |range: std::ops::Range<usize>| -> Vec<usize> {
        let mut sizes: Vec<usize> = range.map(padded_len).collect();
        sizes.dedup();
        sizes
    };
    assert_eq!(sizes(0..31), [32]);
    assert_eq!(
        sizes(31..127),
        [
            36, 40, 44, 48, 52, 56, 60, 64, 72, 80, 88, 96, 104, 112, 120, 128
        ]
    );
    assert!(sizes(0..1_000_000).len() < 300);
}

proptest! {
    #[test]
    fn any_payload_comes_back_exactly(plain in proptest::collection::vec(any::<u8>(), 0..5_000), wide: bool) {
        let cipher = if wide { Cipher::xaes(&[3; 32]) } else { Cipher::aes(&[3; 32]) };
        let sealed = cipher.seal(&place(), &plain);
        prop_assert_eq!(cipher.open(&place(), &sealed).unwrap(), plain);
    }

    #[test]
    fn padding_holds_the_payload_and_costs_at_most_an_eighth(payload in 0_usize..10_000_000) {
        let padded = padded_len(payload);
        prop_assert!(padded >= payload + 2);
        prop_assert!(padded <= 32.max((payload + 2) * 9 / 8));
        prop_assert!(padded_len(payload + 1) >= padded);
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let cipher = Cipher::aes(&[3; 32]);
        prop_assert_eq!(cipher.open(&place(), &bytes), Err(OpenError));
    }
}
