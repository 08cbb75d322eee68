//! Messages as JavaScript values: how [`spark_execute_core::protocol`] crosses between threads.

use js_sys::Array;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use spark_execute_core::protocol::{FromWorker, ToWorker};
use spark_execute_core::{Code, Failure, Result};
use wasm_bindgen::prelude::*;

/// A JavaScript value that Rust only hands on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Js(#[serde(with = "serde_wasm_bindgen::preserve")] pub JsValue);

/// A message to a worker, ready for `postMessage`.
pub fn to_worker(message: &ToWorker<Js>) -> Result<JsValue> {
    match message {
        ToWorker::Call { id, request } => Ok(Array::of2(&(*id).into(), &request.0).into()),
        _ => encode(message),
    }
}

/// What a worker was sent.
pub fn read_to_worker(data: JsValue) -> Result<ToWorker<Js>> {
    match data.dyn_ref::<Array>() {
        Some(call) => Ok(ToWorker::Call { id: number(&call.get(0))? as u32, request: Js(call.get(1)) }),
        None => decode(data),
    }
}

/// A message from a worker, ready for `postMessage`.
pub fn from_worker(message: &FromWorker<Js>) -> Result<JsValue> {
    match message {
        FromWorker::Reply { id, response, micros, heap } => {
            Ok(Array::of4(&(*id).into(), &response.0, &(*micros).into(), &(*heap).into()).into())
        }
        _ => encode(message),
    }
}

/// What a worker sent.
pub fn read_from_worker(data: JsValue) -> Result<FromWorker<Js>> {
    match data.dyn_ref::<Array>() {
        Some(reply) => Ok(FromWorker::Reply {
            id: number(&reply.get(0))? as u32,
            response: Js(reply.get(1)),
            micros: number(&reply.get(2))?,
            heap: number(&reply.get(3))?,
        }),
        None => decode(data),
    }
}

fn number(value: &JsValue) -> Result<f64> {
    value.as_f64().ok_or_else(|| Failure::new(Code::Internal, "A message between threads lacks a number."))
}

fn encode<T: Serialize>(message: &T) -> Result<JsValue> {
    serde_wasm_bindgen::to_value(message).map_err(malformed)
}

fn decode<T: DeserializeOwned>(data: JsValue) -> Result<T> {
    serde_wasm_bindgen::from_value(data).map_err(malformed)
}

fn malformed(error: serde_wasm_bindgen::Error) -> Failure {
    Failure::new(Code::Internal, "A message between threads is malformed.").with_details(error.to_string())
}
