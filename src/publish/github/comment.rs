//! The gate's comment on a pull request: one, updated in place.
//!
//! Several jobs may post at once, and GitHub may answer an error for what it did. So nothing is created before all
//! comments were searched, again before each further attempt, and once more afterwards: of several the oldest stays.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    api::{Api, Call},
    error::{Cause, Permission, PostError},
    fault::Fault,
    marker::Marker,
    own::{Author, Comment},
    pull_request::PullRequest,
    tries::Tries,
};

/// What became of the comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The comment's page.
    pub url: String,
    /// What was done.
    pub done: Done,
}

/// What was done for the comment to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// There was none.
    Created,
    /// It holds this result in the place of an earlier one.
    Updated,
    /// It tells of a newer commit of the pull request than this result, and was left as it is.
    Left,
}

/// The gate's comment as it is to be.
struct Draft<'a> {
    api: &'a Api,
    number: u64,
    marker: Marker,
    body: Value,
    /// The pull request's newest commit, or the one that a merge queue made of it.
    newest: String,
    author: Author,
}

/// What is left to do after the comments were searched.
enum Step {
    Done(Posted),
    Create,
}

impl Api {
    /// Makes the pull request's one comment of this gate say this; `body` is Markdown without the hidden line.
    ///
    /// # Errors
    /// The event has no pull request, or GitHub did not do it in time.
    pub async fn comment(&self, gate: &str, body: &str) -> Result<Posted, PostError> {
        let Some(number) = self.context.pull_request else {
            let reason = "the event that started this workflow belongs to no pull request".to_owned();
            return Err(PostError::new("no comment was posted", Cause::Place(reason)));
        };
        let posted = async { self.draft(number, gate, body).await?.post().await };
        posted.await.map_err(|fault| {
            let what = format!("the comment on pull request #{number} was not posted");
            PostError::new(what, Cause::Fault(fault, Permission::PullRequests))
        })
    }

    /// Makes the gate's comment say this where there is one already; it creates none. `None`: there is none, or the
    /// event has no pull request.
    ///
    /// # Errors
    /// GitHub did not do it in time.
    pub async fn amend_comment(&self, gate: &str, body: &str) -> Result<Option<Posted>, PostError> {
        let Some(number) = self.context.pull_request else { return Ok(None) };
        let amended = async {
            let draft = self.draft(number, gate, body).await?;
            match draft.update(&draft.own().await?).await? {
                Step::Done(posted) => Ok(Some(posted)),
                Step::Create => Ok(None),
            }
        };
        amended.await.map_err(|fault| {
            let what = format!("the comment on pull request #{number} was not updated");
            PostError::new(what, Cause::Fault(fault, Permission::PullRequests))
        })
    }

    async fn draft(&self, number: u64, gate: &str, body: &str) -> Result<Draft<'_>, Fault> {
        let pull_request: PullRequest = self.ask(Call::Get, &self.path(&format!("/pulls/{number}"))).await?;
        let marker = Marker::of(gate, &self.context.head);
        let body = json!({ "body": marker.body(body) });
        let author = Author::of(self).await?;
        let newest = if self.context.merge_queue { self.context.head.clone() } else { pull_request.head.sha };
        Ok(Draft { api: self, number, marker, body, newest, author })
    }
}

impl Draft<'_> {
    async fn post(&self) -> Result<Posted, Fault> {
        let mut tries = Tries::before(self.api.deadline);
        loop {
            if let Step::Done(posted) = self.update(&self.own().await?).await? {
                return Ok(posted);
            }
            match self.api.once::<Created>(Call::Post(&self.body), &self.place()).await {
                Ok(created) => return self.settle(created).await,
                // It may have been created all the same: the next round searches before it creates.
                Err(fault) => tries.pause(fault).await?,
            }
        }
    }

    /// Writes into the oldest comment that is still there, and removes the others.
    async fn update(&self, own: &[Comment]) -> Result<Step, Fault> {
        if let Some(newer) = self.newer(own) {
            return Ok(Step::Done(Posted { url: newer.html_url.clone(), done: Done::Left }));
        }
        for (at, comment) in own.iter().enumerate() {
            match self.api.ask::<Created>(Call::Patch(&self.body), &self.one(comment.id)).await {
                Ok(updated) => {
                    for duplicate in &own[at + 1..] {
                        self.remove(duplicate.id).await;
                    }
                    return Ok(Step::Done(Posted { url: updated.html_url, done: Done::Updated }));
                }
                // Deleted in between.
                Err(fault) if fault.is(404) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(Step::Create)
    }

    /// After a comment was created: another job may have done the same.
    async fn settle(&self, created: Created) -> Result<Posted, Fault> {
        let posted = Posted { url: created.html_url, done: Done::Created };
        // The comment stands; what cannot be searched now is cleaned up by the next run.
        let Ok(own) = self.own().await else { return Ok(posted) };
        if !own.iter().any(|comment| comment.id < created.id) {
            for duplicate in own.iter().filter(|comment| comment.id > created.id) {
                if self.is_newest() || self.marker.head_of(duplicate.text()) != Some(&self.newest) {
                    self.remove(duplicate.id).await;
                }
            }
            return Ok(posted);
        }
        if self.newer(&own).is_some() {
            // Only our own goes, so that two jobs never remove each other's.
            self.remove(created.id).await;
        }
        match self.update(&own).await? {
            Step::Done(settled) => Ok(settled),
            Step::Create => Ok(posted),
        }
    }

    /// A comment on the pull request's newest commit, where this result is of an older one.
    fn newer<'a>(&self, own: &'a [Comment]) -> Option<&'a Comment> {
        let of_newest = |comment: &&Comment| self.marker.head_of(comment.text()) == Some(&self.newest);
        own.iter().find(of_newest).filter(|_| !self.is_newest())
    }

    fn is_newest(&self) -> bool {
        self.newest == self.api.context.head
    }

    /// The gate's comments, oldest first.
    async fn own(&self) -> Result<Vec<Comment>, Fault> {
        let comments = self.api.pages(&self.place(), |page: Vec<Comment>| page).await?;
        let own = |comment: &Comment| self.author.wrote(comment) && self.marker.begins(comment.text());
        let mut own: Vec<_> = comments.into_iter().filter(own).collect();
        own.sort_by_key(|comment| comment.id);
        own.dedup_by_key(|comment| comment.id);
        Ok(own)
    }

    /// A duplicate that cannot be removed is found again by the next run.
    async fn remove(&self, id: u64) {
        let _found_again = self.api.ask::<()>(Call::Delete, &self.one(id)).await;
    }

    fn place(&self) -> String {
        self.api.path(&format!("/issues/{}/comments", self.number))
    }

    fn one(&self, id: u64) -> String {
        self.api.path(&format!("/issues/comments/{id}"))
    }
}

/// A comment that was just written.
#[derive(Debug, Deserialize)]
struct Created {
    id: u64,
    html_url: String,
}
