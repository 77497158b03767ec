//! HTTP on the loopback interface.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use ::http::{Method, Request, Response, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::net::TcpListener as Listener;
use tokio::sync::watch;

use super::Forward;
use super::ticker::Ticker;
use crate::wire::{Broken, Doors, LARGEST_BODY, admin};

/// How long running requests may take after the server was asked to stop.
const GRACE: Duration = Duration::from_secs(3);
/// The furthest that one request may skip.
const MOST_SECONDS: i64 = 366 * 86_400;

/// What requests reach.
#[derive(Debug, Clone)]
pub(super) struct Front {
    pub(super) doors: Doors,
    pub(super) ticker: Ticker,
    pub(super) other: Option<Forward>,
}

/// Serves until told to stop.
pub(super) async fn serve(listener: TcpListener, front: Front, mut stopped: watch::Receiver<bool>) {
    let Ok(listener) = Listener::from_std(listener) else { return };
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => break,
        };
        let Ok((stream, _)) = accepted else {
            // No file handles left, or a connection that went away: others are still served.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let _slow = stream.set_nodelay(true);
        let front = front.clone();
        let service = service_fn(move |request| answer(front.clone(), request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            let _broken = connection.await;
        });
    }
    drop(listener);
    let _late = tokio::time::timeout(GRACE, connections.shutdown()).await;
}

/// Waits for SIGINT or SIGTERM.
pub(super) async fn asked_to_end() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

async fn answer(front: Front, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Broken> {
    if !is_local(&request) {
        let message = "this server answers to 127.0.0.1 and localhost only";
        return Ok(plain(StatusCode::MISDIRECTED_REQUEST, &json!({ "message": message })));
    }
    let Front { doors, ticker, other } = front;
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await else {
        let message = format!("the body did not arrive, or has more than {LARGEST_BODY} bytes");
        return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE, &json!({ "message": message })));
    };
    let body = body.to_bytes();
    if let Some(path) = parts.uri.path().strip_prefix("/_vigil/") {
        let query = parts.uri.query().unwrap_or_default();
        if parts.method == Method::POST && path == "advance" {
            return Ok(advance(&doors, &ticker, query).await);
        }
        if let Some(other) = other.filter(|_| path == "forwarded") {
            return Ok(plain(StatusCode::OK, &other.told()));
        }
        let told = admin::answer(doors.account(), &parts.method, path, query);
        let status = if told.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
        return Ok(plain(status, &told.unwrap_or_else(|| json!({"message": "nothing here"}))));
    }
    let request = Request::from_parts(parts, body);
    // What is brought from elsewhere is waited for; that must not hold up others.
    let response = if other.is_some() {
        tokio::task::spawn_blocking(move || doors.answer(request)).await.map_err(|_| Broken)??
    } else {
        doors.answer(request)?
    };
    ticker.look();
    Ok(response.map(Full::new))
}

async fn advance(doors: &Doors, ticker: &Ticker, query: &str) -> Response<Full<Bytes>> {
    let seconds = query.strip_prefix("seconds=").and_then(|text| text.parse::<f64>().ok());
    let Some(seconds) = seconds.filter(|it| (0.0..=MOST_SECONDS as f64).contains(it)) else {
        let message = format!("say ?seconds=N, from 0 to {MOST_SECONDS}");
        return plain(StatusCode::BAD_REQUEST, &json!({ "message": message }));
    };
    let by = SignedDuration::from_millis((seconds * 1000.0) as i64);
    let ticker = ticker.clone();
    let ran = tokio::task::spawn_blocking(move || ticker.advance(by).recv()).await;
    match ran {
        Ok(Ok(Ok(invocations))) => {
            let now = doors.account().now().to_string();
            plain(StatusCode::OK, &json!({"now": now, "invocations": invocations}))
        }
        Ok(Ok(Err(runaway))) => {
            let message = runaway.to_string();
            plain(StatusCode::LOOP_DETECTED, &json!({ "message": message }))
        }
        _ => plain(StatusCode::SERVICE_UNAVAILABLE, &json!({"message": "the clock has stopped"})),
    }
}

/// Whether a request names this machine as its host, and as its origin where it has one: a page of another site, come
/// here by a name of its own or from its own origin, does not.
fn is_local(request: &Request<Incoming>) -> bool {
    let header = request.headers().get(header::HOST).and_then(|it| it.to_str().ok());
    let Some(host) = request.uri().host().or(header) else { return false };
    let origin = request.headers().get(header::ORIGIN).map(|it| it.to_str().unwrap_or("null"));
    let origin = origin.map(|it| it.strip_prefix("http://").unwrap_or(it));
    names_this_machine(host) && origin.is_none_or(names_this_machine)
}

fn names_this_machine(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host }
    });
    matches!(name, "127.0.0.1" | "localhost" | "[::1]") || name.ends_with(".localhost")
}

fn plain(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    let kind = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
