//! The addresses of the HTTP management API for one instance, as a start answers them.

use taskhub_shared::query::encode;

/// One address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagementUrl {
    /// Its name in the answer of a start.
    pub name: &'static str,
    /// Method to call it with.
    pub method: &'static str,
    /// The whole address. `{eventName}` and `{text}` stand for what the caller fills in.
    pub url: String,
}

/// All addresses. `origin` is that of the server, without a slash at its end.
pub fn management_urls(origin: &str, hub: &str, id: &str) -> Vec<ManagementUrl> {
    let base = format!("{origin}/runtime/webhooks/durabletask/instances/{}", encode(id));
    let query = format!("taskHub={}&connection=Storage", encode(hub));
    let one = |name, method, path: &str, more: &str| ManagementUrl {
        name,
        method,
        url: format!("{base}{path}?{more}{query}"),
    };
    vec![
        one("statusQueryGetUri", "GET", "", ""),
        one("sendEventPostUri", "POST", "/raiseEvent/{eventName}", ""),
        one("terminatePostUri", "POST", "/terminate", "reason={text}&"),
        one("suspendPostUri", "POST", "/suspend", "reason={text}&"),
        one("resumePostUri", "POST", "/resume", "reason={text}&"),
        one("rewindPostUri", "POST", "/rewind", "reason={text}&"),
        one("restartPostUri", "POST", "/restart", ""),
        one("purgeHistoryDeleteUri", "DELETE", "", ""),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_hubs_are_encoded() {
        let urls = management_urls("http://h:1", "My Hub", "a/b é");
        let status = &urls[0];
        assert_eq!(
            status.url,
            "http://h:1/runtime/webhooks/durabletask/instances/a%2Fb%20%C3%A9?taskHub=My%20Hub&connection=Storage"
        );
        assert_eq!(urls.len(), 8);
        let terminate = urls.iter().find(|url| url.name == "terminatePostUri").unwrap();
        assert!(terminate.url.contains("/terminate?reason={text}&taskHub="), "{}", terminate.url);
    }
}
