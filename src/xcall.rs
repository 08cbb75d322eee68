//! Calls from one model to another service: finds who answers, and gives the engine a text whatever happens.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Function, Promise};
use spark_execute_core::config::XCallOnline;
use spark_execute_core::online;
use spark_execute_core::protocol::ToWorker;
use spark_execute_core::scheduler::{CallId, ReplicaId};
use spark_execute_core::text::concat;
use spark_execute_core::xcall::Chain;
use spark_execute_core::{Code, Failure, Result};
use spark_execute_worker::js::describe;
use spark_execute_worker::wire::Js;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::call::{Asked, End, Pending};
use crate::host::Context;
use crate::platform::now;
use crate::pool::Pool;
use crate::request::{self, Named, Prepared};
use crate::view::shallow;

/// `request.service` of an engine: a service of Spark, or one of the caller's own.
const EXTERNAL: f64 = 1.0;
/// Goes on from why a service was not found.
pub(crate) const NOT_ONLINE: &str = " It may not be asked online either: xcall.online says so.";

impl Pool {
    /// The engine of a replica asks for another service.
    pub(crate) fn dispatched(&self, replica: ReplicaId, id: u32, service: f64, text: &JsValue) {
        let asked = Rc::new(Asked { replica, id, what: self.host.read_xcall(text), began: now() });
        let parent = self.state.borrow().scheduler.computing(replica);
        self.tell(|scheduler| scheduler.waits(replica, true, now()));
        if service == EXTERNAL {
            return self.ask_external(asked, parent);
        }
        match self.child(&asked, parent) {
            Ok((child, true)) => {
                self.park(child, now());
            }
            Ok((child, false)) => {
                self.call(child, now());
            }
            Err(failure) => self.answer_failure(&asked, failure, Context::default()),
        }
    }

    /// The call that answers an engine which computes `parent`, and whether it must wait until packages have been read.
    fn child(&self, asked: &Rc<Asked>, parent: Option<CallId>) -> Result<(Pending, bool)> {
        let what = &asked.what;
        if let Some(wrong) = what.wrong() {
            let message = format!("What the model asks of another service is {wrong}. Export the model again.");
            return Err(Failure::new(Code::RequestInvalid, message));
        }
        let (uri, folder, service) = (what.uri(), what.folder(), what.service());
        let name = match (&uri, &folder, &service) {
            (None, Some(folder), Some(service)) => concat(&[folder, "/", service]),
            _ => online::short_name(&what.name()),
        };
        let (chain, deadline, ctx) = self.inherited(parent).ok_or_else(parent_is_over)?;
        let chain = chain.push(&name, self.xcall.policy.max_depth)?;

        let input = what.input();
        let names = Named {
            version_id: if what.has_id() { request::version_id(&input, &JsValue::UNDEFINED)? } else { None },
            uri,
            id: None,
            folder,
            service,
            version: what.version(),
            date: what.date(),
        };
        let may_leave = self.may_leave(asked, &chain);
        let mut parks = false;
        let model = match self.resolve(&names.wanted()) {
            Ok(model) => Some(model),
            Err(failure) if self.may_learn(&failure, &names.wanted()) => {
                parks = true;
                None
            }
            Err(failure) if failure.code == Code::ModelNotFound && may_leave => None,
            Err(mut failure) => {
                if self.online.is_some() && !may_leave {
                    failure.message.push_str(NOT_ONLINE);
                }
                return Err(failure);
            }
        };
        let id = model.map(|model| self.models[model].config.version_id.clone()).or(names.version_id.clone());
        let usual = self.host.child_text(what, id.as_deref());
        let request = if usual.is_undefined() {
            request::prepare(&self.host, &input, id.as_deref(), &mut JsValue::undefined())?
        } else {
            Prepared::usual(usual)
        };
        let request = Prepared { ctx, ..request };
        let child = Pending {
            model,
            began: now(),
            deadline,
            fallback: may_leave,
            failure: None,
            request,
            records: 0,
            names,
            context: Context { version_id: id, ..Context::default() },
            chain: Some(chain),
            parent,
            end: End::Engine(asked.clone()),
            leg: None,
            steps: Cell::default(),
        };
        Ok((child, parks))
    }

    /// What an open call hands on: the services that led to it, when it must be over, and its `_ctx`.
    fn inherited(&self, call: Option<CallId>) -> Option<(Chain, f64, JsValue)> {
        let state = self.state.borrow();
        let pending = state.calls.get(&call?)?;
        let root = || {
            let known = state.names.known.get(pending.model?)?;
            Some(format!("{}/{}", known.folder.as_ref()?, known.service.as_ref()?))
        };
        let chain = pending
            .chain
            .clone()
            .unwrap_or_else(|| Chain::new(&root().or_else(|| pending.context.version_id.clone()).unwrap_or_default()));
        Some((chain, pending.deadline, pending.request.ctx.clone()))
    }

    /// Whether the call may be answered by the endpoint: it spends the caller's credentials.
    fn may_leave(&self, asked: &Asked, chain: &Chain) -> bool {
        self.online.is_some()
            && match self.xcall.policy.online {
                XCallOnline::Always => true,
                XCallOnline::Never => false,
                XCallOnline::Ask => {
                    let chain: Array = chain.names().iter().map(|name| JsValue::from_str(name)).collect();
                    let decides: &Function = self.xcall.may_leave.unchecked_ref();
                    let decided = decides.call2(&JsValue::UNDEFINED, &asked.what.request(), &chain);
                    decided.as_ref().ok().and_then(JsValue::as_bool).unwrap_or_else(|| {
                        let said = decided.map_or_else(|thrown| describe(&thrown), |given| shallow(&given).describe());
                        self.host.warn(&format!("xcall.online must return true or false, which it did not: {said}."));
                        false
                    })
                }
            }
    }

    /// Gives the call to the caller's own function, with the `_ctx` of the call behind it.
    fn ask_external(&self, asked: Rc<Asked>, parent: Option<CallId>) {
        if !self.xcall.external.is_function() {
            let message =
                "The model calls an external service. Give `externalApi`, a function that answers such calls.";
            return self.answer_failure(&asked, Failure::new(Code::ModelNotFound, message), Context::default());
        }
        let function: Function = self.xcall.external.clone().unchecked_into();
        let Some((.., ctx)) = self.inherited(parent) else {
            return self.answer_failure(&asked, parent_is_over(), Context::default());
        };
        let returned = function.call2(&JsValue::UNDEFINED, &asked.what.request(), &ctx);
        let pool = self.weak();
        spawn_local(async move {
            let answer = match returned {
                Ok(returned) => JsFuture::from(Promise::resolve(&returned)).await,
                Err(thrown) => Err(thrown),
            };
            let Some(pool) = pool.upgrade() else { return };
            let text = answer.and_then(|answer| pool.host.external_reply(&answer));
            match text {
                Ok(text) => pool.answer(&asked, text),
                Err(thrown) => {
                    let said = describe(&thrown);
                    let failure = Failure::new(Code::RequestInvalid, format!("`externalApi` failed: {said}"));
                    pool.answer_failure(&asked, failure, Context { cause: thrown, ..Context::default() });
                }
            }
        });
    }

    /// Gives an engine the response that it waits for, as text.
    pub(crate) fn answer_engine(&self, asked: &Asked, status: f64, response: &JsValue) {
        self.answer(asked, self.host.xcall_reply(&asked.what, status, elapsed(asked), response));
    }

    /// Tells an engine that there is no response.
    pub(crate) fn answer_failure(&self, asked: &Asked, failure: Failure, context: Context) {
        let error = self.host.error(failure, context);
        self.answer(asked, self.host.xcall_failure(&asked.what, &error, elapsed(asked)));
    }

    fn answer(&self, asked: &Asked, reply: JsValue) {
        self.tell(|scheduler| scheduler.waits(asked.replica, false, now()));
        self.post(asked.replica, &ToWorker::DispatchReply { id: asked.id, reply: Js(reply) });
    }
}

fn parent_is_over() -> Failure {
    Failure::new(Code::Cancelled, "The call that needed another service is over.")
}

fn elapsed(asked: &Asked) -> f64 {
    (now() - asked.began).round()
}
