use std::error::Error;

use tempfile::TempDir;

use super::*;

type Pairs<'a> = &'a [(&'static str, &'static str)];

/// Reads a file with this text, these variables and these flags.
fn read(toml: &str, variables: Pairs<'_>, flags: Pairs<'_>) -> Result<Config, ConfigError> {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("docket.toml");
    std::fs::write(&file, toml).unwrap();
    let own = |pairs: Pairs<'_>| -> Vec<(&'static str, String)> {
        pairs
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect()
    };
    let variables = own(variables)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    Config::read(Some(&file), variables, own(flags))
}

/// The error and its causes, as an operator reads them.
fn message(result: Result<Config, ConfigError>) -> String {
    let error = result.unwrap_err();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[test]
fn nothing_set_gives_the_defaults() {
    let config = read("", &[], &[]).unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.database.connections, 8);
    assert_eq!(
        (config.limits.body, config.limits.model_body),
        (262_144, 4_194_304)
    );
}

#[test]
fn a_file_may_set_everything() {
    let text = r#"
        data = "var/docket"
        listen = "[::1]:9000"
        dev = true
        root_key = "secret.key"
        allowed_origins = ["https://a.example", "https://b.example"]
        log = "debug"
        log_format = "json"
        [database]
        connections = 3
        [identity]
        issuer = "https://id.example"
        audience = "us"
        jwks_file = "jwks.json"
        [limits]
        depth = 5
        [socket]
        per_user = 2
    "#;
    let config = read(text, &[], &[]).unwrap();
    let expected = Config {
        data: "var/docket".into(),
        listen: "[::1]:9000".parse().unwrap(),
        dev: true,
        root_key: Some("secret.key".into()),
        allowed_origins: vec![
            "https://a.example".to_owned(),
            "https://b.example".to_owned(),
        ],
        log: "debug".to_owned(),
        log_format: LogFormat::Json,
        database: DatabaseConfig { connections: 3 },
        identity: IdentityConfig {
            issuer: Some("https://id.example".to_owned()),
            audience: "us".to_owned(),
            jwks_file: Some("jwks.json".into()),
        },
        limits: Limits {
            depth: 5,
            ..Limits::default()
        },
        socket: SocketLimits {
            per_user: 2,
            ..SocketLimits::default()
        },
    };
    assert_eq!(config, expected);
}

#[test]
fn flags_win_over_variables_and_variables_over_the_file() {
    let config = read(
        "data = 'a'\nlog = 'a'\nlisten = '127.0.0.1:1'\n[database]\nconnections = 1",
        &[
            ("DOCKET_LOG", "b"),
            ("DOCKET_LISTEN", "127.0.0.1:2"),
            ("DOCKET_DATABASE_CONNECTIONS", "2"),
        ],
        &[("listen", "127.0.0.1:3"), ("dev", "true")],
    )
    .unwrap();
    assert_eq!(
        (config.data.to_str().unwrap(), config.log.as_str()),
        ("a", "b")
    );
    assert_eq!(config.database.connections, 2);
    assert_eq!(config.listen.port(), 3);
    assert!(config.dev);
}

#[test]
fn variables_reach_every_kind_of_setting() {
    let config = read(
        "",
        &[
            ("DOCKET_DEV", "true"),
            ("DOCKET_DATA", "1"),
            ("DOCKET_ROOT_KEY", "k"),
            ("DOCKET_LOG_FORMAT", "json"),
            (
                "DOCKET_ALLOWED_ORIGINS",
                "https://a.example, https://b.example",
            ),
            ("DOCKET_IDENTITY_JWKS_FILE", "j"),
            ("DOCKET_LIMITS_TIMEOUT_MS", "7"),
            ("DOCKET_SOCKET_QUEUE_BYTES", "9"),
            ("DOCKET_IDENTITY_ISSUER", ""),
            ("PATH", "/bin"),
            ("DOCKETS", "3"),
        ],
        &[],
    )
    .unwrap();
    assert!(config.dev);
    assert_eq!(config.data, Path::new("1"));
    assert_eq!(config.root_key(), Path::new("k"));
    assert_eq!(config.log_format, LogFormat::Json);
    assert_eq!(
        config.allowed_origins,
        ["https://a.example", "https://b.example"]
    );
    assert_eq!(config.identity.jwks_file, Some("j".into()));
    assert_eq!(
        (config.limits.timeout_ms, config.socket.queue_bytes),
        (7, 9)
    );
}

#[test]
fn unknown_settings_are_refused_by_name() {
    for (toml, variables, name) in [
        ("lisen = '127.0.0.1:1'", &[][..], "lisen"),
        ("[database]\nconections = 1", &[], "conections"),
        ("[databse]\nconnections = 1", &[], "databse"),
        ("", &[("DOCKET_LISEN", "127.0.0.1:1")], "lisen"),
        ("", &[("DOCKET_LIMITS_DEEPNESS", "1")], "deepness"),
    ] {
        let text = message(read(toml, variables, &[]));
        assert!(text.contains(name), "{text}");
    }
}

#[test]
fn settings_of_the_wrong_type_and_missing_files_are_named() {
    let text = message(read("[database]\nconnections = 'many'", &[], &[]));
    assert!(text.contains("database.connections"), "{text}");
    let text = message(read("", &[("DOCKET_LISTEN", "here")], &[]));
    assert!(text.contains("`listen`"), "{text}");
    let text = message(read("", &[("DOCKET_LOG_FORMAT", "xml")], &[]));
    assert!(text.contains("xml"), "{text}");
    assert!(!message(read("= 3", &[], &[])).is_empty());
    let nowhere = Config::read(Some(Path::new("/nowhere.toml")), std::iter::empty(), []);
    assert!(message(nowhere).contains("nowhere.toml"));
}

#[test]
fn development_stays_on_this_machine() {
    let mut config = Config {
        dev: true,
        ..Config::default()
    };
    for (listen, fine) in [
        ("127.0.0.1:1", true),
        ("127.8.8.8:1", true),
        ("[::1]:1", true),
        ("0.0.0.0:1", false),
        ("[::]:1", false),
        ("10.0.0.1:1", false),
    ] {
        config.listen = listen.parse().unwrap();
        assert_eq!(config.check().is_ok(), fine, "{listen}");
    }
}

#[test]
fn a_server_without_keys_to_verify_with_does_not_start() {
    let mut config = Config::default();
    let text = config.check().unwrap_err().to_string();
    assert!(text.contains("identity.jwks_file"), "{text}");
    config.identity.jwks_file = Some("jwks.json".into());
    assert!(config.check().is_ok());
    config.database.connections = 0;
    assert!(matches!(
        config.check(),
        Err(ConfigError::Zero {
            setting: "database.connections"
        })
    ));
    config.database.connections = 1;
    config.socket.queue_bytes = 0;
    assert!(matches!(
        config.check(),
        Err(ConfigError::Zero {
            setting: "socket.queue_bytes"
        })
    ));
}

#[test]
fn files_lie_in_the_data_folder_and_the_root_key_beside_it() {
    let at = |data: &str| Config::new(data);
    let config = at("var/demo");
    assert_eq!(config.database(), Path::new("var/demo/docket.db"));
    assert_eq!(config.keystore(), Path::new("var/demo/keystore.db"));
    assert_eq!(config.root_key(), Path::new("var/demo.key"));
    assert_eq!(at("var/demo/").root_key(), Path::new("var/demo.key"));
    assert_eq!(at("demo").root_key(), Path::new("demo.key"));
    assert_eq!(at("v1.2").root_key(), Path::new("v1.2.key"));

    let here = std::env::current_dir().unwrap();
    let mut name = here.file_name().unwrap().to_owned();
    name.push(".key");
    assert_eq!(at(".").root_key(), here.with_file_name(name));
}
