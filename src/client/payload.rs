//! The body of a request on its way out.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// The largest part that is handed over at once. The HTTP library copies what it is handed behind the head, so that both
/// leave in one call; in parts, an upload takes no second place in memory.
const PART: usize = 16 * 1024;

/// What is left of a body; its length is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Payload(Bytes);

impl Payload {
    pub(super) fn of(body: &Bytes) -> Self {
        Self(body.clone())
    }

    /// All of it, for who parts it himself.
    pub(super) fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.0.len().min(PART);
        Poll::Ready(Some(Ok(Frame::data(self.0.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_body_leaves_in_parts_and_whole() {
        for length in [0, 1, PART - 1, PART, PART + 1, 5 * PART + 7] {
            let body: Bytes = (0..length).map(|at| (at % 251) as u8).collect();
            let mut payload = Payload::of(&body);
            assert_eq!(payload.size_hint().exact(), Some(length as u64));
            let (mut sent, mut parts) = (Vec::new(), 0);
            while let Some(frame) = payload.frame().await {
                let part = frame.expect("it cannot fail").into_data().expect("there are no trailers");
                assert!(!part.is_empty() && part.len() <= PART);
                sent.extend_from_slice(&part);
                parts += 1;
            }
            assert_eq!((sent.len(), parts), (length, length.div_ceil(PART)));
            assert_eq!(sent, body);
            assert!(payload.is_end_stream());
        }
    }
}
