//! `stratus api`: a request to any path, as the way out where a command is missing, or where a
//! path that was inferred turns out to be wrong.

use std::process::ExitCode;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use stratustexting::{Response, api::Operation, http::Method};

use crate::{
    change::{self, DryRun},
    context::Context,
    failure::{Failure, Result},
    files,
    output::{Output, pretty_json},
};

/// Makes a request to any path of the API, and prints the response's body
///
/// It goes through the same credentials, limits and retries as every command. A body is also
/// printed if the service responds with an error; the exit code tells. A send goes out without a
/// question.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// GET, POST, PUT, PATCH, DELETE or HEAD
    #[arg(value_parser = method)]
    method: Method,
    /// The path below the API's base URL, such as /contact/all; its parts percent-encoded
    path: String,
    /// A parameter of the query; it is encoded here. May be given several times
    #[arg(long, short = 'q', value_name = "NAME=VALUE", value_parser = pair)]
    query: Vec<(String, String)>,
    /// The body, which is JSON; @FILE reads a file, and - standard input
    #[arg(long, short = 'd', value_name = "JSON")]
    data: Option<String>,
    /// A header; may be given several times
    #[arg(long, short = 'H', value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(String, String)>,
    /// Shows the request, and makes none
    #[arg(long)]
    dry_run: bool,
}

/// A response, with `--json`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Responded {
    status: u16,
    /// The body: as JSON if it is, or else as a text; `null` if there is none.
    body: Value,
}

fn method(text: &str) -> std::result::Result<Method, String> {
    let known = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::HEAD,
    ];
    let method = text.to_ascii_uppercase();
    let mut known = known.into_iter();
    known
        .find(|known| known.as_str() == method)
        .ok_or_else(|| "must be GET, POST, PUT, PATCH, DELETE or HEAD".to_owned())
}

fn pair(text: &str) -> std::result::Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("must be NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn header(text: &str) -> std::result::Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("must be NAME: VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

pub(crate) async fn run(options: Options, context: &Context) -> Result<ExitCode> {
    let output = &context.output;
    let body = options.data.as_deref().map(json).transpose()?;
    if options.dry_run {
        let operation = Operation::at(options.method.as_str(), &options.path);
        let request = DryRun {
            dry_run: true,
            operation: operation.map(|operation| operation.id),
            method: options.method.to_string(),
            path: options.path,
            query: options.query,
            body: body.map(|(value, _)| value),
        };
        return change::show(&request, output);
    }
    let mut request = context.client()?.request(options.method, options.path);
    for (name, value) in options.query {
        request = request.query(name, value);
    }
    if let Some((_, text)) = body {
        request = request.body("application/json", text);
    }
    for (name, value) in options.header {
        request = request.header(name, value);
    }
    let arguments = [
        ("path", "PATH"),
        ("header name", "--header"),
        ("header value", "--header"),
    ];
    match request.send().await {
        Ok(response) => {
            print(&response, output)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            // Of the operation's response, not of the token endpoint's.
            if let (false, Some(status), Some(body)) =
                (error.is_token_rejected(), error.status(), error.body())
            {
                print_body(status.as_u16(), body, output)?;
            }
            Err(Failure::of_call(&error, &arguments))
        }
    }
}

/// The body as JSON, and as it was given: that is what is sent.
fn json(given: &str) -> Result<(Value, String)> {
    let text = match given.strip_prefix('@') {
        Some(path) => files::whole(path.as_ref())?,
        None if given == "-" => files::whole("-".as_ref())?,
        None => given.to_owned(),
    };
    match serde_json::from_str(&text) {
        Ok(value) => Ok((value, text)),
        // The error's text shows no value, only where it is.
        Err(error) => Err(Failure::usage(format!(
            "--data: must be JSON, and isn't at line {}, column {}",
            error.line(),
            error.column()
        ))),
    }
}

fn print(response: &Response<()>, output: &Output) -> Result<()> {
    print_body(response.status().as_u16(), response.body(), output)
}

/// On a terminal JSON is laid out for people; elsewhere the body stays as it came.
fn print_body(status: u16, body: &[u8], output: &Output) -> Result<()> {
    let json: Option<Value> = serde_json::from_slice(body).ok();
    if output.is_json() {
        let text = || match body.is_empty() {
            true => Value::Null,
            false => String::from_utf8_lossy(body).into_owned().into(),
        };
        return output.object(&Responded {
            status,
            body: json.unwrap_or_else(text),
        });
    }
    match json {
        Some(json) if output.is_seen() => output.say(&pretty_json(&json)?),
        _ if body.is_empty() => Ok(()),
        _ => {
            output.bytes(body)?;
            match body.ends_with(b"\n") || !output.is_seen() {
                true => Ok(()),
                false => output.bytes(b"\n"),
            }
        }
    }
}
