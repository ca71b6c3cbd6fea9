//! What the tests share: processes, clients, and ways to wait.

mod api;
mod chance;
mod database;
mod grpc;
mod history;
mod http2;
mod places;
mod script;
mod server;
mod wait;
mod worker;

pub(crate) use api::{Answer, Api, DF, HUB, send};
pub(crate) use chance::Chance;
pub(crate) use database::check_integrity;
pub(crate) use grpc::{Client, Grpc, start_request};
pub(crate) use history::check_instance;
pub(crate) use http2::Http2;
pub(crate) use places::{place, script_path};
pub(crate) use script::{Outcomes, flavour, flavours, scenarios};
pub(crate) use server::{Server, Setup};
pub(crate) use wait::{PATIENCE, eventually, within};
pub(crate) use worker::Process;
