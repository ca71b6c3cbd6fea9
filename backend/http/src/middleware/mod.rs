//! What every request passes, from the outside in: [`edge`], [`guard`], [`body`].

pub(crate) mod body;
pub(crate) mod edge;
pub(crate) mod guard;
pub(crate) mod header;
