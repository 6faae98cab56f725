//! `topics plan | apply`: brings a cluster to the catalogue, by creating and widening. Never takes anything away, never
//! changes a partition count, and knows no Kafka client: `adapters::kafka::admin` does.

mod page;
mod plan;

use std::collections::{BTreeMap, BTreeSet};

pub use page::page;
pub use plan::{Change, Setting, plan};

use crate::{
    adapters::kafka::admin::{Admin, AdminError},
    wire::topics::{Names, TopicSpec},
};

#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Nothing was changed.
    #[error("{0} topics cannot become what the catalogue says; nothing was changed")]
    Refused(usize),
    #[error(transparent)]
    Admin(#[from] AdminError),
}

/// Asks the cluster and compares.
///
/// # Errors
/// The cluster does not answer.
pub async fn compare(admin: &Admin, specs: &[TopicSpec], names: &Names) -> Result<Vec<Change>, AdminError> {
    let wanted: BTreeSet<String> = specs.iter().map(|spec| names.physical(&spec.name)).collect();
    Ok(plan(specs, names, &admin.state(&wanted).await?))
}

/// Carries a plan out, all of it or, where a change is refused, nothing, and waits until the cluster lists what it created.
/// Returns how many topics were changed.
///
/// # Errors
/// A refusal in the plan, or the cluster's; what was done until then stays, and a second run goes on from there.
pub async fn apply(admin: &Admin, changes: &[Change]) -> Result<usize, ApplyError> {
    let refused = changes.iter().filter(|change| matches!(change, Change::Refuse { .. })).count();
    if refused > 0 {
        return Err(ApplyError::Refused(refused));
    }
    let (mut changed, mut created) = (0, BTreeSet::new());
    for change in changes {
        match change {
            Change::Create(creation) => {
                admin.create(creation).await?;
                created.insert(creation.name.clone());
            }
            Change::Set { topic, settings } => {
                let values: BTreeMap<_, _> = settings.iter().map(|s| (s.key.clone(), s.to.clone())).collect();
                admin.set(topic, &values).await?;
            }
            Change::Refuse { .. } | Change::Keep { .. } => continue,
        }
        changed += 1;
    }
    admin.listed(&created).await?;
    Ok(changed)
}
