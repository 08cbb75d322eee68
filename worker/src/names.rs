//! What a package says about its model, in its `ModelMetaData.json`. Nothing in there is a reason to refuse the model.

use spark_execute_core::metadata::{LONGEST, ModelMetadata};
use wasm_bindgen::prelude::*;

use crate::js::get;

#[wasm_bindgen]
extern "C" {
    /// js-sys would take the text through our memory.
    #[wasm_bindgen(catch, js_namespace = JSON)]
    fn parse(text: &JsValue) -> Result<JsValue, JsValue>;
}

/// What the file says, and what is wrong with it, if anything is.
pub fn names_in(text: &JsValue) -> (ModelMetadata, Option<&'static str>) {
    let Some(file) = parse(text).ok().filter(JsValue::is_object) else {
        return (ModelMetadata::default(), Some("it is not a JSON object"));
    };
    let engine = get(&file, "EngineInformation");
    let mut wrong = None;
    let names = ModelMetadata::read(&mut |in_engine, key| {
        let value = get(if in_engine { &engine } else { &file }, key);
        let text = value.as_string();
        let usable = text.as_deref().map(str::trim).filter(|text| text.len() <= LONGEST);
        if usable.is_none() && !value.is_undefined() && !value.is_null() {
            wrong = Some("it has something else than a short text for a name, a version or a date");
        }
        Ok(usable.filter(|text| !text.is_empty()).map(str::to_owned))
    });
    // It reads without failing.
    let names = names.unwrap_or_default();
    let nameless = (!names.names_service()).then_some("it names no service");
    (names, wrong.or(nameless))
}
