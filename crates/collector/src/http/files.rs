//! Static files: the site at `/`, the agent under `/tailorbird/`, compressed: by variants that lie beside, else by gzip.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_http::services::ServeDir;

use super::packed::Packed;
use super::{App, cors};

const AGENT_PREFIX: &str = "/tailorbird/";

/// The folders that are served.
pub(crate) struct Files {
    site: Option<ServeDir>,
    agent: Option<ServeDir>,
    packed: Packed,
}

impl Files {
    /// Serves these folders.
    pub(crate) fn new(site: Option<&Path>, agent: Option<&Path>) -> Files {
        let serve = |folder: &Path| ServeDir::new(folder).precompressed_br().precompressed_gzip();
        Files { site: site.map(serve), agent: agent.map(serve), packed: Packed::default() }
    }
}

/// Answers what no route answers. The agent's folder comes first; a site may add files of its own under its prefix.
pub(crate) async fn serve(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    // Events that were sent to a wrong address: the page must be able to read that nothing lies there.
    if parts.method == Method::POST {
        let mut response =
            (StatusCode::NOT_FOUND, "nothing takes events here: send them to /v1/batch\n").into_response();
        cors::allow(response.headers_mut());
        return response;
    }
    let with_uri = |uri: Uri| {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = parts.method.clone();
        *request.headers_mut() = parts.headers.clone();
        *request.uri_mut() = uri;
        request
    };
    let under_prefix = parts.uri.path().starts_with(AGENT_PREFIX);
    if let (Some(agent), true) = (&app.files.agent, under_prefix) {
        let inner = parts.uri.path_and_query().and_then(|path| path.as_str().get(AGENT_PREFIX.len() - 1..));
        if let Some(uri) = inner.and_then(|inner| inner.parse::<Uri>().ok()) {
            let response = found(agent, with_uri(uri)).await;
            if response.status() != StatusCode::NOT_FOUND {
                return finished(app.files.packed.answer(&parts, response).await, true);
            }
        }
    }
    match &app.files.site {
        Some(site) => {
            let response = found(site, with_uri(parts.uri.clone())).await;
            finished(app.files.packed.answer(&parts, response).await, under_prefix)
        }
        None => (StatusCode::NOT_FOUND, "not found\n").into_response(),
    }
}

async fn found(folder: &ServeDir, request: Request) -> Response {
    let answer: Result<_, Infallible> = folder.clone().oneshot(request).await;
    answer.map_or_else(|never| match never {}, |response| response.map(Body::new))
}

fn finished(mut response: Response, from_anywhere: bool) -> Response {
    let headers = response.headers_mut();
    // A folder is sent to its name with a slash; what begins with two would lead to another host.
    let elsewhere = headers.get(header::LOCATION).and_then(|to| to.as_bytes().strip_prefix(b"//"));
    if let Some(Ok(here)) = elsewhere.map(|to| HeaderValue::from_bytes(&[b"/", trimmed(to)].concat())) {
        headers.insert(header::LOCATION, here);
    }
    // Always asked again, seldom sent again: files carry an ETag.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if from_anywhere {
        // Shops on other origins load the agent from here.
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    }
    response
}

/// A path without the slashes before it.
fn trimmed(path: &[u8]) -> &[u8] {
    let start = path.iter().position(|byte| *byte != b'/').unwrap_or(path.len());
    &path[start..]
}
