//! The architecture: every module stands on a floor and imports only from floors below.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{fs, path::Path};

/// Module and floor. Changing it is a change of design, made in a commit of its own.
const FLOORS: [(&str, u8); 12] = [
    ("frame", 0),
    ("flow", 1),
    ("geometry", 1),
    ("media", 1),
    ("store", 1),
    ("drift", 2),
    ("animator", 2),
    ("repair", 3),
    ("provider", 3),
    ("engine", 4),
    ("report", 5),
    ("cli", 6),
];

fn floor(module: &str) -> u8 {
    let found = FLOORS.iter().find(|(name, _)| *name == module);
    found.unwrap_or_else(|| panic!("src/{module} has no floor in tests/floors.rs")).1
}

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Every module named after `crate::` or `holdstill::` in code, nested braces included.
fn imports(text: &str) -> Vec<String> {
    let code: String = text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for prefix in ["crate::", "holdstill::"] {
        for (at, _) in code.match_indices(prefix) {
            let rest = &code[at + prefix.len()..];
            if let Some(group) = rest.strip_prefix('{') {
                let mut depth = 0;
                let mut word = String::new();
                let mut heads = true;
                for c in group.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => {
                            found.push(std::mem::take(&mut word));
                            heads = true;
                        }
                        ':' if depth == 0 => heads = false,
                        c if depth == 0 && heads && (c.is_alphanumeric() || c == '_') => word.push(c),
                        _ => {}
                    }
                }
                found.push(word);
            } else {
                found.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
            }
        }
    }
    found.retain(|word| FLOORS.iter().any(|(name, _)| name == word));
    found
}

#[test]
fn imports_only_look_down() {
    let mut wrong = Vec::new();
    for (module, own) in FLOORS {
        let mut files = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(module), &mut files);
        assert!(!files.is_empty(), "src/{module} is empty");
        for (path, text) in files {
            for import in imports(&text) {
                if import != module && floor(&import) >= own {
                    wrong.push(format!("{path} (floor {own}) imports {import} (floor {})", floor(&import)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_media_says_ffmpeg() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    for (path, text) in files {
        assert!(path.contains("/src/media/") || !text.contains("ffmpeg_next"), "{path} names the FFmpeg crate");
    }
}

#[test]
fn the_reader_of_imports_sees_groups() {
    assert_eq!(
        imports("use crate::{flow::{Flow, dense}, frame::Plane};\nuse crate::drift::X;"),
        ["flow", "frame", "drift"]
    );
    assert_eq!(imports("// crate::engine is above"), Vec::<String>::new());
}
