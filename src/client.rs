//! The class behind the JavaScript facade: checks what it is given and hands calls to the [`Pool`].

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Function};
use spark_execute_core::config::{self, Config};
use spark_execute_core::payload;
use spark_execute_core::request as requests;
use spark_execute_core::{Code, Failure, Result};
use spark_execute_worker::js::get;
use wasm_bindgen::prelude::*;

use crate::call::{End, Pending, Steps};
use crate::host::{Context, Host};
use crate::platform::now;
use crate::pool::{Model, Pool};
use crate::request::{self, Named, Prepared};
use crate::{platform, view};

/// One configured set of models. Constructing it starts nothing.
#[wasm_bindgen]
pub struct Client {
    pub(crate) config: Config,
    /// In the order of the ids.
    by_id: Vec<(String, usize)>,
    host: Host,
    pub(crate) pool: Rc<Pool>,
    /// Seen once: workers do not go away.
    has_workers: Cell<bool>,
}

#[wasm_bindgen]
impl Client {
    /// Checks `config`; throws a `ConfigurationError` that names the field at fault.
    #[wasm_bindgen(constructor)]
    pub fn new(config: JsValue, host: Host) -> std::result::Result<Client, JsValue> {
        let mut cause = JsValue::UNDEFINED;
        let parsed = config::parse(&view::deep(&config, &mut cause))
            .map_err(|failure| host.error(failure, Context { cause, ..Context::default() }))?;
        for warning in &parsed.warnings {
            host.warn(warning);
        }
        let value = config;
        let config = parsed.config;
        let config_of_models = get(&value, config.models_key);
        let models = config.models.iter().map(|model| {
            let entry = get(&config_of_models, &model.index.to_string());
            Model { config: model.clone(), binary: get(&entry, "binary").into() }
        });
        let pool = Pool::new(&config, &value, models.collect(), host.clone());
        let mut by_id: Vec<(String, usize)> = Vec::with_capacity(config.models.len());
        for (index, model) in config.models.iter().enumerate() {
            let at = by_id.partition_point(|(id, _)| *id < model.lookup_id);
            by_id.insert(at, (model.lookup_id.clone(), index));
        }
        Ok(Client { config, by_id, host, pool, has_workers: Cell::new(false) })
    }

    /// Starts a call, which ends with `resolve(response)` or `reject(error)`. Gives its number for [`cancel`], or 0 when
    /// it is over already. For a usual request, one that has nothing to normalise, the facade gives the model it names
    /// and its JSON text; for any other -1 and the request, which may be a copy of `input`; for one that is text or bytes
    /// itself -2. `records` is 1 for a record of a batch, else 0.
    ///
    /// [`cancel`]: Self::cancel
    #[allow(clippy::too_many_arguments, reason = "an object would have to be made, and taken apart, for every call")]
    pub fn execute(
        &self,
        input: JsValue,
        version_id: JsValue,
        timeout: JsValue,
        signal: JsValue,
        resolve: Function,
        reject: Function,
        model: i32,
        request: JsValue,
        output: JsValue,
        records: u32,
    ) -> u32 {
        let given = match usize::try_from(model) {
            Ok(model) => Given::Usual(model, request),
            Err(_) if model == RAW => Given::Raw(request),
            Err(_) if model == LOAD => Given::Load(request.dyn_into().ok()),
            Err(_) => Given::Object(request),
        };
        let mut context = Context { input, ..Context::default() };
        let loads = if let Given::Load(tell) = &given { Some(tell.clone()) } else { None };
        match self.prepare(given, &version_id, &timeout, &signal, &output, &mut context) {
            Ok(Planned { model, parks, timeout, request, names }) => {
                let now = now();
                let call = Pending {
                    model,
                    began: now,
                    deadline: now + timeout,
                    fallback: self.pool.online.is_some() && loads.is_none(),
                    failure: None,
                    request,
                    records,
                    names,
                    context,
                    parent: None,
                    chain: None,
                    end: match &loads {
                        Some(tell) => End::Load { resolve, reject, tell: tell.clone() },
                        None => End::Promise { resolve, reject },
                    },
                    leg: None,
                    steps: Cell::new(Steps { encoding: self.pool.encoding(), ..Steps::default() }),
                };
                if loads.is_some() {
                    self.pool.warm(call, now)
                } else if parks {
                    self.pool.park(call, now)
                } else {
                    self.pool.call(call, now)
                }
            }
            Err(failure) => {
                // A promise's own reject function does not throw.
                let _ = reject.call1(&JsValue::UNDEFINED, &self.host.error(failure, context));
                0
            }
        }
    }

    /// Warns of a member of a call's options, if nothing reads it.
    #[wasm_bindgen(js_name = unknownOption)]
    pub fn unknown_option(&self, name: &str) {
        if let Some(warning) = requests::unknown_option(name) {
            self.host.warn(&warning);
        }
    }

    /// Cancels a call; `false` if it is over, or is 0. `reason` becomes the error's cause.
    pub fn cancel(&self, call: u32, reason: JsValue) -> bool {
        self.pool.cancel(call, reason)
    }

    /// From now on somebody listens to events.
    pub fn listen(&self) {
        self.pool.has_listeners.set(true);
    }

    /// Ends all workers and calls; what comes later is refused.
    pub fn destroy(&self) {
        self.pool.destroy();
    }

    /// One object per model: its state, replicas, calls and memory.
    pub fn stats(&self) -> Array {
        self.pool.rows()
    }
}

/// In place of a model: the request is text, or bytes, and is not looked into.
const RAW: i32 = -2;
/// In place of a model: nothing is to be computed, the model is to be loaded. The request hears how far it is.
const LOAD: i32 = -3;

/// What the facade made of a request.
enum Given {
    /// The text for this model, with nothing to normalise.
    Usual(usize, JsValue),
    /// To be looked at.
    Object(JsValue),
    /// The caller's own text or bytes.
    Raw(JsValue),
    /// None: the model is to be loaded; with what hears of its progress.
    Load(Option<Function>),
}

/// A call that may start.
struct Planned {
    model: Option<usize>,
    /// Which model it means is known only when packages have been read.
    parks: bool,
    timeout: f64,
    request: Prepared,
    names: Named,
}

impl Client {
    /// Everything that can be wrong with a call before it starts, in the order in which a caller would want to know.
    fn prepare(
        &self,
        given: Given,
        version_id: &JsValue,
        timeout: &JsValue,
        signal: &JsValue,
        output: &JsValue,
        context: &mut Context,
    ) -> Result<Planned> {
        self.check_alive()?;
        let timeout = if timeout.is_undefined() {
            self.config.timeout_ms
        } else {
            config::call_timeout(&view::shallow(timeout), self.config.timeout_ms)?
        };
        let output = if output.is_undefined() { None } else { payload::output(&view::shallow(output))? };
        let loads = matches!(given, Given::Load(_));
        let by_names = !matches!(given, Given::Usual(..)) || self.pool.online.is_some();
        let names = if by_names { Named::of(&context.input) } else { Named::default() };
        let (mut model, mut parks, mut request) = match given {
            Given::Usual(model, text) => {
                context.version_id = Some(self.config.models[model].version_id.clone());
                (Some(model), false, Prepared::usual(text))
            }
            Given::Load(_) => {
                (Some(self.model_to_load(version_id, context)?), false, Prepared::usual(JsValue::UNDEFINED))
            }
            _ => self.prepare_with_care(given, version_id, &names, context)?,
        };
        if let Some(output) = output {
            request.output = output.into();
        }
        // A getter or `toJSON` in the request may have done anything: destroyed this instance, aborted this call.
        self.check_alive()?;
        if !signal.is_undefined() {
            check_signal(signal, context)?;
        }
        if (model.is_some() || parks) && !self.has_workers.get() {
            if platform::has_workers() {
                self.has_workers.set(true);
            } else if self.pool.online.is_some() && !loads {
                (model, parks) = (None, false);
            } else {
                let message = "This JavaScript environment has no Worker (Node, server-side rendering, jsdom). Run the \
                               model in a browser: call execute only there.";
                return Err(Failure::new(Code::UnsupportedEnvironment, message));
            }
        }
        Ok(Planned { model, parks, timeout, request, names })
    }

    /// The configured model with this id.
    pub(crate) fn find(&self, id: &str) -> Result<usize> {
        let found = self.model(id).or_else(|| self.model(&id.to_ascii_lowercase()));
        found.ok_or_else(|| requests::model_not_found(id, &self.config.version_ids()))
    }

    fn model(&self, id: &str) -> Option<usize> {
        let at = self.by_id.binary_search_by(|(other, _)| other.as_str().cmp(id)).ok()?;
        self.by_id.get(at).map(|(_, model)| *model)
    }

    /// Finds the model, checks the request and normalises it. No model is found where only the endpoint can answer, and
    /// with `true` where packages may still tell which it is.
    fn prepare_with_care(
        &self,
        given: Given,
        version_id: &JsValue,
        names: &Named,
        context: &mut Context,
    ) -> Result<(Option<usize>, bool, Prepared)> {
        let mut parks = false;
        let id = match &given {
            Given::Object(request) => request::version_id(request, version_id)?,
            _ => Some(payload::raw_version_id(&view::outline(version_id), &self.config.version_ids())?),
        };
        let found = match id {
            Some(id) => {
                let id = id.trim();
                context.version_id = Some(id.to_owned());
                self.find(id)
            }
            None => {
                let found = self.pool.resolve(&names.wanted());
                parks = found.as_ref().is_err_and(|failure| self.pool.may_learn(failure, &names.wanted()));
                context.version_id = found.as_ref().ok().map(|model| self.config.models[*model].version_id.clone());
                found
            }
        };
        let model = match found {
            Ok(model) => Some(model),
            Err(_) if parks => None,
            Err(failure) if self.pool.online.is_some() && failure.code == Code::ModelNotFound => None,
            Err(failure) => return Err(failure),
        };
        let request = match given {
            Given::Object(request) => {
                let mut cause = JsValue::UNDEFINED;
                let request = request::prepare(&self.host, &request, context.version_id.as_deref(), &mut cause);
                context.cause = cause;
                request?
            }
            Given::Load(_) => Prepared::usual(JsValue::UNDEFINED),
            Given::Usual(_, text) | Given::Raw(text) => Prepared { is_raw: true, ..Prepared::usual(text) },
        };
        Ok((model, parks, request))
    }

    fn check_alive(&self) -> Result<()> {
        if self.pool.is_destroyed() {
            let message = "This Spark instance was destroyed. Create a new one with new Spark(config).";
            return Err(Failure::new(Code::Destroyed, message));
        }
        Ok(())
    }
}

fn check_signal(signal: &JsValue, context: &mut Context) -> Result<()> {
    if !get(signal, "addEventListener").is_function() {
        let found = view::shallow(signal).describe();
        let message = format!("options.signal must be an AbortSignal; found {found}.");
        return Err(Failure::new(Code::RequestInvalid, message).at("options.signal"));
    }
    if get(signal, "aborted").is_truthy() {
        context.cause = get(signal, "reason");
        return Err(Failure::new(
            Code::Cancelled,
            "The call was cancelled: its signal was aborted before it began. A signal that was aborted stays so: give each call its own.",
        ));
    }
    Ok(())
}
