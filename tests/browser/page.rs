//! A client as the facade would make it, and workers for it.

use js_sys::{Array, Promise, Uint8Array};
use spark_execute_worker::js::{get, set};
use wasm_bindgen::prelude::*;

use super::support::*;
use crate::client::Client;

pub const CYLINDER: &[u8] = include_bytes!("../models/cylinder/cylinder.zip");
pub const CRASH: &[u8] = include_bytes!("../models/crash/crash.zip");
pub const REQUEST: &str = "({ request_data: { inputs: { radius: 3, height: 10 } } })";

/// A client and what it called its host with.
pub struct Page {
    pub client: Client,
    pub warnings: Array,
}

/// Starts a call of model "m", as the facade does for a request that is to be looked at; its number and its promise.
pub fn start(client: &Client, input: &str, timeout: &JsValue, signal: &JsValue) -> (u32, Promise) {
    let mut call = 0;
    let promise = Promise::new(&mut |resolve, reject| {
        let (timeout, signal) = (timeout.clone(), signal.clone());
        call = client.execute(
            js(input),
            "m".into(),
            timeout,
            signal,
            resolve,
            reject,
            -1,
            js(input),
            JsValue::UNDEFINED,
            0,
        );
    });
    (call, promise)
}

impl Page {
    /// One model, under the id `m`; `more` goes into the configuration.
    pub fn new(worker: &JsValue, binary: &JsValue, more: &str) -> Page {
        let config = js(&format!("({{ nodegenModels: [{{ versionId: 'm' }}], {more} }})"));
        set(&get(&config, "nodegenModels").unchecked_into::<Array>().get(0), "binary", binary);
        Self::configured(worker, config).unwrap()
    }

    pub fn configured(worker: &JsValue, config: JsValue) -> Result<Page, JsValue> {
        let host = host(worker);
        let warnings = get(&host, "warnings").unchecked_into();
        Ok(Page { client: Client::new(config, host)?, warnings })
    }

    pub fn start(&self, input: &str, timeout: &JsValue, signal: &JsValue) -> (u32, Promise) {
        start(&self.client, input, timeout, signal)
    }

    pub fn call(&self, input: &str) -> Promise {
        self.start(input, &JsValue::UNDEFINED, &JsValue::UNDEFINED).1
    }

    pub async fn outputs(&self, input: &str) -> JsValue {
        let response = wait(&self.call(input)).await.unwrap_or_else(|error| panic!("{}", text(&error, "message")));
        get(&get(&response, "response_data"), "outputs")
    }

    pub async fn error(&self, input: &str) -> JsValue {
        wait(&self.call(input)).await.unwrap_err()
    }

    pub fn stat(&self, key: &str) -> JsValue {
        get(&self.client.stats().get(0), key)
    }
}

pub fn text(object: &JsValue, key: &str) -> String {
    get(object, key).as_string().unwrap_or_default()
}

pub fn bytes(zip: &[u8]) -> JsValue {
    Uint8Array::from(zip).into()
}

/// A worker that speaks the protocol, is ready at once, and does this with a call's `id` and `text`.
pub fn worker_that(does: &str) -> JsValue {
    let script = format!(
        "const reply = (id, text) => postMessage([id, text, 1, 65536]);
        const compute = (id, text) => {{ {does} }};
        onmessage = ({{ data }}) => {{
            if (data.module) return postMessage(['Up']);
            if (data[0] === 'Load') postMessage(['Unpacked', 'module', 'glue', 65536]);
            if (data[0] === 'Load' || data[0] === 'Start') return postMessage(['Ready', 0, 65536]);
            for (let i = 0; typeof data[i] === 'number'; i += 2) compute(data[i], data[i + 1]);
        }};"
    );
    script.into()
}

pub fn blob() -> JsValue {
    js("new Blob(['zip'])")
}
