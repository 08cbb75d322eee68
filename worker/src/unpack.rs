//! Makes an image out of a package: opens the archive, checks it, compiles the engine.

use js_sys::{Array, ArrayBuffer, Function, Promise, Uint8Array, WebAssembly};
use spark_execute_core::metadata::ModelMetadata;
use spark_execute_core::package::{self, Deflated, Limits, Opened, Role, Want};
use spark_execute_core::protocol::{Image, Load};
use spark_execute_core::{Code, Failure, Result, text};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag};

use crate::POLICY;
use crate::bytes::{JsReader, JsSink};
use crate::engine::Parts;
use crate::js::{Step, describe, get, strict_decoder};
use crate::limit::{self, Lowered};
use crate::names::names_in;
use crate::phases::{self, Phase};
use crate::scope::Environment;
use crate::slices::Slices;
use crate::wire::Js;
use crate::{integrity, source};

/// Largest part, in bytes, that the platform inflates. It is faster as long as our own code is not yet optimised, and
/// slower afterwards.
const MOST_INFLATED: u64 = 4 * 1024 * 1024;

/// An unpacked package.
pub struct Unpacked {
    /// For this worker's own engine.
    pub parts: Parts,
    /// For further replicas.
    pub image: Image<Js>,
    /// What the developer should know about the package.
    pub warnings: Vec<String>,
    /// What was compiled.
    wasm: Option<Uint8Array>,
}

impl Unpacked {
    /// Puts the engine's bytes into the image, if the page wants to keep it.
    pub fn keep(&mut self, keep: bool) -> Result<()> {
        if let Some(wasm) = self.wasm.take().filter(|_| keep) {
            self.image.wasm = Some(Js(blob(&wasm, "")?.into()));
        }
        Ok(())
    }
}

/// Unpacks, checks and compiles `bytes`; with the platform's inflater where there is an `environment`.
pub fn unpack<'a>(
    bytes: Uint8Array,
    version_id: &'a str,
    verify_checksums: bool,
    max_pages: f64,
    environment: Option<&'a Environment>,
) -> Step<'a, Result<Unpacked>> {
    Box::pin(read(bytes, version_id, verify_checksums, max_pages, environment))
}

async fn read(
    bytes: Uint8Array,
    version_id: &str,
    verify_checksums: bool,
    max_pages: f64,
    environment: Option<&Environment>,
) -> Result<Unpacked> {
    let began = phases::clock();
    let want = Want { version_id: Some(version_id), verify_checksums, limits: Limits::default() };
    let opened = package::open(JsReader::new(bytes.clone()), &want)?;
    let inflating = environment.map(|environment| start_inflating(&opened, &bytes, environment)).unwrap_or_default();
    let mut unpacking = Unpacking { opened, inflating, max_pages: max_pages as u32, compiling: None, wasm: None };
    // The engine first: it compiles in other threads while the rest is inflated and checked.
    unpacking.part(Role::Engine).await?;
    let glue = unpacking.part(Role::Glue).await?;
    let glue = blob(&glue.unwrap_or_else(|| Uint8Array::new_with_length(0)), "text/javascript")?;
    let data = unpacking.part(Role::Data).await?;
    let static_json = unpacking.text(Role::Static).await?;
    let formspec_json = unpacking.text(Role::FormSpec).await?;
    let (names, odd) = match unpacking.text(Role::ModelMetaData).await {
        Ok(None) => Default::default(),
        Ok(Some(text)) => {
            let (names, odd) = names_in(&text.0);
            (names, odd.map(package::unreadable))
        }
        Err(failure) => (ModelMetadata::default(), Some(package::unreadable(&failure.message))),
    };
    let Unpacking { opened, compiling, wasm, .. } = unpacking;
    let mut warnings = opened.warnings().to_vec();
    warnings.extend(odd);
    let compiling =
        compiling.ok_or_else(|| Failure::new(Code::Internal, "The package was opened without an engine."))?;
    phases::over(Phase::Unpack, began);
    let (compiling, max_pages) = compiling?;
    let module = compiling.await.map_err(|error| {
        let said = describe(&error);
        // Of the policy of a worker that came from an address: the page's has let our own compile.
        if ["Content Security Policy", "CSP"].iter().any(|words| text::contains(&said, words)) {
            let message =
                format!("The worker, as it comes by workerUrl or createWorker, may not compile WebAssembly. {POLICY}");
            return Failure::new(Code::WasmBlocked, message).with_details(said);
        }
        let name = opened.part(Role::Engine).map(|part| part.name.clone()).unwrap_or_default();
        let message =
            format!("The model's WebAssembly {} does not compile. Export the package again.", text::quoted(&name));
        Failure::new(Code::WasmInvalid, message).at(name).with_details(said)
    })?;
    let data_blob = data.as_ref().map(|data| blob(data, "application/octet-stream")).transpose()?;
    Ok(Unpacked {
        image: Image {
            module: Js(module.clone()),
            glue: Js(glue.clone().into()),
            data: data_blob.map(|blob| Js(blob.into())),
            static_json,
            formspec_json,
            names,
            max_pages: f64::from(max_pages),
            wasm: None,
        },
        parts: Parts {
            module: module.unchecked_into(),
            glue,
            data: data.map(|data| data.buffer().unchecked_into()),
            max_pages: f64::from(max_pages),
        },
        warnings,
        wasm,
    })
}

/// Gets the bytes of a package, base64 text when `text` says so, and unpacks them; gives the image and warnings.
pub async fn load_image(load: Load<Js>, text: bool) -> Result<(Image<Js>, Vec<String>)> {
    let began = phases::clock();
    let mut bytes = source::bytes(load.source).await?;
    phases::over(Phase::Fetch, began);
    if text {
        let mut slices = Slices::new(true);
        slices.push(&strict_decoder().decode(&bytes).unwrap_or_else(|_| JsValue::from_str("")));
        bytes = slices.finish()?;
    }
    integrity::check(&bytes, &load.integrity).await?;
    let mut unpacked = unpack(bytes, &load.version_id, load.verify_checksums, load.max_pages, None).await?;
    unpacked.keep(load.keep)?;
    Ok((unpacked.image, unpacked.warnings))
}

/// The parts of an image that another worker made.
pub async fn parts(image: Image<Js>) -> Result<Parts> {
    let data = match image.data {
        None => None,
        Some(Js(blob)) => {
            let reading = blob.unchecked_ref::<Blob>().array_buffer();
            let buffer = JsFuture::from(reading).await.map_err(|error| {
                Failure::new(Code::BinaryInvalid, "The model's data cannot be read back. Is storage full?")
                    .with_details(describe(&error))
            })?;
            Some(buffer.unchecked_into::<ArrayBuffer>())
        }
    };
    Ok(Parts {
        module: image.module.0.unchecked_into(),
        glue: image.glue.0.unchecked_into(),
        data,
        max_pages: image.max_pages,
    })
}

/// What is being unpacked.
struct Unpacking {
    opened: Opened<JsReader>,
    /// What the platform inflates meanwhile.
    inflating: Vec<(Role, JsFuture)>,
    /// The most pages of memory that the engine may have.
    max_pages: u32,
    /// The engine, and what of that it is held to. What is wrong is told once all parts were checked.
    compiling: Option<Result<(JsFuture, u32)>>,
    /// What was compiled.
    wasm: Option<Uint8Array>,
}

/// Has the platform inflate what is not too large for it.
fn start_inflating(opened: &Opened<JsReader>, bytes: &Uint8Array, environment: &Environment) -> Vec<(Role, JsFuture)> {
    let start = |role| {
        let Deflated { start, length, size, crc } = opened.deflated(role).filter(|part| part.size <= MOST_INFLATED)?;
        let deflated = bytes.subarray(start as u32, (start + length) as u32);
        Some((role, JsFuture::from(environment.inflate(&deflated, size as u32, crc))))
    };
    [Role::Engine, Role::Glue, Role::Data, Role::Static, Role::FormSpec, Role::ModelMetaData]
        .into_iter()
        .filter_map(start)
        .collect()
}

impl Unpacking {
    /// A part's bytes, checked; an engine begins to compile. `None` when the package does not have it.
    fn part(&mut self, role: Role) -> Step<'_, Result<Option<Uint8Array>>> {
        Box::pin(async move {
            if self.opened.part(role).is_none() {
                return Ok(None);
            }
            if let Some(at) = self.inflating.iter().position(|(inflating, _)| *inflating == role) {
                let inflated = self.inflating.remove(at).1.await;
                if let Some(bytes) = inflated.ok().and_then(|bytes| bytes.dyn_into::<Uint8Array>().ok()) {
                    // Before its MD5 is checked: compiling runs nothing.
                    self.compile(role, &bytes);
                    self.opened.verify(role, JsReader::new(bytes.clone()))?;
                    return Ok(Some(bytes));
                }
            }
            let mut sink = JsSink::default();
            self.opened.extract(role, &mut sink)?;
            let bytes = sink.into_bytes();
            self.compile(role, &bytes);
            Ok(Some(bytes))
        })
    }

    fn compile(&mut self, role: Role, bytes: &Uint8Array) {
        if role == Role::Engine {
            let began = phases::clock();
            let lowered = limit::lower(bytes, self.max_pages);
            self.compiling = Some(lowered.map(|Lowered { bytes, max_pages }| {
                let compiling = compiled(&bytes, began);
                self.wasm = Some(bytes);
                (compiling, max_pages)
            }));
        }
    }

    async fn text(&mut self, role: Role) -> Result<Option<Js>> {
        let Some(bytes) = self.part(role).await? else { return Ok(None) };
        let text = strict_decoder().decode(&bytes).map_err(|error| {
            let name = self.opened.part(role).map(|part| part.name.clone()).unwrap_or_default();
            Failure::new(
                Code::ZipInvalid,
                format!("The entry {} is not UTF-8 text. Export the package again.", text::quoted(&name)),
            )
            .at(name)
            .with_details(describe(&error))
        })?;
        Ok(Some(Js(text)))
    }
}

fn compiled(bytes: &Uint8Array, began: f64) -> JsFuture {
    let compiling: Promise = WebAssembly::compile(bytes).unchecked_into();
    // Nobody may wait for it when it ends.
    let ended = Closure::once_into_js(move |module: JsValue| {
        phases::over(Phase::Compile, began);
        module
    });
    let then = get(&compiling, "then").unchecked_into::<Function>().call1(&compiling, &ended);
    JsFuture::from(then.map_or(compiling, JsCast::unchecked_into))
}

fn blob(bytes: &Uint8Array, kind: &str) -> Result<Blob> {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    Blob::new_with_u8_array_sequence_and_options(&Array::of1(bytes), &options).map_err(|error| {
        Failure::new(Code::PackageTooLarge, "The browser has no room for the unpacked model.")
            .with_details(describe(&error))
    })
}
