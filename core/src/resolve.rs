//! Which configured model a call means that names it by folder and service, version, or date.

use crate::error::Result;

/// What is known of a configured model: from `metaData`, or from the export that its package is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ModelMeta<'a> {
    /// The version id of the configuration.
    pub version_id: &'a str,
    /// `ProductName`.
    pub folder: Option<&'a str>,
    /// `ServiceName`.
    pub service: Option<&'a str>,
    /// `ServiceGuid`.
    pub service_id: Option<&'a str>,
    /// `Revision`, such as `1.2.3`.
    pub revision: Option<&'a str>,
    /// `EffectiveStartDate`.
    pub effective_start: Option<&'a str>,
    /// `EffectiveEndDate`.
    pub effective_end: Option<&'a str>,
}

/// What a call says about the model that it wants; blank text counts as not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted<'a> {
    /// `request_meta.version_id`; decides alone.
    pub version_id: Option<&'a str>,
    /// `folder_name` of an XCall.
    pub folder: Option<&'a str>,
    /// `service_name`.
    pub service: Option<&'a str>,
    /// `service_uri`, in any spelling of [`ServiceUri`](crate::online::ServiceUri); goes before folder and service.
    pub service_uri: Option<&'a str>,
    /// `service_id`.
    pub service_id: Option<&'a str>,
    /// `version`, whole or its beginning; a version in the brackets of `service_uri` goes before it.
    pub version: Option<&'a str>,
    /// `transaction_date`; counts only where no version is wanted.
    pub date: Option<&'a str>,
}

/// The position in `models` of the one that is wanted. `now_ms` is the time of day (`Date.now()`).
pub fn resolve(wanted: &Wanted<'_>, models: &[ModelMeta<'_>], now_ms: f64) -> Result<usize> {
    let _ = (wanted, models, now_ms);
    Err(crate::request::missing_version_id(&[]))
}
