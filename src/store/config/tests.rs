use super::*;
use fs_err as fs;

fn config(files: &[&str], environment: &[(&str, &str)]) -> Result<Config, Error> {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<_> = (0..files.len()).map(|i| folder.path().join(format!("{i}.toml"))).collect();
    for (path, text) in paths.iter().zip(files) {
        fs::write(path, text).unwrap();
    }
    Config::from_layers(&paths, environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
}

#[test]
fn later_layers_win_and_values_know_their_origin() {
    let mut config =
        config(&["takes = 5\nfps = 25", "\n\nfps = 30"], &[("HOLDSTILL_ASPECT", "9:16"), ("PATH", "x")]).unwrap();
    config.flag(Key::Budget, "--budget", Some("2.50")).unwrap();
    config.flag(Key::Takes, "--takes", None::<u32>).unwrap();
    assert_eq!((config.takes(), config.fps(), config.duration_secs()), (5, 30, 4.0));
    assert_eq!(config.budget().unwrap().to_string(), "$2.50");
    let origins: Vec<_> = config.entries().filter_map(|(key, s)| Some(format!("{key}: {}", s?.origin))).collect();
    assert!(origins.contains(&"aspect: environment HOLDSTILL_ASPECT".to_owned()), "{origins:?}");
    assert!(origins.contains(&"budget: flag --budget".to_owned()), "{origins:?}");
    assert!(origins.iter().any(|o| o.starts_with("fps: ") && o.ends_with("1.toml:3")), "{origins:?}");
}

#[test]
fn mistakes_are_named_with_line_and_remedy() {
    let cases = [
        ("provider = \"animator\"\nbuget = 3", "1:2", "did you mean `budget`?"),
        ("takes = 0", "1:1", "takes is a whole number from 1 to 20"),
        ("fps = [1]", "1:1", "write fps = \"…\""),
        ("fps = ", "1:1", "the file is TOML"),
        ("zzz = 1", "1:1", "known are"),
    ];
    for (text, place, hint) in cases {
        let error = config(&["", text], &[]).unwrap_err();
        let expected = place.replacen("1:", "1.toml:", 1);
        assert!(error.to_string().contains(&expected), "{text}: {error}");
        assert!(error.hint().contains(hint), "{text}: {}", error.hint());
        assert_eq!(error.code(), "bad-config");
    }
    assert_eq!(config(&[], &[("HOLDSTILL_FPS", "60")]).unwrap_err().code(), "bad-config");
}

#[test]
fn base_urls_are_a_table_by_the_provider_s_id() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    fs::write(&path, "takes = 2\n[base_url]\nno-such-provider = \"https://gateway.example\"\n").unwrap();
    let environment = Environment::from_file(&path).unwrap();
    let address = environment.address("no-such-provider").unwrap();
    assert_eq!(address.origin, Origin::File { path, line: 3 });
    let variable = base_variable("no-such-provider");
    assert_eq!(variable, "HOLDSTILL_NO_SUCH_PROVIDER_BASE_URL");
    assert_eq!(environment.get(&variable), Some(address.url));
    assert_eq!((environment.get("HOLDSTILL_OTHER_BASE_URL"), environment.address("other")), (None, None));
    for (text, hint) in [("base_url = 3", "is no table"), ("[base_url]\nfal = 3", "base URL of `fal` is no text")] {
        let error = config(&[text], &[]).unwrap_err();
        assert!(error.to_string().contains(hint) && error.hint().contains("[base_url]"), "{error}");
    }
}

#[test]
fn paths_in_a_file_start_at_the_file() {
    let config = config(&["home = \"data\"\npolicy = \"gate.toml\""], &[]).unwrap();
    assert!(config.home().unwrap().is_absolute());
    assert!(config.text(Key::Policy).unwrap().ends_with("/gate.toml"));
}
