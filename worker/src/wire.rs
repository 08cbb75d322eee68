//! Messages as JavaScript values: how [`spark_execute_core::protocol`] crosses between threads.

use js_sys::Array;
use serde::{Deserialize, Serialize};
use spark_execute_core::protocol::{FromWorker, ToWorker};
use spark_execute_core::wire::{Value, Wire};
use spark_execute_core::{Code, Failure, Result};
use wasm_bindgen::prelude::*;

use crate::reader::{self, Malformed};

/// A JavaScript value that Rust only hands on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Js(#[serde(with = "serde_wasm_bindgen::preserve")] pub JsValue);

impl Value for Js {
    fn text(text: &str) -> Self {
        Js(text.into())
    }

    fn number(number: f64) -> Self {
        Js(number.into())
    }

    fn none() -> Self {
        Js(JsValue::UNDEFINED)
    }

    fn as_text(&self) -> Option<String> {
        self.0.as_string()
    }

    fn as_number(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn is_none(&self) -> bool {
        self.0.is_undefined() || self.0.is_null()
    }
}

#[wasm_bindgen]
extern "C" {
    /// The array of an answer. `Array::of4` would first make a value of each number, and `Array.of` takes several times
    /// as long.
    #[wasm_bindgen(js_name = Array)]
    type Reply;

    #[wasm_bindgen(constructor, js_class = "Array")]
    fn new(id: u32, response: &JsValue, micros: f64, heap: f64) -> Reply;
}

/// A message to a worker, ready for `postMessage`.
pub fn to_worker(message: &ToWorker<Js>) -> Result<JsValue> {
    match message {
        ToWorker::Call { id, request } => Ok(Array::of2(&(*id).into(), &request.0).into()),
        ToWorker::DispatchReply { id, reply } => Ok(Reply::new(0, &reply.0, f64::from(*id), 0.0).into()),
        _ => encode(&message.into()),
    }
}

/// What a worker was sent.
pub fn read_to_worker(data: JsValue) -> Result<ToWorker<Js>> {
    decode(data)?.try_into()
}

/// Calls that came in one message, `[id, request, id, request, …]`, and the first id; or, with the id 0, what answers an
/// engine: `[0, reply, id]`. These are read without a detour.
pub fn calls(data: &JsValue) -> Option<(&Array, u32)> {
    let array = data.dyn_ref::<Array>()?;
    Some((array, array.get(0).as_f64()? as u32))
}

/// A message from a worker, ready for `postMessage`.
pub fn from_worker(message: &FromWorker<Js>) -> Result<JsValue> {
    match message {
        FromWorker::Reply { id, response, micros, heap } => Ok(Reply::new(*id, &response.0, *micros, *heap).into()),
        FromWorker::Dispatch { id, service, request } => Ok(Reply::new(0, &request.0, f64::from(*id), *service).into()),
        _ => encode(&message.into()),
    }
}

/// What a worker sent.
pub fn read_from_worker(data: JsValue) -> Result<FromWorker<Js>> {
    decode(data)?.try_into()
}

fn encode(message: &Wire<Js>) -> Result<JsValue> {
    serde_wasm_bindgen::to_value(message).map_err(|error| malformed().with_details(error.to_string()))
}

fn decode(data: JsValue) -> Result<Wire<Js>> {
    reader::read(data).map_err(|_| malformed())
}

#[cold]
fn malformed() -> Failure {
    Failure::new(Code::Internal, Malformed.to_string())
}
