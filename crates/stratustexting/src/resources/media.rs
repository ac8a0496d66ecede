//! The files of an MMS.

use std::{borrow::Cow, fmt, io, path::Path};

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use reqwest::multipart::{Form, Part};
use tokio::io::AsyncReadExt;

use crate::{
    Error, Result,
    secret::{VISIBLE, header_value},
};

/// A file of an MMS: its bytes, its name, its media type.
///
/// The media type is read out of the bytes, or else out of the name's ending, or
/// else is `application/octet-stream`; [`media_type`](Self::media_type) sets it.
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
    /// The most files that one MMS may have. The service's own limit is UNKNOWN;
    /// this is what other services allow.
    pub const MAX_FILES: usize = 10;

    /// The most bytes that a file read by [`from_path`](Self::from_path) may have: 10 MiB,
    /// what a gateway of the kind that the service seems to have lets through. The client's
    /// own limit for all files of an MMS, which is checked when it is sent, is lower unless
    /// [`media_limit_bytes`](crate::ClientBuilder::media_limit_bytes) raises it.
    pub const MAX_BYTES: u64 = 10 * 1024 * 1024;

    /// A file out of bytes.
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
        let name = name.ok_or_else(|| Error::input("media", "has to be the path of a file"))?;
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
    pub fn media_type(mut self, media_type: impl Into<String>) -> Self {
        self.content_type = Cow::Owned(media_type.into());
        self
    }

    /// The media type.
    #[must_use]
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    fn part(self) -> Result<Part> {
        if self.name.is_empty() || self.name.chars().any(char::is_control) {
            return Err(Error::input(
                "media name",
                "may neither be empty nor contain control characters",
            ));
        }
        if header_value(&self.content_type).is_none() {
            return Err(Error::input("media type", VISIBLE));
        }
        let length = self.bytes.len() as u64;
        Part::stream_with_length(self.bytes, length)
            .file_name(self.name)
            .mime_str(&self.content_type)
            .map_err(|_| Error::input("media type", "has to be a media type such as image/png"))
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

fn detect(name: &str, bytes: &[u8]) -> Cow<'static, str> {
    if let Some(kind) = infer::get(bytes) {
        return Cow::Borrowed(kind.mime_type());
    }
    let ending = Path::new(name)
        .extension()
        .and_then(|ending| ending.to_str());
    match ending {
        // The registered type of RFC 6350; the list behind `mime_guess` has an older
        // name.
        Some(ending) if ending.eq_ignore_ascii_case("vcf") => Cow::Borrowed("text/vcard"),
        _ => match mime_guess::from_path(name).first_raw() {
            Some(media_type) => Cow::Borrowed(media_type),
            None => Cow::Borrowed("application/octet-stream"),
        },
    }
}

/// Checks the files and puts them into a form, a part `file` each.
pub(super) fn form(media: Vec<Media>, limit: usize) -> Result<Form> {
    if media.is_empty() || media.len() > Media::MAX_FILES {
        let allowed = format!("has to be 1 to {} files", Media::MAX_FILES);
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
mod tests {
    use super::*;

    #[test]
    fn the_media_type_comes_from_bytes_then_name_then_nothing() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\0".as_slice();

        assert_eq!(Media::from_bytes("a.txt", png).content_type(), "image/png");
        assert_eq!(
            Media::from_bytes("a.svg", "<svg/>").content_type(),
            "image/svg+xml"
        );
        assert_eq!(Media::from_bytes("A.VCF", "x").content_type(), "text/vcard");
        assert_eq!(
            Media::from_bytes("a", "x").content_type(),
            "application/octet-stream"
        );
    }

    #[tokio::test]
    async fn a_file_over_the_limit_is_refused_before_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let file = std::fs::File::create(&path).unwrap();
        // It takes no place on the disk, and would take a minute and all memory to read.
        file.set_len(1 << 40).unwrap();

        let error = Media::from_path(&path).await.unwrap_err();

        assert!(error.is_input() && error.to_string().contains("10485760"));
        file.set_len(Media::MAX_BYTES).unwrap();
        assert!(Media::from_path(&path).await.is_ok());
        #[cfg(target_os = "linux")]
        assert!(Media::from_path("/dev/zero").await.unwrap_err().is_input());
    }

    #[test]
    fn files_that_can_not_be_sent_are_refused() {
        let file = || Media::from_bytes("a.txt", "12345");
        let field = |media: Vec<Media>| {
            let error = form(media, 10).unwrap_err();
            assert!(error.is_input(), "{error:?}");
            error.field().map(str::to_owned)
        };

        assert_eq!(field(vec![]).as_deref(), Some("media"));
        assert_eq!(
            field(vec![Media::from_bytes("a.txt", "")]).as_deref(),
            Some("media")
        );
        assert_eq!(
            field(vec![file(), file(), file()]).as_deref(),
            Some("media")
        );
        assert_eq!(field(vec![file(); 11]).as_deref(), Some("media"));
        assert_eq!(
            field(vec![Media::from_bytes("a\r\nb", "1")]).as_deref(),
            Some("media name")
        );
        assert_eq!(
            field(vec![file().media_type("a/b\r\nX: y")]).as_deref(),
            Some("media type")
        );
        assert_eq!(
            field(vec![file().media_type("nonsense")]).as_deref(),
            Some("media type")
        );
        assert!(
            form(vec![file(), file()], 10).is_ok(),
            "the limit itself is allowed"
        );
    }
}
