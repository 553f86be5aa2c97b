//! Why a store cannot be used. What that means for a run is a matter of its policy.

/// Why a store could not be read or written. Each message says where, why, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The address is not one of a store.
    #[error("`{address}` is not a store of baselines: {cause}; write a directory, git:BRANCH or s3://BUCKET/PREFIX")]
    Address {
        /// As it was written.
        address: String,
        /// What is wrong with it.
        cause: String,
    },
    /// It could not be reached or read.
    #[error("the baselines in {place} cannot be read: {cause}; {next}")]
    Unreadable {
        /// The store.
        place: String,
        /// What happened.
        cause: String,
        /// What to do.
        next: String,
    },
    /// Something could not be written to it. What was there before is still there.
    #[error("the baselines in {place} cannot be written: {cause}; {next}")]
    Unwritable {
        /// The store.
        place: String,
        /// What happened.
        cause: String,
        /// What to do.
        next: String,
    },
}
