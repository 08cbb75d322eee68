//! Prepares a request for the engine: on a copy, never on the caller's object.

use js_sys::{Array, Object, Reflect};
use spark_execute_core::raw::Raw;
use spark_execute_core::request::{self, Category, Edit};
use spark_execute_core::resolve::Wanted;
use spark_execute_core::{Code, Failure, Result};
use spark_execute_worker::js::{as_object, describe, get, set};
use wasm_bindgen::prelude::*;

use crate::host::Host;
use crate::view::{items, shallow};

/// A request, ready to be posted.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// JSON text.
    pub text: JsValue,
    /// The package's static outputs were asked for.
    pub metadata: bool,
    /// The package's form description was asked for.
    pub formspec: bool,
    /// `request_meta._ctx`: for the calls that this one leads to, and for nobody else.
    pub ctx: JsValue,
}

impl Prepared {
    /// A request that asks nothing but the engine.
    pub fn usual(text: JsValue) -> Self {
        Prepared { text, metadata: false, formspec: false, ctx: JsValue::UNDEFINED }
    }
}

/// The version id that a call names, or `None`.
pub fn version_id(input: &JsValue, argument: &JsValue) -> Result<Option<String>> {
    if let Some(id) = argument.as_string().filter(|id| !id.trim().is_empty()) {
        return Ok(Some(id));
    }
    request::check_request(&shallow(input))?;
    let meta = get_member(input, "request_meta");
    let member = |key: &str| shallow(&get_member(&meta, key));
    request::version_id(&shallow(argument), &member("version_id"), &member("version_uuid"))
}

/// What a call says about the service that it wants.
#[derive(Debug, Default)]
pub struct Named {
    /// The version id, where it does not come from elsewhere.
    pub version_id: Option<String>,
    /// `service_uri`.
    pub uri: Option<String>,
    /// `request_meta.service_id`.
    pub id: Option<String>,
    /// `folder_name` of a model's call.
    pub folder: Option<String>,
    /// Its `service_name`.
    pub service: Option<String>,
    /// `request_meta.version`.
    pub version: Option<String>,
    /// `request_meta.transaction_date`.
    pub date: Option<String>,
}

impl Named {
    /// What `input` says.
    pub fn of(input: &JsValue) -> Self {
        let meta = get_member(input, "request_meta");
        let said = |key: &str| get_member(&meta, key).as_string();
        Named {
            uri: said("service_uri"),
            id: said("service_id"),
            version: said("version"),
            date: said("transaction_date"),
            ..Named::default()
        }
    }

    /// The same as `resolve` wants it.
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted {
            version_id: self.version_id.as_deref(),
            folder: self.folder.as_deref(),
            service: self.service.as_deref(),
            service_uri: self.uri.as_deref(),
            service_id: self.id.as_deref(),
            version: self.version.as_deref(),
            date: self.date.as_deref(),
        }
    }
}

/// Checks and normalises `input`, which is to be computed by `version_id` if that is known, and turns it into text.
///
/// What its own code throws is put into `cause`.
pub fn prepare(host: &Host, input: &JsValue, version_id: Option<&str>, cause: &mut JsValue) -> Result<Prepared> {
    request::check_request(&shallow(input))?;
    let data = get_member(input, "request_data");
    request::check_shape(&shallow(&data), &shallow(&get_member(&data, "inputs")))?;
    let meta = get_member(input, "request_meta");
    request::check_meta(&shallow(&meta))?;

    let requested = get_member(&meta, "requested_output");
    let requested =
        if requested.is_undefined() { Edit::Keep } else { request::requested_output(&requested_view(&requested))? };
    let category = get_member(&meta, "service_category");
    let category = if category.is_undefined() {
        Category { edit: Edit::Keep, metadata: false, formspec: false }
    } else {
        request::service_category(&shallow(&category))?
    };
    let Category { edit, metadata, formspec } = category;

    let has_meta = meta.is_object();
    let named = version_id.is_none_or(|id| get_member(&meta, "version_id") == id);
    let has_context = has_meta && Reflect::has(&meta, &"_ctx".into()).unwrap_or(false);
    let unchanged = has_meta && named && !has_context && requested == Edit::Keep && edit == Edit::Keep;
    let request = if unchanged {
        input.clone()
    } else {
        let copy = copy_of(&meta, "request_meta")?;
        remove(&copy, "_ctx");
        if let Some(id) = version_id.filter(|_| !named) {
            set(&copy, "version_id", &id.into());
        }
        match requested {
            Edit::Keep => {}
            Edit::Remove => remove(&copy, "requested_output"),
            Edit::Set(names) => {
                let names: Array = names.iter().map(|name| JsValue::from_str(name)).collect();
                set(&copy, "requested_output", &names);
            }
        }
        match edit {
            Edit::Keep => {}
            Edit::Remove => remove(&copy, "service_category"),
            Edit::Set(text) => set(&copy, "service_category", &text.into()),
        }
        let request = copy_of(input, "input")?;
        set(&request, "request_meta", &copy);
        request.into()
    };
    let text = host.encode(&request).map_err(|thrown| {
        *cause = get(&thrown, "cause");
        host.unfit(&thrown)
    })?;
    Ok(Prepared { text, metadata, formspec, ctx: get_member(&meta, "_ctx") })
}

/// The core judges names one by one, so an array's items are shown to it.
fn requested_view(value: &JsValue) -> Raw {
    match shallow(value) {
        Raw::Array(_) => Raw::Array(items(value).map(|name| shallow(&name)).collect()),
        other => other,
    }
}

/// A member of the object itself: JSON, and so the engine, does not see what it inherits.
fn get_member(value: &JsValue, key: &str) -> JsValue {
    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(catch, js_namespace = Object, js_name = hasOwn)]
        fn has_own(object: &JsValue, key: &str) -> std::result::Result<bool, JsValue>;
    }
    let is_own = value.is_object() && has_own(value, key).unwrap_or(false);
    if is_own { get(value, key) } else { JsValue::UNDEFINED }
}

/// A copy of the object at `path`; a getter of the caller's may throw.
fn copy_of(value: &JsValue, path: &str) -> Result<Object> {
    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(catch, js_namespace = Object)]
        fn assign(target: &Object, source: &Object) -> std::result::Result<Object, JsValue>;
    }
    let Some(object) = as_object(value) else { return Ok(Object::new()) };
    assign(&Object::new(), object).map_err(|error| {
        let message = format!("The request cannot be copied: a getter in {path} threw.");
        Failure::new(Code::RequestInvalid, message).at(path).with_details(describe(&error))
    })
}

fn remove(object: &Object, key: &str) {
    let _ = Reflect::delete_property(object, &key.into());
}
