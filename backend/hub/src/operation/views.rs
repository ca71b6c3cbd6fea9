//! Saved views of the list, which the people of a hub share.

use taskhub_shared::{limits::VIEWS, view::View};

use crate::{error::HubError, hub::Hub};

impl Hub {
    /// The saved views, by name.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub async fn views(&self) -> Result<Vec<View>, HubError> {
        Ok(self.inner.store.views().saved(self.inner.id).await?)
    }

    /// Keeps a view in place of the one with its name.
    ///
    /// # Errors
    /// [`HubError::InvalidInput`] when it cannot be shown or there are too many, [`HubError::Store`] when it is not
    /// stored.
    pub async fn save_view(&self, view: View) -> Result<(), HubError> {
        view.check()?;
        if self.inner.store.views().save(self.inner.id, view, VIEWS).await? {
            return Ok(());
        }
        let reason = format!("the hub has {VIEWS} views, which is the most; delete one first");
        Err(HubError::InvalidInput { field: "name", reason })
    }

    /// Takes a view away; whether it was there.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store does not do it.
    pub async fn delete_view(&self, name: &str) -> Result<bool, HubError> {
        Ok(self.inner.store.views().forget(self.inner.id, name).await?)
    }
}
