//! A copy of the specification to work on, and a site that serves it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{Response, StatusCode, header},
};
use serde_json::Value;
use stratustexting_spec::{Options, Source, refresh};

/// The workspace with the real specification.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder of the data.
const DATA: &str = "crates/stratustexting-spec";

/// The folder of the kept pages.
pub(crate) const PAGES: &str = "crates/stratustexting-spec/pages";

/// The host that the kept index names.
pub(crate) const HOST: &str = "https://apidocs-stratustexting.spectrumvoip.com";

/// A copy of the part of the workspace that `refresh` knows. Each test has its own.
pub(crate) struct Copy(tempfile::TempDir);

impl Copy {
    pub(crate) fn new() -> Self {
        let copy = Self(tempfile::tempdir().unwrap());
        for name in ["pages", "unlisted"] {
            let name = format!("{DATA}/{name}");
            copy_all(&repository().join(&name), &copy.path(&name));
        }
        for name in ["operations.yaml", "overlay.yaml"] {
            let name = format!("{DATA}/{name}");
            fs::copy(repository().join(&name), copy.path(&name)).unwrap();
        }
        fs::copy(repository().join("openapi.json"), copy.path("openapi.json")).unwrap();
        copy
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.0.path().join(relative)
    }

    pub(crate) fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap()
    }

    pub(crate) fn write(&self, relative: &str, text: &str) {
        fs::write(self.path(relative), text).unwrap();
    }

    /// Replaces a text that a file contains exactly once.
    pub(crate) fn edit(&self, relative: &str, from: &str, to: &str) {
        let text = self.read(relative);
        assert_eq!(text.matches(from).count(), 1, "{from:?} in {relative}");
        self.write(relative, &text.replace(from, to));
    }

    /// Adds a page to the kept ones, also at the end of their index.
    pub(crate) fn add(&self, folder: &str, name: &str, text: &str) {
        let title = text.lines().next().unwrap().trim_start_matches("# ");
        let index = self.read(&format!("{PAGES}/llms.txt"));
        let line = format!("- {folder} [{title}]({HOST}/{name}):\n");
        self.write(&format!("{PAGES}/llms.txt"), &(index + &line));
        self.write(&format!("{PAGES}/{name}"), text);
    }

    pub(crate) fn document(&self) -> Value {
        serde_json::from_str(&self.read("openapi.json")).unwrap()
    }

    /// Makes the document, with the arguments of `cargo xtask refresh`.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let cache = self.path("target/refresh-cache");
        let mut from: Option<Source> = None;
        let mut report = None;
        let mut prefer = Vec::new();
        let mut options = Options::new(self.0.path(), &cache);
        let mut rest = arguments.iter();
        assert_eq!(rest.next(), Some(&"refresh"));
        while let Some(argument) = rest.next() {
            let mut value = || *rest.next().unwrap();
            match *argument {
                "--check" => options.check = true,
                "--from" => match value().parse() {
                    Ok(source) => from = Some(source),
                    Err(error) => return Ended::failed_by(&error),
                },
                "--brand" => options.brand = value(),
                "--prefer" => prefer.push(value()),
                "--keep-going" => options.keep_going = true,
                "--report" => report = Some(self.path(value())),
                other => panic!("no argument is called {other}"),
            }
        }
        options.from = from.as_ref();
        options.prefer = &prefer;
        options.report = report.as_deref();
        let mut output = Vec::new();
        let outcome = refresh(&options, &mut output);
        Ended {
            output: String::from_utf8(output).unwrap(),
            // As the program prints it.
            error: outcome.err().map(|error| format!("error: {error:#}\n")),
        }
    }

    pub(crate) fn refresh(&self, from: &str) -> Ended {
        self.run(&["refresh", "--from", from])
    }

    /// All files that a run could change, by name.
    pub(crate) fn state(&self) -> BTreeMap<PathBuf, String> {
        let mut state = BTreeMap::new();
        let folders = ["pages", "unlisted"].map(|name| format!("{DATA}/{name}"));
        for name in ["openapi.json", &folders[0], &folders[1]].map(|name| self.path(name)) {
            collect(&name, &mut state);
        }
        state
    }
}

/// The result of a run.
pub(crate) struct Ended {
    output: String,
    error: Option<String>,
}

impl Ended {
    fn failed_by(error: &anyhow::Error) -> Self {
        Self {
            output: String::new(),
            error: Some(format!("error: {error:#}\n")),
        }
    }

    /// The output of a successful run.
    #[track_caller]
    pub(crate) fn succeeded(&self) -> String {
        assert_eq!(self.error, None, "{}", self.output);
        self.output.clone()
    }

    /// The error of a failed run.
    #[track_caller]
    pub(crate) fn failed(&self) -> String {
        let error = self.error.clone();
        error.unwrap_or_else(|| panic!("it succeeded:\n{}", self.output))
    }

    pub(crate) fn output(&self) -> &str {
        &self.output
    }

    pub(crate) fn errors(&self) -> &str {
        self.error.as_deref().unwrap_or_default()
    }
}

/// A site like the platform's on this machine.
#[derive(Clone)]
pub(crate) struct Site {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    responses: BTreeMap<String, PageResponse>,
    requests: Vec<(String, bool)>,
    agents: BTreeSet<String>,
}

/// The site's response for a path.
#[derive(Clone, Debug)]
pub(crate) struct PageResponse {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
    /// How often it fails with this status before it responses.
    pub(crate) fails_first: Option<(u32, u16)>,
}

impl PageResponse {
    pub(crate) fn page(text: &str) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type", "text/markdown; charset=utf-8".to_owned())],
            body: text.to_owned(),
            fails_first: None,
        }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::page("")
        }
    }

    pub(crate) fn redirect(target: &str) -> Self {
        let mut page = Self::status(302);
        page.headers.push(("location", target.to_owned()));
        page
    }
}

impl Site {
    /// Serves the kept pages of a copy, like the vendor's site.
    pub(crate) fn of(copy: &Copy) -> Self {
        let site = Self::empty();
        for entry in fs::read_dir(copy.path(&format!("{DATA}/pages"))).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            site.page(&name, &fs::read_to_string(entry.path()).unwrap());
        }
        site
    }

    pub(crate) fn empty() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let site = Self {
            address: listener.local_addr().unwrap(),
            shared: Arc::default(),
        };
        let router = Router::new()
            .fallback(serve)
            .with_state(Arc::clone(&site.shared));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, router).await.unwrap();
            });
        });
        site
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Adds a page. Links to the vendor's host lead to this site.
    pub(crate) fn page(&self, name: &str, text: &str) {
        self.respond(name, PageResponse::page(&text.replace(HOST, &self.url())));
    }

    pub(crate) fn respond(&self, name: &str, page: PageResponse) {
        let mut shared = self.shared.lock().unwrap();
        shared.responses.insert(format!("/{name}"), page);
    }

    pub(crate) fn text(&self, name: &str) -> String {
        let shared = self.shared.lock().unwrap();
        shared.responses[&format!("/{name}")].body.clone()
    }

    /// The names of the pages.
    pub(crate) fn names(&self) -> Vec<String> {
        let shared = self.shared.lock().unwrap();
        let names = shared.responses.keys().map(|name| name[1..].to_owned());
        names.filter(|name| name.ends_with(".md")).collect()
    }

    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.text(name);
        assert_eq!(text.matches(from).count(), 1, "{from:?} in {name}");
        self.page(name, &text.replace(from, to));
    }

    /// Removes a page, also from the index.
    pub(crate) fn remove(&self, name: &str) {
        let mut shared = self.shared.lock().unwrap();
        shared.responses.remove(&format!("/{name}")).unwrap();
        drop(shared);
        let index = self.text("llms.txt");
        let kept = index
            .lines()
            .filter(|line| !line.contains(&format!("/{name})")));
        self.page("llms.txt", &(kept.collect::<Vec<_>>().join("\n") + "\n"));
    }

    /// Adds a page, also at the end of the index.
    pub(crate) fn add(&self, folder: &str, title: &str, name: &str, text: &str) {
        self.page(name, text);
        let index = self.text("llms.txt");
        let line = format!(
            "- {folder} [{title}]({}/{name}): ### Description :\n",
            self.url()
        );
        self.page("llms.txt", &(index + &line));
    }

    /// The requested paths, and whether the request was conditional.
    pub(crate) fn requests(&self) -> Vec<(String, bool)> {
        self.shared.lock().unwrap().requests.clone()
    }

    pub(crate) fn agents(&self) -> BTreeSet<String> {
        self.shared.lock().unwrap().agents.clone()
    }
}

async fn serve(State(shared): State<Arc<Mutex<Shared>>>, request: Request) -> Response<Body> {
    let mut shared = shared.lock().unwrap();
    let path = request.uri().path().to_owned();
    let condition = request.headers().get(header::IF_NONE_MATCH);
    let agent = request.headers()[header::USER_AGENT].to_str().unwrap();
    shared.agents.insert(agent.to_owned());
    shared.requests.push((path.clone(), condition.is_some()));
    let Some(page) = shared.responses.get_mut(&path) else {
        return http_response(&PageResponse::status(404));
    };
    if let Some((times, status)) = &mut page.fails_first
        && *times > 0
    {
        *times -= 1;
        return http_response(&PageResponse::status(*status));
    }
    let etag = page.headers.iter().find(|(name, _)| *name == "etag");
    let known = etag
        .zip(condition)
        .is_some_and(|((_, etag), condition)| condition == etag);
    if known {
        return http_response(&PageResponse::status(304));
    }
    http_response(page)
}

fn http_response(page: &PageResponse) -> Response<Body> {
    let mut response = Response::builder().status(StatusCode::from_u16(page.status).unwrap());
    for (name, value) in &page.headers {
        response = response.header(*name, value);
    }
    response.body(Body::from(page.body.clone())).unwrap()
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn collect(path: &Path, state: &mut BTreeMap<PathBuf, String>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), state);
        }
    } else {
        state.insert(path.to_owned(), fs::read_to_string(path).unwrap());
    }
}
