//! How a model's first replica gets its package.

use spark_execute_core::protocol::{Load, ToWorker};
use spark_execute_core::scheduler::{ModelIndex, ReplicaId};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use crate::pool::Pool;
use crate::source;

impl Pool {
    /// Reads the model's package and starts its first replica. The worker is created at once, so that it starts while
    /// the bytes arrive.
    pub(crate) fn load(&self, model: ModelIndex, replica: ReplicaId) {
        if !self.spawn(replica) {
            return;
        }
        let pool = self.weak();
        let (config, binary) = (self.models[model].config.clone(), self.models[model].binary.clone());
        spawn_local(async move {
            let package = source::package(&config, binary).await;
            let Some(pool) = pool.upgrade() else { return };
            let package = match package {
                Ok(package) => package,
                Err((failure, cause)) => return pool.died(replica, failure, cause),
            };
            let load = Load {
                version_id: config.lookup_id.clone(),
                verify_checksums: config.verify_checksums,
                source: package.source.clone(),
            };
            if pool.post(replica, &ToWorker::Load(load)) {
                let sent = package.send_slices(|message| pool.post(replica, message)).await;
                if let Err(failure) = sent {
                    pool.died(replica, failure, JsValue::UNDEFINED);
                }
            }
        });
    }
}
