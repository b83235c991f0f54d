//! The steps of a daemon, run by hand.

use std::sync::Arc;

use tokio::sync::Notify;
use wiresift::budget::Reservation;
use wiresift::pipeline::discover::DiscoverStep;
use wiresift::pipeline::file::{Filer, queue};
use wiresift::pipeline::learn::LearnStep;
use wiresift::pipeline::poll::PollStep;
use wiresift::pipeline::read::ReadStep;
use wiresift::pipeline::subscribe::SubscribeStep;
use wiresift::pipeline::{Dependencies, Pipeline};
use wiresift::store::{SuspectLimit, SuspectPermit};

pub(crate) struct Steps {
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) poll: PollStep,
    pub(crate) read: ReadStep,
    pub(crate) filer: Filer,
    pub(crate) subscribe: SubscribeStep,
    pub(crate) discover: DiscoverStep,
    pub(crate) learn: LearnStep,
}

impl Steps {
    pub(crate) fn new(dependencies: Dependencies) -> Self {
        let pipeline = Arc::new(Pipeline::new(dependencies).unwrap());
        // Tests hand what is read to the filer themselves.
        let (outbox, _) = queue();
        Self {
            poll: PollStep::new(&pipeline, Arc::new(Notify::new())),
            read: ReadStep::new(&pipeline, outbox),
            filer: Filer::new(&pipeline),
            subscribe: SubscribeStep::new(&pipeline),
            discover: DiscoverStep::new(&pipeline),
            learn: LearnStep::new(&pipeline),
            pipeline,
        }
    }
}

/// Memory that never runs short.
pub(crate) fn memory() -> Arc<Reservation> {
    Arc::new(Reservation::unbounded())
}

/// A permit of its own for each lease statement, so that suspects are leased like all others.
pub(crate) fn permit() -> Option<SuspectPermit> {
    SuspectLimit::default().try_acquire()
}
