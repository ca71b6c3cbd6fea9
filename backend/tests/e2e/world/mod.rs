//! What the tests share: processes, clients, and ways to wait.

mod api;
mod database;
mod grpc;
mod http2;
mod places;
mod script;
mod server;
mod wait;
mod worker;

pub(crate) use api::{Answer, Api, DF, HUB, send};
pub(crate) use database::check_integrity;
pub(crate) use grpc::{Client, Grpc, Work, start_request};
pub(crate) use http2::Http2;
pub(crate) use places::{place, script_path};
pub(crate) use script::{Outcomes, scenarios};
pub(crate) use server::{Refused, Server, Setup, free_port};
pub(crate) use wait::{PATIENCE, eventually, within};
pub(crate) use worker::Process;
