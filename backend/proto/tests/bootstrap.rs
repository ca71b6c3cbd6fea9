//! The committed Rust code is what the committed `.proto` generates.
//!
//! Run with `TASKHUB_BLESS=1` to rewrite `src/generated/taskhub.rs`.

use std::path::Path;

const GENERATED: &str = "src/generated/taskhub.rs";

#[test]
fn generated_code_is_current() {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let descriptors = protox::compile(
        ["durabletask/internal/orchestrator_service.proto"],
        [crate_folder.join("proto")],
    )
    .expect("compile orchestrator_service.proto");

    let out = tempfile::tempdir().expect("make a temporary folder");
    tonic_prost_build::configure()
        .out_dir(out.path())
        .emit_rerun_if_changed(false)
        .build_client(true)
        .build_server(true)
        .compile_fds(descriptors)
        .expect("generate the Rust code");

    // prost-build calls the file of an empty package `_.rs`.
    let fresh = std::fs::read_to_string(out.path().join("_.rs")).expect("read the fresh code");
    let committed_path = crate_folder.join(GENERATED);
    let committed = std::fs::read_to_string(&committed_path).unwrap_or_default();
    if fresh == committed {
        return;
    }
    if std::env::var_os("TASKHUB_BLESS").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(committed_path.parent().expect("a file has a folder"))
            .expect("make the folder of the generated code");
        std::fs::write(&committed_path, fresh).expect("write the generated code");
        return;
    }
    panic!(
        "{GENERATED} differs from what orchestrator_service.proto generates; never edit it by \
         hand, run `TASKHUB_BLESS=1 cargo test -p taskhub-proto --test bootstrap` and commit it"
    );
}
