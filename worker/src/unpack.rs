//! Makes an image out of a package: opens the archive, checks it, compiles the engine.

use js_sys::{Array, ArrayBuffer, Uint8Array, WebAssembly};
use spark_execute_core::package::{self, Limits, Opened, Role, Want};
use spark_execute_core::protocol::{Image, Load};
use spark_execute_core::{Code, Failure, Result};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag};

use crate::bytes::{JsReader, JsSink};
use crate::engine::Parts;
use crate::fetch;
use crate::js::{Step, describe, strict_decoder};
use crate::slices::Slices;
use crate::wire::Js;

/// An unpacked package.
pub struct Unpacked {
    /// For this worker's own engine.
    pub parts: Parts,
    /// For further replicas.
    pub image: Image<Js>,
    /// What the developer should know about the package.
    pub warnings: Vec<String>,
}

/// Unpacks, checks and compiles `bytes`.
pub fn unpack(bytes: Uint8Array, version_id: &str, verify_checksums: bool) -> Step<'_, Result<Unpacked>> {
    Box::pin(read(bytes, version_id, verify_checksums))
}

async fn read(bytes: Uint8Array, version_id: &str, verify_checksums: bool) -> Result<Unpacked> {
    let want = Want { version_id: Some(version_id), verify_checksums, limits: Limits::default() };
    let mut opened = package::open(JsReader::new(bytes), &want)?;
    let wasm = extract(&mut opened, Role::Engine)?;
    let compiling = WebAssembly::compile(&wasm);
    let glue = blob(&extract(&mut opened, Role::Glue)?, "text/javascript")?;
    let data = optional(&mut opened, Role::Data)?;
    let static_json = text(&mut opened, Role::Static)?;
    let formspec_json = text(&mut opened, Role::FormSpec)?;
    let warnings = opened.warnings().to_vec();
    let module = JsFuture::from(compiling).await.map_err(|error| {
        let name = opened.part(Role::Engine).map(|part| part.name.clone()).unwrap_or_default();
        let message = format!("The model's WebAssembly {name:?} does not compile. Export the package again.");
        Failure::new(Code::WasmInvalid, message).at(name).with_details(describe(&error))
    })?;
    let data_blob = data.as_ref().map(|data| blob(data, "application/octet-stream")).transpose()?;
    Ok(Unpacked {
        image: Image {
            module: Js(module.clone()),
            glue: Js(glue.clone().into()),
            data: data_blob.map(|blob| Js(blob.into())),
            static_json,
            formspec_json,
        },
        parts: Parts { module: module.unchecked_into(), glue, data: data.map(|data| data.buffer().unchecked_into()) },
        warnings,
    })
}

/// Gets the bytes of a package, base64 text when `text` says so, and unpacks them; gives the image and warnings.
pub async fn load_image(load: Load<Js>, text: bool) -> Result<(Image<Js>, Vec<String>)> {
    let mut bytes = fetch::bytes(load.source).await?;
    if text {
        let mut slices = Slices::new(true, 0.0);
        slices.push(&strict_decoder().decode(&bytes).unwrap_or_else(|_| JsValue::from_str("")));
        bytes = slices.finish()?;
    }
    let unpacked = unpack(bytes, &load.version_id, load.verify_checksums).await?;
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
    Ok(Parts { module: image.module.0.unchecked_into(), glue: image.glue.0.unchecked_into(), data })
}

fn extract(opened: &mut Opened<JsReader>, role: Role) -> Result<Uint8Array> {
    let mut sink = JsSink::default();
    opened.extract(role, &mut sink)?;
    Ok(sink.into_bytes())
}

fn optional(opened: &mut Opened<JsReader>, role: Role) -> Result<Option<Uint8Array>> {
    if opened.part(role).is_none() { Ok(None) } else { extract(opened, role).map(Some) }
}

fn text(opened: &mut Opened<JsReader>, role: Role) -> Result<Option<Js>> {
    let Some(bytes) = optional(opened, role)? else { return Ok(None) };
    let text = strict_decoder().decode(&bytes).map_err(|error| {
        let name = opened.part(role).map(|part| part.name.clone()).unwrap_or_default();
        Failure::new(Code::ZipInvalid, format!("The entry {name:?} is not UTF-8 text. Export the package again."))
            .at(name)
            .with_details(describe(&error))
    })?;
    Ok(Some(Js(text)))
}

fn blob(bytes: &Uint8Array, kind: &str) -> Result<Blob> {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    Blob::new_with_u8_array_sequence_and_options(&Array::of1(bytes), &options).map_err(|error| {
        Failure::new(Code::PackageTooLarge, "The browser has no room for the unpacked model.")
            .with_details(describe(&error))
    })
}
