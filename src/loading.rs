//! How a model's first replica gets its package.

use std::rc::Rc;

use spark_execute_core::protocol::{Load, ToWorker};
use spark_execute_core::scheduler::{ModelIndex, ReplicaId};
use spark_execute_worker::phases::{self, Phase};
use spark_execute_worker::wire::Js;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortController;

use crate::call::Leg;
use crate::pool::Pool;
use crate::source::{self, Package};
use crate::unpack_worker::{Job, LARGE, Outcome};

impl Pool {
    /// Reads the model's package and starts its first replica. The worker is created at once, so that it starts while
    /// the bytes arrive.
    pub(crate) fn load(&self, model: ModelIndex, replica: ReplicaId) {
        self.starts(replica, true);
        if !self.spawn(replica) {
            return;
        }
        self.progress(model, "fetch", &JsValue::UNDEFINED);
        let pool = self.weak();
        let (config, binary) = (self.models[model].config.clone(), self.models[model].binary.borrow().clone());
        spawn_local(async move {
            let Some(pool) = pool.upgrade() else { return };
            if pool.is_cached(model, replica, None).await {
                return;
            }
            let pool = Rc::downgrade(&pool);
            let package = source::package(&config, binary).await;
            let Some(pool) = pool.upgrade() else { return };
            if let Ok(package) = &package
                && package.address().is_some()
                && pool.is_cached(model, replica, package.address()).await
            {
                return;
            }
            let began = phases::clock();
            let is_fetched = || {
                phases::over(Phase::Fetch, began);
                pool.took(replica, phases::take());
            };
            let package = match package {
                Ok(package) if package.address().is_some() => {
                    let pieces = !pool.listening(model).is_empty();
                    let fetched = package.fetched(&pool.fetching(replica), pieces).await;
                    if let Ok(Package::Blob(_)) = fetched {
                        is_fetched();
                    }
                    fetched.map_err(|failure| (failure, JsValue::UNDEFINED))
                }
                other => other,
            };
            let package = match package {
                Ok(package) => package,
                Err((failure, cause)) => return pool.died(replica, failure, cause),
            };
            let load = Load {
                version_id: config.lookup_id.clone(),
                verify_checksums: config.verify_checksums,
                integrity: config.integrity.clone(),
                max_pages: pool.most_pages(model),
                keep: pool.keeps(replica),
                source: package.source(),
            };
            if let Some(size) = package.size().filter(|size| *size >= LARGE)
                && pool.unpack_apart(model, replica, &package, &load, size).await
            {
                return;
            }
            if !pool.post(replica, &ToWorker::Load(load)) {
                return;
            }
            let tell = |bytes| pool.progress(model, "fetch", &bytes);
            match package.send(&pool.host, &tell, |message| pool.post(replica, message)).await {
                Ok(()) if matches!(package, Package::Blob(_)) => {}
                Ok(()) => is_fetched(),
                Err(failure) => pool.died(replica, failure, JsValue::UNDEFINED),
            }
        });
    }

    /// The signal by which what the page fetches for a replica ends with it.
    fn fetching(&self, replica: ReplicaId) -> JsValue {
        let mut state = self.state.borrow_mut();
        let (Some(worker), Ok(controller)) = (state.replicas.get_mut(&replica), AbortController::new()) else {
            return JsValue::UNDEFINED;
        };
        let signal = controller.signal().into();
        worker.fetching = Some(Leg(controller));
        signal
    }

    /// Unpacks a large package apart from the replica's worker; `false` when that worker has to do it after all.
    async fn unpack_apart(
        &self,
        model: ModelIndex,
        replica: ReplicaId,
        package: &Package,
        load: &Load<Js>,
        size: f64,
    ) -> bool {
        let Some(job) = self.script().ok().and_then(|script| Job::start(&self.host, &script, size)) else {
            return false;
        };
        self.set_job(replica, Some(job.clone()));
        let outcome = job.run(&self.host, package, load.clone()).await;
        self.set_job(replica, None);
        if !self.is_alive(replica) {
            return true;
        }
        match outcome {
            Outcome::Unavailable => return false,
            Outcome::Refused(failure) => self.died(replica, failure, JsValue::UNDEFINED),
            Outcome::Image(image, warnings, phases) => {
                self.took(replica, phases);
                for warning in warnings {
                    self.host.warn(&warning);
                }
                self.image_ready(replica, image);
                self.start(model, replica);
            }
        }
        true
    }
}
