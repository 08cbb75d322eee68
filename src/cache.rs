//! Models that are kept for later visits of the page: unpacked, in the browser's cache (see `cache.js`).

use spark_execute_core::cache::{Place, place};
use spark_execute_core::config::UrlRequest;
use spark_execute_core::protocol::FromWorker;
use spark_execute_core::scheduler::{ModelIndex, ReplicaId};
use spark_execute_worker::js::{Step, get};
use spark_execute_worker::wire;
use wasm_bindgen_futures::JsFuture;

use crate::pool::Pool;

impl Pool {
    /// Starts the replica from what is kept of its model, as far as that can be found by `address` or, without one, by its
    /// `integrity`. `false`: its package is to be read, and the model kept once it is ready.
    pub(crate) fn is_cached<'a>(
        &'a self,
        model: ModelIndex,
        replica: ReplicaId,
        address: Option<&UrlRequest>,
    ) -> Step<'a, bool> {
        let place = place(&self.models[model].config, self.most_pages(model), address);
        Box::pin(async move {
            match place {
                Some(place) => self.start_cached(model, replica, place).await,
                None => false,
            }
        })
    }

    async fn start_cached(&self, model: ModelIndex, replica: ReplicaId, place: Place) -> bool {
        let config = &self.models[model].config;
        // It is never rejected.
        let found = JsFuture::from(self.host.cached(&place.key, &config.version_id)).await.unwrap_or_default();
        if !self.is_alive(replica) {
            return true;
        }
        if let Ok(FromWorker::Unpacked(image)) = wire::read_from_worker(get(&found, "message")) {
            self.took(replica, get(&found, "phases"));
            self.image_ready(replica, image);
            self.start(model, replica);
            return true;
        }
        if found.is_undefined()
            && let Some(start) = self.state.borrow_mut().starts.get_mut(&replica)
        {
            start.keep = Some(place);
        }
        false
    }

    /// Keeps the model of a replica that has just become ready, if it is to be: not sooner, since it may not start at all.
    pub(crate) fn keep(&self, replica: ReplicaId) {
        let mut state = self.state.borrow_mut();
        let Some(model) = state.scheduler.model_of(replica) else { return };
        let Some(place) = state.starts.get_mut(&replica).and_then(|start| start.keep.take()) else { return };
        let Some(image) = state.images[model].take() else { return };
        let unpacked = FromWorker::Unpacked(image);
        let message = wire::from_worker(&unpacked);
        if let FromWorker::Unpacked(mut image) = unpacked {
            image.wasm = None;
            state.images[model] = Some(image);
        }
        drop(state);
        if let Ok(message) = message {
            self.host.keep(&place.key, &self.models[model].config.version_id, &place.source, &message);
        }
    }

    /// Whether its model is to be kept.
    pub(crate) fn keeps(&self, replica: ReplicaId) -> bool {
        self.state.borrow().starts.get(&replica).is_some_and(|start| start.keep.is_some())
    }

    /// The most pages of memory that an engine of the model may have here.
    pub(crate) fn most_pages(&self, model: ModelIndex) -> f64 {
        f64::from(self.models[model].config.max_pages).min(self.host.most_pages())
    }
}
