//! Scripts in other languages: one process plays all its scenarios, and each is a test here.

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use serde::Deserialize;

use super::{Setup, place, script_path};

/// Longest run of a script.
const LONGEST: Duration = Duration::from_secs(120);

/// What became of each scenario of a script.
pub(crate) struct Outcomes {
    by_name: BTreeMap<String, Line>,
    /// What the script said beside its lines, and the server's log.
    noise: String,
}

/// One line of a script.
#[derive(Deserialize)]
struct Line {
    name: String,
    ok: bool,
    seconds: f64,
    error: Option<String>,
}

/// Makes a test of each scenario, and one that finds scenarios which are no test.
macro_rules! scenarios {
    ($outcomes:ident: $($name:ident,)+) => {
        $(
            #[test]
            fn $name() {
                only_when_asked!();
                $outcomes.check(stringify!($name));
            }
        )+

        #[test]
        fn every_scenario_of_the_script_is_a_test() {
            only_when_asked!();
            $outcomes.check_names(&[$(stringify!($name)),+]);
        }
    };
}
pub(crate) use scenarios;

/// Makes tests of the scenarios of a script for the Python SDK, for each of its flavours, with a server of its own.
macro_rules! flavours {
    ($script:literal: $($name:ident,)+) => {
        mod core {
            $crate::world::flavour! { $script, "core": $($name,)+ }
        }
        mod azuremanaged {
            $crate::world::flavour! { $script, "azuremanaged": $($name,)+ }
        }
    };
}
pub(crate) use flavours;

/// The same for one flavour.
macro_rules! flavour {
    ($script:literal, $flavour:literal: $($name:ident,)+) => {
        static SDK: std::sync::LazyLock<$crate::world::Outcomes> =
            std::sync::LazyLock::new(|| {
                let setup = $crate::world::Setup::new().arg("--task-hub").arg("default");
                $crate::world::Outcomes::of_python($script, setup, &["ADDRESS", $flavour])
            });

        $crate::world::scenarios! { SDK: $($name,)+ }
    };
}
pub(crate) use flavour;

impl Outcomes {
    /// Runs a Python script against a server of its own.
    pub(crate) fn of_python(script: &str, setup: Setup, arguments: &[&str]) -> Self {
        let mut command = Command::new(place("TASKHUB_PYTHON"));
        command.arg("-B").arg(script_path(script));
        run(command, setup, arguments)
    }

    /// Runs a JavaScript script against a server of its own.
    pub(crate) fn of_node(script: &str, setup: Setup, arguments: &[&str]) -> Self {
        let mut command = Command::new(place("TASKHUB_NODE"));
        command.arg(script_path(script)).env("NODE_PATH", place("TASKHUB_NODE_MODULES"));
        run(command, setup, arguments)
    }

    pub(crate) fn check(&self, name: &str) {
        let Some(line) = self.by_name.get(name) else {
            panic!("the script said nothing of {name}:\n{}", self.noise);
        };
        println!("{name}: {} s", line.seconds);
        assert!(
            line.ok,
            "{}\n{}",
            line.error.as_deref().unwrap_or("it failed and did not say why"),
            self.noise
        );
    }

    pub(crate) fn check_names(&self, tests: &[&str]) {
        let played: Vec<&str> = self.by_name.keys().map(String::as_str).collect();
        let mut tests = tests.to_vec();
        tests.sort_unstable();
        assert_eq!(played, tests, "{}", self.noise);
    }
}

/// Plays a script. `ORIGIN` and `ADDRESS` among the arguments stand for those of the server.
fn run(mut command: Command, setup: Setup, arguments: &[&str]) -> Outcomes {
    let runtime = tokio::runtime::Runtime::new().expect("make a runtime");
    let with_samples = setup.has_samples();
    let server = runtime.block_on(async {
        let server = setup.start().await;
        if with_samples {
            server.has_workers(1).await;
        }
        server
    });
    for argument in arguments {
        command.arg(match *argument {
            "ORIGIN" => server.origin(),
            "ADDRESS" => server.address(),
            other => other,
        });
    }
    let said = tempfile::tempdir().expect("make a folder");
    let file = |name: &str| {
        let file = std::fs::File::create(said.path().join(name)).expect("make a file");
        Stdio::from(file)
    };
    command.stdin(Stdio::null()).stdout(file("out")).stderr(file("err"));
    let ended = runtime.block_on(async {
        let mut command = tokio::process::Command::from(command);
        let mut child = command.kill_on_drop(true).spawn().expect("start the script");
        tokio::time::timeout(LONGEST, child.wait())
            .await
            .map(|status| status.expect("wait for the script"))
    });
    let text = |name: &str| read(&said.path().join(name));
    let out = text("out");
    let mut by_name = BTreeMap::new();
    let mut noise = format!("the script ended with {ended:?}\n{}", text("err"));
    for line in out.lines() {
        match serde_json::from_str::<Line>(line) {
            Ok(line) => {
                by_name.insert(line.name.clone(), line);
            }
            Err(_) => {
                noise.push_str(line);
                noise.push('\n');
            }
        }
    }
    let log = server.log();
    let complaints = log.lines().filter(|line| line.contains("WARN") || line.contains("ERROR"));
    noise.extend(complaints.take(30).flat_map(|line| [line, "\n"]));
    runtime.block_on(async { drop(server) });
    Outcomes { by_name, noise }
}

fn read(path: &Path) -> String {
    std::fs::read(path).map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
}
