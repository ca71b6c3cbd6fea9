//! Calls about saved views of the list.

use serde::{Deserialize, Serialize};

use super::{ApiRequest, Method, json};
use crate::view::View;

/// `GET /api/v1/hubs/{hub}/views`: the saved views, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListViews {
    /// Task hub.
    pub hub: String,
}

impl ApiRequest for ListViews {
    type Response = Vec<View>;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/hubs/{hub}/views";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub]
    }
}

/// `POST /api/v1/hubs/{hub}/views`: keeps a view, in place of the one with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveView {
    /// Task hub.
    pub hub: String,
    /// The view.
    pub body: View,
}

impl ApiRequest for SaveView {
    type Response = View;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/hubs/{hub}/views";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub]
    }

    fn body(&self) -> Option<String> {
        json(&self.body)
    }
}

/// `DELETE /api/v1/hubs/{hub}/views/{view}`: takes a view away, if it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteView {
    /// Task hub.
    pub hub: String,
    /// Name of the view.
    pub name: String,
}

/// Answer of [`DeleteView`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeletedView {
    /// Name of the view.
    pub name: String,
    /// Whether it was there.
    pub deleted: bool,
}

impl ApiRequest for DeleteView {
    type Response = DeletedView;
    const METHOD: Method = Method::Delete;
    const PATH: &'static str = "/api/v1/hubs/{hub}/views/{view}";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub, &self.name]
    }
}
