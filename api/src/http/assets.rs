//! The pages, embedded in the program, and the headers that every answer bears. Without built pages the program says how
//! to build them.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use rust_embed::RustEmbed;

/// What `make web` built, when this program was built.
#[derive(RustEmbed)]
#[folder = "../web-demo/dist"]
struct Pages;

/// Scripts come from here alone, never from within a page. The editor of GraphiQL and the diagrams write styles into the
/// page, and the editor starts its workers from blobs.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

const MISSING: &str = "<!doctype html><html lang=\"en\"><title>Docket</title><h1>Docket runs</h1>\
    <p>The pages were not built into this program: <code>make web</code> builds them, then build the program again.</p>\
    <p>GraphQL is served at <code>POST /graphql</code>.</p></html>";

/// GraphiQL.
pub(super) async fn graphiql() -> Response {
    serve("graphiql.html").unwrap_or_else(|| Html(MISSING).into_response())
}

/// Any file of the pages; the first page for what looks like one of its places.
pub(super) async fn page(method: Method, uri: Uri) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::NOT_FOUND.into_response();
    }
    let path = uri.path().trim_start_matches('/');
    if path.is_empty() {
        return serve("index.html").unwrap_or_else(|| Html(MISSING).into_response());
    }
    if let Some(file) = serve(path) {
        return file;
    }
    let is_place = !path.contains('.') && !path.starts_with("graphql") && !path.starts_with("dev/");
    is_place
        .then(|| serve("index.html"))
        .flatten()
        .unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

fn serve(path: &str) -> Option<Response> {
    let file = Pages::get(path)?;
    // The bundler puts a hash into the name of everything in this folder.
    let cache = match path.starts_with("assets/") {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let headers = [
        (header::CONTENT_TYPE, kind(path)),
        (header::CACHE_CONTROL, cache),
    ];
    Some((headers, file.data).into_response())
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("woff") => "font/woff",
        Some("ttf") => "font/ttf",
        Some("wasm") => "application/wasm",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Adds the headers that keep browsers from guessing, framing and leaking. What is not a page is not stored either.
pub(super) async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
