//! Every command of the README runs, and ends as it says.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod scene;

use scene::Scene;
use std::fs;

/// The commands in ```` ```sh ```` blocks that start with `holdstill`, with the exit code that a trailing
/// `# exit N` promises (0 without one). Lines that end in a backslash go on.
fn commands(readme: &str) -> Vec<(String, i32)> {
    let mut found = Vec::new();
    for block in readme.split("```sh\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default().replace("\\\n", " ");
        for line in block.lines().filter(|line| line.starts_with("holdstill ")) {
            let (command, note) = line.split_once(" #").unwrap_or((line, ""));
            let exit = note
                .split("exit ")
                .nth(1)
                .and_then(|n| n.split(|c: char| !c.is_ascii_digit()).next())
                .map_or(0, |n| n.parse().unwrap());
            found.push((command.trim().to_owned(), exit));
        }
    }
    found
}

#[test]
fn every_command_of_the_readme_ends_as_it_says() {
    let root = env!("CARGO_MANIFEST_DIR");
    let commands = commands(&fs::read_to_string(format!("{root}/README.md")).unwrap());
    assert!(commands.len() >= 10, "found only {} commands", commands.len());

    let scene = Scene::new().faithful("clip.mp4").warped("drifting.mp4");
    fs::copy(format!("{root}/fixtures/gate.toml"), scene.path("gate.toml")).unwrap();
    fs::copy(scene.path("still.png"), scene.path("other.png")).unwrap();
    for (command, exit) in commands {
        let words = command.replacen("holdstill", env!("CARGO_BIN_EXE_holdstill"), 1);
        let mut shell = assert_cmd::Command::new("sh");
        shell.current_dir(scene.path("")).env("HOLDSTILL_HOME", scene.path("home")).args(["-c", &words]);
        let output = shell.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "`{command}` said:\n{stderr}");
    }
}
