//! What a user sends with: its connections and its session.

use std::{future::poll_fn, pin::pin, rc::Rc, task::Poll};

use http::{HeaderMap, HeaderValue, header};
use tokio::time::Instant;

use super::{
    Answer, Failure, Opening, Origin, Request, Session, Shared, Trouble,
    connection::{Connection, Outgoing, Unanswered},
    origin::Destination,
    patience::Patience,
    payload::Payload,
    proxy,
    tracer::{TRACEPARENT, Tracer},
};
use crate::measure::TraceId;
use crate::plan::{Connections, FailureKind};

/// The most connections of one user: the target's, and those of the last hosts that it was sent to.
const MOST_CONNECTIONS: usize = 4;

/// How often one request is sent to a server that ends its connections. One that ends them in order needs two; one that passes
/// over every request is not to be asked for ever.
const MOST_TRIES: u32 = 3;

/// One user's side of HTTP: a connection for each server, opened when first needed, and a cookie jar.
///
/// **Stale connections.** A server may close an idle connection at any time. When that is known before the first byte of
/// a request was written, the request goes over a new connection, within the same timeout. Once a byte may have been
/// written the request is never sent again: a close then is a `reset` failure, because nobody can know whether the app
/// has acted on it.
///
/// **Connections that end in order.** Over HTTP/2 a server ends a connection with a GOAWAY that names the last request it will
/// answer; on those behind it, which were on their way, it has not acted (RFC 9113 section 6.8). They go over another
/// connection, within the same timeout, `MOST_TRIES` times at most. What a server refuses (`REFUSED_STREAM`, or a GOAWAY with
/// an error) is a `reset` failure, as an answer that sheds load.
#[derive(Default)]
pub struct Agent {
    /// Of whom it is the agent, from 0.
    user: u32,
    connections: Vec<Connection>,
    /// Those of its worker, in the place of its own.
    shared: Option<Rc<Shared>>,
    session: Session,
    /// Room for the headers of the next request: that of an answer that was given back.
    headers: HeaderMap,
    opened: Option<Opening>,
    patience: Patience,
    /// Where requests carry a trace id.
    tracer: Option<Tracer>,
}

impl Agent {
    /// Without connections and cookies.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a new user sends with: over connections that others use too where there are any, and giving each request a trace id
    /// from this source where there is one.
    pub fn of_user(shared: Option<Rc<Shared>>, traces: Option<fastrand::Rng>) -> Self {
        Self { shared, tracer: traces.map(Tracer::new), ..Self::default() }
    }

    /// As the agent of a user (from 0): a name with several addresses is spread over them by users.
    #[must_use]
    pub fn numbered(self, user: u32) -> Self {
        Self { user, ..self }
    }

    /// The trace id of the request that was sent last; `None` where requests carry none.
    pub fn trace(&self) -> Option<TraceId> {
        self.tracer.as_ref().map(Tracer::last)
    }

    /// The cookie jar.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The headers as this agent would send them with a request now: with Host, Cookie and Content-Length.
    pub fn preview(&mut self, request: &Request) -> HeaderMap {
        let mut headers = HeaderMap::new();
        request.write_headers(self.session.header(&request.address), &mut headers);
        if !request.body.is_empty() {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(request.body.len()));
        }
        headers
    }

    /// Sends one request, reads its answer to the end and keeps its cookies. Redirects are not followed.
    ///
    /// # Errors
    ///
    /// Every way to fail is a [`Trouble`]; the timeout covers connect, request and answer.
    pub async fn exchange(&mut self, origin: &Origin, request: &Request) -> Result<Answer, Trouble> {
        self.exchange_by(Instant::now() + request.timeout, origin, request).await
    }

    /// As [`Self::exchange`], for who has just read the clock: until a moment in the place of the request's timeout.
    ///
    /// # Errors
    ///
    /// As [`Self::exchange`].
    pub async fn exchange_by(
        &mut self,
        deadline: Instant,
        origin: &Origin,
        request: &Request,
    ) -> Result<Answer, Trouble> {
        let ended = {
            let Self { user, connections, shared, session, headers, opened, tracer, .. } = self;
            *opened = None;
            let outgoing = Some(outgoing(origin, request, (session, tracer), std::mem::take(headers)));
            let mut sending =
                Sending { user: *user, origin, request, session, tracer, outgoing, opened, passed_over: 0 };
            let mut exchange = pin!(async {
                match shared {
                    // In a place of its own, because HTTP/1.1 would pay for the room that it takes.
                    Some(shared) => Box::pin(shared.exchange(&mut sending)).await,
                    None => exchange(connections, &mut sending).await,
                }
            });
            let patience = &mut self.patience;
            poll_fn(|cx| match exchange.as_mut().poll(cx) {
                Poll::Ready(ended) => Poll::Ready(Some(ended)),
                Poll::Pending => patience.poll(deadline, cx).map(|()| None),
            })
            .await
        };
        match ended {
            Some(Ok(answer)) => {
                if origin.connections() == Connections::Request {
                    self.disconnect();
                }
                self.session.store(&request.address, &answer.headers);
                Ok(answer)
            }
            Some(Err(trouble)) => Err(trouble),
            None => {
                drop_unfinished(&mut self.connections);
                let waited = format!("no complete answer within {:?}", request.timeout);
                Err(Failure::new(FailureKind::Timeout, waited).into())
            }
        }
    }

    /// The connection that the last exchange opened, however it ended; `None` when it had one.
    pub fn opened(&self) -> Option<Opening> {
        self.opened
    }

    /// Closes its connections; the next request opens a new one. They end by a reset, so that no port of this machine waits
    /// a minute for each (`TIME_WAIT`).
    pub fn disconnect(&mut self) {
        self.connections.drain(..).for_each(Connection::close);
    }

    /// Gives back the memory that its connections need for exchanges only; they stay open. For users who pause: the next
    /// exchange costs a little more.
    pub async fn rest(&mut self) {
        drop_unfinished(&mut self.connections);
        for connection in &mut self.connections {
            connection.rest().await;
        }
    }

    /// How many of its connections have given back what they need for exchanges only.
    #[cfg(test)]
    pub(crate) fn resting(&self) -> usize {
        self.connections.iter().filter(|connection| connection.is_resting()).count()
    }

    /// Takes an answer that nobody needs any more, so that the next request is made without asking for memory.
    pub fn give_back(&mut self, answer: Answer) {
        self.headers = answer.headers;
        // At once, because headers hold on to the bytes that the connection has read.
        self.headers.clear();
    }
}

/// A request on its way.
pub(super) struct Sending<'a> {
    /// Who sends it, from 0.
    pub(super) user: u32,
    pub(super) origin: &'a Origin,
    pub(super) request: &'a Request,
    session: &'a mut Session,
    tracer: &'a mut Option<Tracer>,
    /// `None` once it was handed over.
    pub(super) outgoing: Option<Outgoing>,
    /// The last connection that was opened for it.
    pub(super) opened: &'a mut Option<Opening>,
    /// How often a server has passed over it.
    passed_over: u32,
}

impl Sending<'_> {
    /// Makes the request anew, after a server has passed over it.
    ///
    /// # Errors
    ///
    /// What the server has said, when the request was sent often enough.
    pub(super) fn again(&mut self, Failure { kind, description }: Failure) -> Result<(), Failure> {
        self.passed_over += 1;
        if self.passed_over == MOST_TRIES {
            return Err(Failure::new(kind, format!("{description}, each of {MOST_TRIES} times")));
        }
        self.outgoing = Some(outgoing(self.origin, self.request, (self.session, self.tracer), HeaderMap::new()));
        Ok(())
    }
}

/// A request as it is handed to the HTTP library; `headers` is empty room for its headers.
fn outgoing(
    origin: &Origin,
    request: &Request,
    (session, tracer): (&mut Session, &mut Option<Tracer>),
    mut headers: HeaderMap,
) -> Outgoing {
    request.write_headers(session.header(&request.address), &mut headers);
    if let Some(tracer) = tracer {
        headers.insert(TRACEPARENT, tracer.next());
    }
    let mut outgoing = Outgoing::new(Payload::of(&request.body));
    *outgoing.method_mut() = request.method.clone();
    *outgoing.uri_mut() = match origin.proxy() {
        Some(_) if !request.address.destination.secure => proxy::whole(&request.address),
        _ => request.address.target.clone(),
    };
    *outgoing.headers_mut() = headers;
    outgoing
}

/// One exchange over the connection to the request's server, which is the last of them from then on. Whatever ends it before
/// its answer was read to the end also ends that connection: here, or when the next exchange finds it unfinished.
async fn exchange(connections: &mut Vec<Connection>, sending: &mut Sending<'_>) -> Result<Answer, Trouble> {
    let request = sending.request;
    let mut reused = bring_forward(connections, &request.address.destination);
    loop {
        if !reused {
            let opened = open(sending).await?;
            if connections.len() == MOST_CONNECTIONS {
                connections.remove(0).close();
            }
            connections.push(opened);
        }
        let connection = connections.last_mut().expect("it was brought forward or opened just now");
        let ended = connection.converse(request, &mut sending.outgoing, &sending.origin.room).await;
        let lost = ended.is_err() || connection.is_closed();
        if lost {
            connections.pop();
        }
        match ended {
            Ok(answer) => return Ok(answer),
            Err(Unanswered::Failed(failure)) => return Err(failure.into()),
            Err(Unanswered::NoRoom(full)) => return Err(full.into()),
            Err(Unanswered::PassedOver(failure)) => sending.again(failure)?,
            Err(Unanswered::Unsent) if reused => {}
            Err(Unanswered::Unsent) => return Err(Failure::closed_at_once().into()),
        }
        reused = false;
    }
}

/// Makes the connection to a server the last of all; false when there is none.
fn bring_forward(connections: &mut Vec<Connection>, destination: &Destination) -> bool {
    drop_unfinished(connections);
    let Some(at) = connections.iter().position(|connection| connection.destination.is(destination)) else {
        return false;
    };
    connections[at..].rotate_left(1);
    true
}

/// Ends the connection of an exchange that was given up: what is still to come on it answers nothing that will be asked.
fn drop_unfinished(connections: &mut Vec<Connection>) {
    connections.retain(|connection| !connection.is_unfinished());
}

/// Opening is rare and takes much room while it lasts, so that it gets room of its own.
async fn open(sending: &mut Sending<'_>) -> Result<Connection, Trouble> {
    let Sending { user, origin, request, opened, .. } = sending;
    Box::pin(Connection::open(origin, &request.address.destination, *user, opened)).await
}
