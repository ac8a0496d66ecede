//! The files of an MMS.

use std::{borrow::Cow, fmt, io, path::Path};

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use reqwest::multipart::{Form, Part};
use tokio::io::AsyncReadExt;

use crate::{
    Error, Result,
    invisible::shows_nothing,
    secret::{VISIBLE, header_value},
};

/// A file of an MMS: its bytes, its name, its media type.
///
/// The media type is that of the name's ending, unless the bytes are clearly another kind of
/// picture, sound or document; for a name without a known ending, that of the bytes, or else
/// `application/octet-stream`. [`with_content_type`](Self::with_content_type) sets it.
///
/// Of a name with folders, only its last part is sent.
///
/// ```
/// use stratustexting::Media;
///
/// let picture = Media::from_bytes("cat.png", b"\x89PNG\r\n\x1a\n...".as_slice());
/// assert_eq!(picture.content_type(), "image/png");
///
/// let card = Media::from_bytes("card.vcf", "BEGIN:VCARD\r\nEND:VCARD\r\n");
/// assert_eq!(card.content_type(), "text/vcard");
/// ```
#[derive(Clone)]
pub struct Media {
    name: String,
    content_type: Cow<'static, str>,
    bytes: Bytes,
}

impl Media {
    /// The most files that one MMS may have. The service's own limit is UNKNOWN; other
    /// services allow as many.
    pub const MAX_FILES: usize = 10;

    /// The most bytes that a file read by [`from_path`](Self::from_path) may have: 10 MiB,
    /// the most that a gateway of the kind that the service seems to have lets through. The client's
    /// own limit for all files of an MMS, which is checked when it is sent, is lower unless
    /// [`media_limit_bytes`](crate::ClientBuilder::media_limit_bytes) raises it.
    pub const MAX_BYTES: u64 = 10 * 1024 * 1024;

    /// A file from bytes.
    pub fn from_bytes(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        let (name, bytes) = (name.into(), bytes.into());
        Self {
            content_type: detect(&name, &bytes),
            name,
            bytes,
        }
    }

    /// A file from the disk, under its own name.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] when it can't be read, with the cause as the error's source, and
    /// when it has more than [`MAX_BYTES`](Self::MAX_BYTES): then nothing of it is kept, and
    /// where its size is known, nothing is read.
    pub async fn from_path(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let name = name.ok_or_else(|| Error::input("media", "must be the path of a file"))?;
        let bytes = read(path)
            .await
            .map_err(|error| Error::input("media", "can't be read").with_source(error))?;
        let bytes = bytes.ok_or_else(|| {
            let allowed = format!("may have {} bytes at most", Self::MAX_BYTES);
            Error::input("media", allowed)
        })?;
        Ok(Self::from_bytes(name, bytes))
    }

    /// Sets the media type, such as `image/png`.
    #[must_use]
    pub fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Cow::Owned(content_type.into());
        self
    }

    /// Checks the files of one MMS as they are checked before it is sent: their number, their
    /// names and types, and that they have `limit_bytes` in all at most, by default
    /// [`ClientBuilder::DEFAULT_MEDIA_LIMIT`](crate::ClientBuilder::DEFAULT_MEDIA_LIMIT).
    ///
    /// ```
    /// use stratustexting::{ClientBuilder, Media};
    ///
    /// let nothing = Media::from_bytes("cat.png", "");
    /// let checked = Media::check(&[nothing], ClientBuilder::DEFAULT_MEDIA_LIMIT);
    /// assert!(checked.is_err_and(|error| error.is_input()));
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] for files that wouldn't be sent.
    pub fn check(media: &[Self], limit_bytes: usize) -> Result<()> {
        // The bytes themselves are shared.
        form(media.to_vec(), limit_bytes).map(drop)
    }

    /// The media type.
    #[must_use]
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    fn part(self) -> Result<Part> {
        let name = file_name(&self.name)?;
        if header_value(&self.content_type).is_none() {
            return Err(Error::input("media type", VISIBLE));
        }
        let length = self.bytes.len() as u64;
        Part::stream_with_length(self.bytes, length)
            .file_name(name)
            .mime_str(&self.content_type)
            .map_err(|_| Error::input("media type", "must be a media type such as image/png"))
    }
}

/// The bytes of a file, unless there are too many.
async fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = tokio::fs::File::open(path).await?;
    let size = file.metadata().await?.len();
    if size > Media::MAX_BYTES {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    // Devices and pipes have no size, and files may grow.
    let most = Media::MAX_BYTES + 1;
    file.take(most).read_to_end(&mut bytes).await?;
    Ok(((bytes.len() as u64) < most).then_some(bytes))
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Media")
            .field("content_type", &self.content_type)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// The name that is sent: the last part, as HTML's form encoding quotes it. A path would tell
/// about the sender's machine, and could lead a careless receiver elsewhere.
fn file_name(name: &str) -> Result<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    if last.chars().all(|c| c == '.' || shows_nothing(c)) || last.chars().any(char::is_control) {
        return Err(Error::input(
            "media name",
            "must name a file, without control characters",
        ));
    }
    Ok(last.replace('"', "%22"))
}

/// The media type of a file by its name, unless its bytes contradict that.
fn detect(name: &str, bytes: &[u8]) -> Cow<'static, str> {
    let signature = infer::get(bytes).filter(|kind| is_certain(*kind, bytes));
    let named = by_name(name);
    let media_type = match (named, signature) {
        (Some(named), Some(kind)) if contradicts(kind, named) => kind.mime_type(),
        (Some(named), _) => named,
        (None, Some(kind)) => kind.mime_type(),
        (None, None) => "application/octet-stream",
    };
    Cow::Borrowed(media_type)
}

fn by_name(name: &str) -> Option<&'static str> {
    let ending = Path::new(name).extension()?.to_str()?;
    // The registered types, where the list behind `mime_guess` has an older one, or none.
    let registered = [
        ("vcf", "text/vcard"),
        ("ics", "text/calendar"),
        ("m4a", "audio/mp4"),
        ("amr", "audio/amr"),
        ("awb", "audio/amr-wb"),
        ("3gp", "video/3gpp"),
        ("heic", "image/heic"),
        ("heif", "image/heif"),
    ];
    registered
        .iter()
        .find(|(known, _)| ending.eq_ignore_ascii_case(known))
        .map(|(_, media_type)| *media_type)
        .or_else(|| mime_guess::from_ext(ending).first_raw())
}

/// Whether bytes are what their first ones say. A text may begin with the two letters of a
/// picture's format, but no picture, sound or document is readable text.
fn is_certain(kind: infer::Type, bytes: &[u8]) -> bool {
    let text = std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0'));
    !text || kind.mime_type() == "application/pdf" && bytes.starts_with(b"%PDF-")
}

/// Whether bytes of a kind can't be of the type that the name says.
fn contradicts(kind: infer::Type, named: &str) -> bool {
    use infer::MatcherType::{Audio, Image, Video};
    let (top, _) = named.split_once('/').unwrap_or((named, ""));
    match kind.matcher_type() {
        Image => kind.mime_type() != named && named != "image/svg+xml",
        // One container holds either, under several names.
        Audio | Video => !matches!(top, "audio" | "video" | "image"),
        // An office document is an archive, too.
        _ => {
            top == "text"
                || top == "image"
                || kind.mime_type() == "application/pdf" && named != "application/pdf"
        }
    }
}

/// Checks the files and puts them into a form, a part `file` each.
pub(super) fn form(media: Vec<Media>, limit: usize) -> Result<Form> {
    if media.is_empty() || media.len() > Media::MAX_FILES {
        let allowed = format!("must be 1 to {} files", Media::MAX_FILES);
        return Err(Error::input("media", allowed));
    }
    if media.iter().any(|file| file.bytes.is_empty()) {
        return Err(Error::input("media", "may not have an empty file"));
    }
    let sum = media
        .iter()
        .fold(0_usize, |sum, file| sum.saturating_add(file.bytes.len()));
    if sum > limit {
        let allowed = format!("may have {limit} bytes in all, and has {sum}");
        return Err(Error::input("media", allowed));
    }
    media.into_iter().try_fold(
        Form::new(),
        |form, file| Ok(form.part("file", file.part()?)),
    )
}

/// The form as bytes.
pub(super) async fn collect(form: Form) -> Result<Bytes> {
    let mut body = BytesMut::new();
    let mut stream = form.into_stream();
    while let Some(chunk) = stream.next().await {
        body.extend_from_slice(&chunk.map_err(crate::transport::transport_error)?);
    }
    Ok(body.freeze())
}

#[cfg(test)]
mod tests;
