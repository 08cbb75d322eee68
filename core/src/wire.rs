//! How the messages of [`protocol`](crate::protocol) cross between threads: as flat arrays.
//!
//! The first item says which message it is, by name; a call and its answer, sent far more often than all others, begin
//! with the call's id instead, and what an engine asks of another service and is answered with the id 0, which no call has.
//! One shape for all keeps what reads and writes them small.

use serde::{Deserialize, Serialize};

use crate::error::{Code, Facts, Failure, Result};
use crate::metadata::ModelMetadata;
use crate::protocol::{FromWorker, Image, Load, Source, ToWorker};

/// What an array can hold: text, numbers, nothing, and values that Rust only hands on.
pub trait Value: Clone {
    /// A text.
    fn text(text: &str) -> Self;
    /// A number.
    fn number(number: f64) -> Self;
    /// Nothing.
    fn none() -> Self;
    /// The text, if it is one.
    fn as_text(&self) -> Option<String>;
    /// The number, if it is one.
    fn as_number(&self) -> Option<f64>;
    /// Whether this is nothing.
    fn is_none(&self) -> bool;
}

/// A message as it crosses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Wire<V>(pub Vec<V>);

impl<V: Value> From<&ToWorker<V>> for Wire<V> {
    fn from(message: &ToWorker<V>) -> Self {
        match message {
            ToWorker::Load(Load { version_id, verify_checksums, integrity, max_pages, keep, source }) => {
                let wire = Wire::named("Load").text(version_id).flag(*verify_checksums);
                let wire = wire.text_or_none(integrity).number(*max_pages).flag(*keep);
                match source {
                    Source::Blob(blob) => wire.text("Blob").value(blob),
                    Source::Slices { text } => wire.text("Slices").flag(*text),
                }
            }
            ToWorker::Slice(slice) => Wire::named("Slice").value(slice),
            ToWorker::SlicesEnd => Wire::named("SlicesEnd"),
            ToWorker::Start(image) => Wire::named("Start").image(image),
            ToWorker::DispatchReply { id, reply } => Wire(vec![V::number(0.0), reply.clone()]).number(f64::from(*id)),
            ToWorker::Call { id, request } => Wire(vec![V::number(f64::from(*id)), request.clone()]),
        }
    }
}

impl<V: Value> TryFrom<Wire<V>> for ToWorker<V> {
    type Error = Failure;

    fn try_from(wire: Wire<V>) -> Result<Self> {
        let mut items = Items(wire.0.into_iter());
        let first = items.value()?;
        if let Some(id) = first.as_number() {
            let value = items.value()?;
            return Ok(match id as u32 {
                0 => ToWorker::DispatchReply { id: items.number()? as u32, reply: value },
                id => ToWorker::Call { id, request: value },
            });
        }
        Ok(match first.as_text().as_deref() {
            Some("Load") => ToWorker::Load(Load {
                version_id: items.text()?,
                verify_checksums: items.flag()?,
                integrity: items.text_or_none()?,
                max_pages: items.number()?,
                keep: items.flag()?,
                source: match items.text()?.as_str() {
                    "Blob" => Source::Blob(items.value()?),
                    "Slices" => Source::Slices { text: items.flag()? },
                    _ => return Err(malformed()),
                },
            }),
            Some("Slice") => ToWorker::Slice(items.value()?),
            Some("SlicesEnd") => ToWorker::SlicesEnd,
            Some("Start") => ToWorker::Start(items.image()?),
            _ => return Err(malformed()),
        })
    }
}

impl<V: Value> From<&FromWorker<V>> for Wire<V> {
    fn from(message: &FromWorker<V>) -> Self {
        match message {
            FromWorker::Up => Wire::named("Up"),
            FromWorker::Held => Wire::named("Held"),
            FromWorker::Unpacked(image) => Wire::named("Unpacked").image(image),
            FromWorker::Ready { is_async, heap } => Wire::named("Ready").flag(*is_async).number(*heap),
            FromWorker::Reply { id, response, micros, heap } => {
                Wire(vec![V::number(f64::from(*id)), response.clone()]).number(*micros).number(*heap)
            }
            FromWorker::CallFailed { id, failure, fatal } => {
                Wire::named("CallFailed").failure(failure).number(f64::from(*id)).flag(*fatal)
            }
            FromWorker::Dispatch { id, service, request } => {
                Wire(vec![V::number(0.0), request.clone()]).number(f64::from(*id)).number(*service)
            }
            FromWorker::Failed(failure) => Wire::named("Failed").failure(failure),
            FromWorker::Warning(text) => Wire::named("Warning").text(text),
            FromWorker::Phases(phases) => Wire::named("Phases").value(phases),
        }
    }
}

impl<V: Value> TryFrom<Wire<V>> for FromWorker<V> {
    type Error = Failure;

    fn try_from(wire: Wire<V>) -> Result<Self> {
        let mut items = Items(wire.0.into_iter());
        let first = items.value()?;
        if let Some(id) = first.as_number() {
            let (id, value, third, fourth) = (id as u32, items.value()?, items.number()?, items.number()?);
            return Ok(match id {
                0 => FromWorker::Dispatch { id: third as u32, service: fourth, request: value },
                id => FromWorker::Reply { id, response: value, micros: third, heap: fourth },
            });
        }
        Ok(match first.as_text().as_deref() {
            Some("Up") => FromWorker::Up,
            Some("Held") => FromWorker::Held,
            Some("Unpacked") => FromWorker::Unpacked(items.image()?),
            Some("Ready") => FromWorker::Ready { is_async: items.flag()?, heap: items.number()? },
            Some("CallFailed") => {
                FromWorker::CallFailed { failure: items.failure()?, id: items.number()? as u32, fatal: items.flag()? }
            }
            Some("Failed") => FromWorker::Failed(items.failure()?),
            Some("Warning") => FromWorker::Warning(items.text()?),
            Some("Phases") => FromWorker::Phases(items.value()?),
            _ => return Err(malformed()),
        })
    }
}

impl<V: Value> Wire<V> {
    fn named(name: &str) -> Self {
        Wire(Vec::new()).text(name)
    }

    #[inline(never)]
    fn put(mut self, value: V) -> Self {
        self.0.push(value);
        self
    }

    #[inline(never)]
    fn text(self, text: &str) -> Self {
        self.put(V::text(text))
    }

    fn text_or_none(self, text: &Option<String>) -> Self {
        self.put(text.as_deref().map_or_else(V::none, V::text))
    }

    #[inline(never)]
    fn number(self, number: f64) -> Self {
        self.put(V::number(number))
    }

    fn number_or_none(self, number: Option<f64>) -> Self {
        self.put(number.map_or_else(V::none, V::number))
    }

    fn flag(self, flag: bool) -> Self {
        self.number(f64::from(flag))
    }

    fn value(self, value: &V) -> Self {
        self.put(value.clone())
    }

    #[inline(never)]
    fn image(
        self,
        Image { module, glue, data, static_json, formspec_json, names, max_pages, wasm }: &Image<V>,
    ) -> Self {
        let wire = self.value(module).value(glue).number(*max_pages);
        let wire = [data, static_json, formspec_json]
            .into_iter()
            .fold(wire, |wire, part| wire.put(part.clone().unwrap_or_else(V::none)));
        let wire = names.clone().members().into_iter().fold(wire, |wire, name| wire.text_or_none(name));
        wire.put(wasm.clone().unwrap_or_else(V::none))
    }

    #[inline(never)]
    fn failure(self, failure: &Failure) -> Self {
        let Facts { code, message, path, details, more } = &**failure;
        let (allowed, requested) = more.as_ref().map_or((None, None), |more| (more.allowed, more.requested));
        let wire = self.text(code.as_str()).text(message).text_or_none(path).text_or_none(details);
        wire.number_or_none(allowed).number_or_none(requested)
    }
}

/// The items of a message that were not read yet.
struct Items<V>(std::vec::IntoIter<V>);

impl<V: Value> Items<V> {
    #[inline(never)]
    fn value(&mut self) -> Result<V> {
        self.0.next().ok_or_else(malformed)
    }

    #[inline(never)]
    fn text(&mut self) -> Result<String> {
        self.value()?.as_text().ok_or_else(malformed)
    }

    #[inline(never)]
    fn number(&mut self) -> Result<f64> {
        self.value()?.as_number().ok_or_else(malformed)
    }

    fn flag(&mut self) -> Result<bool> {
        Ok(self.number()? != 0.0)
    }

    /// `None` also where the array ends before: the script of a worker may leave it out.
    fn value_or_none(&mut self) -> Option<V> {
        self.0.next().filter(|value| !value.is_none())
    }

    #[inline(never)]
    fn text_or_none(&mut self) -> Result<Option<String>> {
        self.value_or_none().map(|value| value.as_text().ok_or_else(malformed)).transpose()
    }

    fn number_or_none(&mut self) -> Result<Option<f64>> {
        self.value_or_none().map(|value| value.as_number().ok_or_else(malformed)).transpose()
    }

    #[inline(never)]
    fn image(&mut self) -> Result<Image<V>> {
        let mut image = Image {
            module: self.value()?,
            glue: self.value()?,
            max_pages: self.number()?,
            data: self.value_or_none(),
            static_json: self.value_or_none(),
            formspec_json: self.value_or_none(),
            names: ModelMetadata::default(),
            wasm: None,
        };
        for name in image.names.members() {
            *name = self.text_or_none()?;
        }
        image.wasm = self.value_or_none();
        Ok(image)
    }

    #[inline(never)]
    fn failure(&mut self) -> Result<Failure> {
        let code = Code::of(&self.text()?).ok_or_else(malformed)?;
        let message = self.text()?;
        let mut failure = Failure::new(code, message);
        failure.path = self.text_or_none()?;
        failure.details = self.text_or_none()?;
        let (allowed, requested) = (self.number_or_none()?, self.number_or_none()?);
        if allowed.is_some() {
            failure.more().allowed = allowed;
            failure.more().requested = requested;
        }
        Ok(failure)
    }
}

#[cold]
fn malformed() -> Failure {
    Failure::new(Code::Internal, "A message between threads is malformed.")
}
