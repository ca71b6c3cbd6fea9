//! `get-entities`.

use clap::Args;
use http::Method;
use serde_json::{Value, json};

use crate::durable::{
    client::{Ask, durable_task_path},
    failure::{Code, Failure},
    screen::{hint, pretty},
    session::{Session, check},
    value,
};

/// `taskhub durable get-entities`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  taskhub durable get-entities
  taskhub durable get-entities --name counter --show-state --output table")]
pub(crate) struct GetEntities {
    /// Only entities of this name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Show the states
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", value_parser = value::switch)]
    show_state: Option<bool>,
    /// Most entities
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    top: u32,
    /// Where to go on, as the call before told
    #[arg(long, value_name = "TOKEN")]
    continuation_token: Option<String>,
}

impl GetEntities {
    pub(crate) async fn run(self, session: &Session) -> Result<Code, Failure> {
        if let Some(name) = &self.name {
            check("name", name)?;
        }
        let states = self.show_state.unwrap_or(false);
        let top = self.top.to_string();
        let mut segments = vec!["entities"];
        segments.extend(self.name.as_deref());
        let state = if states { "true" } else { "false" };
        let query = [("taskHub", session.hub.as_str()), ("fetchState", state), ("top", &top)];
        let ask = Ask {
            verb: Method::GET,
            path: durable_task_path(&segments, &query),
            token: self.continuation_token.filter(|token| !token.trim().is_empty()),
            body: None,
        };
        let reply = session.client.send(ask).await?;
        if !reply.status.is_success() {
            return Err(session.client.refusal(&reply));
        }
        let found: Vec<Value> = session.client.json(&reply)?;
        let rows: Vec<Value> = found.iter().map(|entity| row(entity, states)).collect();
        let next = reply.headers.get("x-ms-continuation-token");
        let next = next.and_then(|next| next.to_str().ok()).unwrap_or_default();
        let told = format!("Continuation token for next set of results: '{next}'");
        let screen = session.screen;
        match screen.format() {
            None => {
                screen.print(&pretty(&rows))?;
                screen.say(&told)?;
            }
            Some(format) => {
                let columns = ["name", "key", "lastOperationTime", "state"];
                let shown = if states { &columns[..] } else { &columns[..3] };
                screen.rows(format, shown, &rows)?;
                if !next.is_empty() {
                    hint(&told);
                }
            }
        }
        Ok(Code::Done)
    }
}

fn row(entity: &Value, states: bool) -> Value {
    let mut row = json!({
        "name": entity.pointer("/entityId/name"),
        "key": entity.pointer("/entityId/key"),
        "lastOperationTime": entity.get("lastOperationTime"),
    });
    if let (true, Value::Object(row)) = (states, &mut row) {
        row.insert("state".to_owned(), json!(entity.get("state")));
    }
    row
}
