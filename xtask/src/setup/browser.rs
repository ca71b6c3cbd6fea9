//! The browser of the end-to-end tests.

use anyhow::{Context, Result};

use super::Step;
use crate::tools;

/// Makes sure that Chromium and its driver can be found.
pub(super) fn check() -> Result<Step> {
    let how = "install Chromium and chromedriver, or name them in TASKHUB_CHROMIUM and TASKHUB_CHROMEDRIVER";
    tools::chromium().with_context(|| format!("no Chromium found: {how}"))?;
    tools::chromedriver().with_context(|| format!("no chromedriver found: {how}"))?;
    Ok(Step::present("Chromium and chromedriver"))
}
