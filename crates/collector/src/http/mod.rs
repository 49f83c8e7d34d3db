//! The HTTP side: routes, what they have in common, and one file for each kind of request.

mod admin;
mod body;
mod cors;
mod dashboard;
mod files;
mod health;
mod ingest;
mod judges;
mod not_taken;
mod packed;
mod receipt;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderValue, Request, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use tailorbird_schema::EventKind;

use tokio::sync::Semaphore;

use crate::admission::Keys;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::store::Store;
use body::Budget;
use files::Files;
use judges::{Court, Judges};

/// What every request can reach.
pub(crate) struct App {
    /// Before the store: they hand over to it.
    pub(super) judges: Judges,
    pub(crate) store: Arc<Store>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) admin_token: Option<String>,
    pub(crate) budget: Budget,
    pub(crate) files: Files,
    /// How many visitors may be erased by their own request at the same time: it is dear, and anybody may ask.
    pub(crate) erasures: Semaphore,
    /// Whether events go on to a sink.
    pub(crate) forwards: bool,
    closing: AtomicBool,
}

impl App {
    /// Puts the parts together.
    pub(crate) fn new(config: &Config, store: Store, keys: Keys, metrics: Arc<Metrics>) -> std::io::Result<App> {
        let (store, keys, budget) = (Arc::new(store), Arc::new(keys), Budget::new());
        let court = Court { store: Arc::clone(&store), keys: Arc::clone(&keys), budget: budget.clone() };
        let judges = Judges::start(court, Arc::clone(&metrics))?;
        Ok(App {
            judges,
            store,
            keys,
            metrics,
            admin_token: config.admin_token.clone(),
            budget,
            files: Files::new(config.site.as_deref(), config.agent.as_deref()),
            erasures: Semaphore::new(2),
            forwards: config.sink.is_some(),
            closing: AtomicBool::new(false),
        })
    }

    /// From now on answers ask clients to connect anew, and `/readyz` says no.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    /// Whether the collector is about to stop.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }
}

/// The endpoints that take events, and what a single event on them is.
const INGEST: [(&str, &str, Option<EventKind>); 7] = [
    ("/v1/batch", "/v1/b", None),
    ("/v1/track", "/v1/t", Some(EventKind::Track)),
    ("/v1/page", "/v1/p", Some(EventKind::Page)),
    ("/v1/screen", "/v1/s", Some(EventKind::Screen)),
    ("/v1/identify", "/v1/i", Some(EventKind::Identify)),
    ("/v1/group", "/v1/g", Some(EventKind::Group)),
    ("/v1/alias", "/v1/a", Some(EventKind::Alias)),
];

/// All routes.
pub(crate) fn router(app: Arc<App>) -> Router {
    let mut router = Router::new();
    for (long, short, kind) in INGEST {
        for path in [long, short] {
            let take =
                move |State(app): State<Arc<App>>, request| async move { ingest::take(&app, kind, request).await };
            router = router.route(path, post(take).options(cors::preflight));
        }
    }
    router
        .route("/v1/export", get(admin::export))
        .route("/v1/import", post(admin::import))
        .route("/v1/visitors/{id}", get(admin::visitor).delete(admin::erase))
        .route("/v1/quarantine", get(admin::quarantine))
        .route("/v1/quarantine/replay", post(admin::replay))
        .route("/v1/overview", get(dashboard::overview))
        .route("/dashboard", get(dashboard::redirect))
        .route("/dashboard/", get(dashboard::page))
        .route("/dashboard/dashboard.js", get(dashboard::script))
        .route("/dashboard/dashboard.css", get(dashboard::style))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(files::serve)
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(Arc::clone(&app), on_every_answer))
        .with_state(app)
}

async fn on_every_answer(State(app): State<Arc<App>>, request: Request<axum::body::Body>, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if app.is_closing() {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
