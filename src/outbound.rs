//! Calls that leave the page for the endpoint.

use spark_execute_core::online::{self, Target};
use spark_execute_core::scheduler::CallId;
use spark_execute_core::{Code, Failure};
use spark_execute_worker::js::get;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortController;

use crate::call::Leg;
use crate::host::Context;
use crate::online::Body;
use crate::platform::now;
use crate::pool::{Pool, State};
use crate::request::Prepared;

impl Pool {
    /// Asks the endpoint for the answer to `call`. `failure` says why it was not computed here, if that was tried.
    pub(crate) fn go_online(&self, call: CallId, failure: Option<Failure>) {
        let (Some(online), Ok(controller)) = (self.online.clone(), AbortController::new()) else {
            let message = "There is no endpoint to ask.";
            return self.failed_online(call, Failure::new(Code::Internal, message), JsValue::UNDEFINED);
        };
        let signal = controller.signal();
        let mut state = self.state.borrow_mut();
        let State { calls, names, cause, .. } = &mut *state;
        let Some(pending) = calls.get_mut(&call) else { return };
        let now = now();
        let deadline = now + pending.left_ms(now);
        pending.leg = Some(Leg(controller));
        let known = pending.model.and_then(|model| names.known.get(model));
        let id = pending.context.version_id.as_deref();
        let route = online::route(
            &online.endpoint,
            &Target {
                version_id: id,
                is_configured: known.is_some(),
                own_version_id: known.and_then(|known| known.version_id.as_deref()),
                service_uri: pending.names.uri.as_deref(),
                service_id: pending.names.id.as_deref(),
                folder: pending.names.folder.as_deref().or_else(|| known?.folder.as_deref()),
                service: pending.names.service.as_deref().or_else(|| known?.service.as_deref()),
                is_raw: pending.request.is_raw,
            },
        );
        let Prepared { text, is_raw, output, .. } = &pending.request;
        let mut body = Body { text: text.clone(), output: output.clone() };
        if !is_raw && !pending.is_chunk() && (route.version.is_some() || route.version_id != id) {
            body.text = self.host.for_endpoint(text, route.version.as_deref(), route.version_id);
        }
        let mut url = route.url;
        if pending.is_chunk() {
            body.text = get(text, "0");
            url = online::chunk_address(&online.endpoint, id.unwrap_or_default()).unwrap_or(url);
        }
        if let Some(failure) = failure.or_else(|| pending.failure.take()) {
            let error = self.host.error(failure, Context { cause: cause.clone(), ..pending.context.clone() });
            self.emit("fallback", pending, &[("error", error.clone())]);
            pending.context.cause = error;
        }
        drop(state);
        let (pool, host) = (self.weak(), self.host.clone());
        spawn_local(async move {
            let answer = online.answer(&host, &url, &body, deadline, &signal).await;
            let Some(pool) = pool.upgrade() else { return };
            match answer {
                Ok(answer) => pool.answered_online(call, &answer),
                Err((failure, cause)) => pool.failed_online(call, failure, cause),
            }
        });
    }
}
