//! `stratus mms`

use std::{fs, path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use serde_json::json;
use stratustexting::{ClientBuilder, Media, Ticket};

use crate::{
    context::Context,
    failure::{Failure, Result},
    files,
    sending::{self, Envelope, Shown, ShownFile, TextArguments},
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Send(Send),
}

/// Sends an MMS: files, with a text or without
///
/// On a terminal it asks before it sends, unless --yes is given; a script is taken at its word.
/// A message whose outcome is unknown is never sent again by itself: the exit code is then 7.
#[derive(Debug, Args)]
pub(crate) struct Send {
    #[command(flatten)]
    envelope: Envelope,
    /// A file, such as a picture; may be given several times
    #[arg(long, value_name = "FILE")]
    media: Vec<PathBuf>,
    #[command(flatten)]
    text: TextArguments,
}

/// The argument that each of the SDK's fields comes by.
const ARGUMENTS: [(&str, &str); 3] = [
    ("media", "--media"),
    ("media name", "--media, a file's name"),
    ("media type", "--media, a file's type"),
];

pub(crate) async fn run(command: Command, context: &Context) -> Result<ExitCode> {
    match command {
        Command::Send(options) => send(&options, context).await,
    }
}

async fn send(options: &Send, context: &Context) -> Result<ExitCode> {
    let output = &context.output;
    let to = options.envelope.to(context)?;
    let from = options.envelope.from(context)?;
    let text = options.text.read()?.unwrap_or_default();
    let (media, shown) = media(options, context).await?;
    let count = match shown.len() {
        1 => "1 file".to_owned(),
        count => format!("{count} files"),
    };
    let message = Shown {
        dry_run: true,
        outcome: None,
        operation: "sendMms",
        from: from.as_str().to_owned(),
        to: to.as_str().to_owned(),
        agent: None,
        text: Some(text.clone()).filter(|text| !text.is_empty()),
        segments: None,
        files: shown,
        result: None,
        request_id: None,
    };
    if options.envelope.dry_run {
        return dry_run(&message, context);
    }
    let bytes: u64 = message.files.iter().map(|file| file.bytes).sum();
    output.note(&format!("{count}, {bytes} bytes"));
    let client = context.client()?;
    let question = format!("Send {count} from {} to {}?", from.as_str(), to.as_str());
    options.envelope.agree(output, &question)?;
    let call = client.messages().from(&from).send_mms(&to, &text, media);
    let ticket = Ticket::for_message(from.as_str(), to.as_str(), &text);
    let sent = sending::send(call, ticket, &ARGUMENTS, output).await?;
    output.object(&message.accepted(&sent))?;
    output.say(&format!("accepted: {count} to {}", to.as_str()))?;
    Ok(ExitCode::SUCCESS)
}

/// Reads the files, as they are sent and as they are shown.
async fn media(options: &Send, context: &Context) -> Result<(Vec<Media>, Vec<ShownFile>)> {
    let mut paths = options.media.clone();
    if paths.is_empty() {
        let path = context.output.required(None, "--media FILE", "File")?;
        paths.push(path.into());
    }
    let (mut media, mut shown) = (Vec::new(), Vec::new());
    for path in paths {
        let argument = format!("--media {}", path.display());
        let bytes = fs::metadata(&path).map_err(|error| files::unreadable(&path, &error))?;
        let file = Media::from_path(&path)
            .await
            .map_err(|error| Failure::of_call(&error, &[("media", &argument)]))?;
        let name = path.file_name().unwrap_or(path.as_os_str());
        shown.push(ShownFile {
            name: name.to_string_lossy().into_owned(),
            media_type: file.content_type().to_owned(),
            bytes: bytes.len(),
        });
        media.push(file);
    }
    // Before anybody is asked, and of what is only shown.
    Media::check(&media, ClientBuilder::DEFAULT_MEDIA_LIMIT)
        .map_err(|error| Failure::of_call(&error, &ARGUMENTS))?;
    Ok((media, shown))
}

fn dry_run(message: &Shown, context: &Context) -> Result<ExitCode> {
    let output = &context.output;
    if output.is_json() {
        output.object(message)?;
        return Ok(ExitCode::SUCCESS);
    }
    let files: Vec<_> = message
        .files
        .iter()
        .map(|file| format!("{} ({}, {} bytes)", file.name, file.media_type, file.bytes))
        .collect();
    let facts = json!({
        "operation": message.operation,
        "from": message.from,
        "to": message.to,
        "text": message.text,
        "files": files,
    });
    output.show(&facts, &["operation", "from", "to", "text", "files"])?;
    output.say("Nothing was sent.")?;
    Ok(ExitCode::SUCCESS)
}
