//! `taskhub durable`: a client for the command line, with the commands, options and texts of `func durable`, and more.
//!
//! Knows the request catalogue and the management API of Durable Functions; does not know how a hub does its work. One
//! file per command under `command/`. Source: docs/cli.md.

pub(crate) mod arguments;
mod client;
mod command;
mod confirm;
mod event;
pub(crate) mod failure;
mod filter;
mod input;
mod live;
mod place;
mod progress;
mod remote;
pub(crate) mod screen;
mod session;
mod settings;
mod state;
mod store;
mod table;
mod value;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};

use command as c;
use failure::{Code, Failure};
use screen::Format;
use session::Session;

/// `taskhub durable`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::doc_markdown, reason = "the comments are the help text of the command line")]
pub(crate) struct DurableArgs {
    #[command(subcommand)]
    action: Action,
    /// Setting whose value says where to connect: http://... of a server or sqlite:PATH; from the environment, else
    /// local.settings.json [default: AzureWebJobsStorage]
    #[arg(long, global = true, value_name = "NAME", help_heading = COMMON)]
    connection_string_setting: Option<String>,
    /// Address of the server [env: TASKHUB_SERVER] [default: http://127.0.0.1:7071]
    #[arg(long, global = true, value_name = "URL", help_heading = COMMON)]
    server: Option<String>,
    /// Task hub [env: TASKHUB_TASK_HUB] [default: hubName of host.json, else DurableFunctionsHub, else the server's own]
    #[arg(long, global = true, value_name = "NAME", help_heading = COMMON)]
    task_hub_name: Option<String>,
    /// Form of the output, instead of the texts of func
    #[arg(long, global = true, value_name = "FORM", ignore_case = true, help_heading = COMMON)]
    output: Option<Format>,
    /// Exit with 2 wrong option, 3 not found, 4 not allowed now, 5 not reached, 6 ended but not completed
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", value_parser = value::switch, help_heading = COMMON)]
    exit_code: Option<bool>,
    /// Do not ask before something is deleted
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", value_parser = value::switch, help_heading = COMMON)]
    yes: Option<bool>,
    /// Folder of the functions project: of host.json, local.settings.json and @files [default: the current one]
    #[arg(long, global = true, visible_alias = "prefix", value_name = "DIR", help_heading = COMMON)]
    script_root: Option<PathBuf>,
    /// Tell on stderr what is done
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", value_parser = value::switch, help_heading = COMMON)]
    verbose: Option<bool>,
    /// Wait for the Enter key when it failed, on a terminal
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", value_parser = value::switch, help_heading = COMMON)]
    pause_on_error: Option<bool>,
}

const COMMON: &str = "Common options";
const EXAMPLES: &str = "\
Examples:
  taskhub durable start-new --function-name HelloSequence
  taskhub durable start-new --function-name HelloWorld --input @counter-data.json --task-hub-name TestTaskHub
  taskhub durable get-instances --runtime-status \"running failed\" --output table
  taskhub durable watch --server http://127.0.0.1:7071

Options are read as by func: --opt value, --opt=value, --opt:value or /opt value, names in any case.
docs/cli.md has every command, the exit codes and what differs from func.";

/// What to do.
#[derive(Debug, Subcommand)]
enum Action {
    /// Start a new instance of the specified orchestrator function
    StartNew(c::start_new::StartNew),
    /// Retrieve the status of the specified orchestration instance
    GetRuntimeStatus(c::get_runtime_status::GetRuntimeStatus),
    /// Retrieve the history of the specified orchestration instance
    GetHistory(c::get_history::GetHistory),
    /// Retrieve the status of all orchestration instances. Supports paging via 'top' parameter.
    GetInstances(c::get_instances::GetInstances),
    /// Raise an event to the specified orchestration instance
    RaiseEvent(c::raise_event::RaiseEvent),
    /// Terminate the specified orchestration instance
    Terminate(c::terminate::Terminate),
    /// Suspend the specified orchestration instance: it keeps its events and does nothing until it is resumed
    Suspend(c::suspend::Suspend),
    /// Let a suspended orchestration instance go on
    Resume(c::resume::Resume),
    /// Rewind the specified orchestration instance
    Rewind(c::rewind::Rewind),
    /// Start an orchestration instance that has ended again, with its name and input
    Restart(c::restart::Restart),
    /// Purge the specified orchestration instance, which must have ended
    Purge(c::purge::Purge),
    /// Purge orchestration instance state and history for orchestrations older than the specified threshold time; only
    /// those that have ended
    PurgeHistory(c::purge_history::PurgeHistory),
    /// Show what happens to the orchestration instances, as it happens
    Watch(c::watch::Watch),
    /// Retrieve the entities, the newest first
    GetEntities(c::get_entities::GetEntities),
    /// Retrieve the state of the specified entity
    GetEntity(c::get_entity::GetEntity),
    /// Send an operation to the specified entity; nobody waits for its result
    SignalEntity(c::signal_entity::SignalEntity),
    /// Delete the state of the specified entity, by its operation 'delete'
    DeleteEntity(c::delete_entity::DeleteEntity),
    /// Delete all storage artifacts in the durable task hub
    DeleteTaskHub(c::delete_task_hub::DeleteTaskHub),
}

/// Runs a command and tells how it went.
pub(crate) async fn run(arguments: DurableArgs) -> ExitCode {
    let strict = arguments.exit_code.unwrap_or(false);
    if arguments.verbose.unwrap_or(false) {
        crate::telemetry::start_log(crate::config::LogFormat::Text);
    }
    let pause = arguments.pause_on_error.unwrap_or(false);
    // Ctrl-C ends the process at once, as it ends every client.
    let result = act(arguments).await;
    if let Err(failure) = &result
        && !failure.silent
    {
        screen::complain(&failure.text);
        if pause {
            confirm::wait();
        }
    }
    failure::exit(&result, strict)
}

async fn act(arguments: DurableArgs) -> Result<Code, Failure> {
    let DurableArgs {
        action,
        connection_string_setting,
        server,
        task_hub_name,
        output,
        exit_code: _,
        yes,
        script_root,
        verbose: _,
        pause_on_error: _,
    } = arguments;
    let session = Session::open(session::Asked {
        setting: connection_string_setting,
        server,
        hub: task_hub_name,
        format: output,
        yes: yes.unwrap_or(false),
        folder: script_root,
    })
    .await?;
    let result = perform(action, &session).await;
    session.close().await;
    result
}

async fn perform(action: Action, session: &Session) -> Result<Code, Failure> {
    match action {
        Action::StartNew(args) => args.run(session).await,
        Action::GetRuntimeStatus(args) => args.run(session).await,
        Action::GetHistory(args) => args.run(session).await,
        Action::GetInstances(args) => args.run(session).await,
        Action::RaiseEvent(args) => args.run(session).await,
        Action::Terminate(args) => args.run(session).await,
        Action::Suspend(args) => args.run(session).await,
        Action::Resume(args) => args.run(session).await,
        Action::Rewind(args) => args.run(session).await,
        Action::Restart(args) => args.run(session).await,
        Action::Purge(args) => args.run(session).await,
        Action::PurgeHistory(args) => args.run(session).await,
        Action::Watch(args) => args.run(session).await,
        Action::GetEntities(args) => args.run(session).await,
        Action::GetEntity(args) => args.run(session).await,
        Action::SignalEntity(args) => args.run(session).await,
        Action::DeleteEntity(args) => args.run(session).await,
        Action::DeleteTaskHub(args) => args.run(session).await,
    }
}
