//! schemathesis, from the Python Package Index, reads the server's OpenAPI document and tries it out.

use std::{process::Stdio, time::Duration};

use tokio::process::Command;

use crate::world::{Server, place, script_path};

/// Longest run.
const LONGEST: Duration = Duration::from_secs(300);

/// No error of the server, no answer with a status or a body that the document does not name. The same requests in every
/// run: few for each operation, and none that are made up by chance.
#[tokio::test]
async fn what_the_document_says_is_true() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let hooks = script_path("python/schemathesis_hooks.py");
    let mut command = Command::new(place("TASKHUB_PYTHON"));
    command
        .args(["-B", "-m", "schemathesis.cli", "run"])
        .arg(format!("{}/api/openapi.json", server.origin()))
        .args([
            "--checks",
            "not_a_server_error,status_code_conformance,response_schema_conformance",
        ])
        .args(["--phases", "coverage,fuzzing", "--max-examples", "15", "--workers", "1"])
        .args(["--generation-deterministic", "--seed", "7", "--request-timeout", "20"])
        // The stream has no end.
        .args(["--exclude-path-regex", "/live$", "--warnings", "off", "--no-color"])
        .env("SCHEMATHESIS_HOOKS", "schemathesis_hooks")
        .env("PYTHONPATH", hooks.parent().expect("the script is in a folder"))
        .current_dir(server.setup().home())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let ran = tokio::time::timeout(LONGEST, command.output()).await;
    let ran = ran.expect("schemathesis comes to its end").expect("run schemathesis");
    let said = String::from_utf8_lossy(&ran.stdout);
    println!("{said}");
    assert!(ran.status.success(), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
    assert!(said.contains("generated"), "it tried nothing: {said}");
    server.api().get("/readyz").await.expect(200);
}
