//! What a replica may say, and when.
//!
//! A model's glue runs beside our code in its worker and can post whatever it likes. So nothing a worker says is taken on
//! trust: each message is expected at one point of a replica's life or about one of its own calls, and a replica that
//! says anything else is ended. The image of a model is expected before any glue ran, so that no glue can forge it.

use super::replica::Stage;
use super::{CallId, Phase, ReplicaId, Scheduler};
use crate::error::{Code, Failure};

/// The most services that an engine may wait for at a time, which one that suspends never does, and that it may ask in
/// one call.
const MAX_ASKED: (u32, u32) = (16, 65_536);

/// What a replica says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Its worker runs our code.
    Up,
    /// Something about the package that it reads, or its image.
    Package,
    /// Something about its own start.
    Start,
    /// Its engine takes calls.
    Ready,
    /// How this call ended.
    End(CallId),
    /// Its engine asks for another service.
    Ask,
}

impl Scheduler {
    /// Whether the replica may say this now. One that may not is to be ended, with [`disturbed`].
    pub fn expects(&self, id: ReplicaId, said: Said) -> bool {
        let Some(replica) = self.replicas.get(&id) else { return false };
        let starting = replica.stage == Stage::Starting;
        let loading = self.models[replica.model].phase == Phase::Loading;
        match said {
            Said::Up => replica.boot_deadline.is_some(),
            Said::Package => starting && loading,
            Said::Start => starting,
            Said::Ready => starting && !loading,
            Said::End(call) => replica.flights.iter().any(|flight| flight.call == call),
            Said::Ask => {
                let (open, all) = replica.asked;
                !replica.flights.is_empty() && open < MAX_ASKED.0 && all < MAX_ASKED.1
            }
        }
    }
}

/// Why a replica is ended that said what none says.
#[cold]
#[inline(never)]
pub fn disturbed() -> Failure {
    let message = "The model's worker said what no worker says, and was ended: the glue in the model's package disturbs it. \
                   Do not trust this package; export it again.";
    Failure::new(Code::WorkerCrashed, message)
}

/// Whether a worker can fail in this way. Other failures are the page's to tell.
pub fn is_of_worker(code: Code) -> bool {
    !matches!(
        code,
        Code::ConfigInvalid
            | Code::RequestInvalid
            | Code::VersionIdMissing
            | Code::ModelNotFound
            | Code::Cancelled
            | Code::Destroyed
            | Code::Timeout
            | Code::ModelAmbiguous
            | Code::CircuitOpen
            | Code::CredentialInvalid
            | Code::Unauthorized
            | Code::Forbidden
            | Code::RequestRefused
            | Code::RateLimited
            | Code::Unavailable
            | Code::ServerError
            | Code::Network
            | Code::OnlineResponseInvalid
            | Code::XCallDepth
            | Code::XCallCycle
    )
}
