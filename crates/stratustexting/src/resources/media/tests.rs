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
async fn a_file_over_the_limit_is_an_error_before_it_is_read() {
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
fn files_that_can_not_be_sent_are_errors() {
    let file = || Media::from_bytes("a.txt", "12345");
    let field = |media: Vec<Media>| {
        let checked = Media::check(&media, 10).unwrap_err();
        let error = form(media, 10).unwrap_err();
        assert_eq!(checked.to_string(), error.to_string());
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
        field(vec![file().with_content_type("a/b\r\nX: y")]).as_deref(),
        Some("media type")
    );
    assert_eq!(
        field(vec![file().with_content_type("nonsense")]).as_deref(),
        Some("media type")
    );
    assert!(
        form(vec![file(), file()], 10).is_ok(),
        "the limit itself is allowed"
    );
}

/// What carriers take, and what people attach.
#[test]
fn the_media_type_is_the_names_unless_the_bytes_contradict_it() {
    let (png, jpeg) = (
        b"\x89PNG\r\n\x1a\n\0".as_slice(),
        b"\xff\xd8\xff\xe0\0".as_slice(),
    );
    let zip = b"PK\x03\x04\x14\0\0\0\x08\0".as_slice();
    let mp4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".as_slice();
    let three_gp = b"\0\0\0\x18ftyp3gp5\0\0\0\0".as_slice();
    let exe = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0".as_slice();
    let table: &[(&str, &[u8], &str)] = &[
        ("promo.txt", b"BMW service is due", "text/plain"),
        ("people.csv", b"MZ,name", "text/csv"),
        ("menu.txt", b"Our menu as a %PDF", "text/plain"),
        ("id.txt", b"ID3 is a format of tags", "text/plain"),
        ("gif.txt", b"GIF89a is a format of pictures", "text/plain"),
        ("page.txt", b"<html><body>Hello</body></html>", "text/plain"),
        ("script.txt", b"#!/bin/sh\necho", "text/plain"),
        ("notes.md", b"# Notes", "text/markdown"),
        (
            "logo.svg",
            b"<?xml version=\"1.0\"?><svg/>",
            "image/svg+xml",
        ),
        ("logo.svg", b"<svg/>", "image/svg+xml"),
        ("data.json", b"{}", "application/json"),
        ("card.vcf", b"BEGIN:VCARD", "text/vcard"),
        ("CARD.VCF", b"BEGIN:VCARD", "text/vcard"),
        ("date.ics", b"BEGIN:VCALENDAR", "text/calendar"),
        ("voice.amr", b"#!AMR\n\x3c\x48", "audio/amr"),
        ("voice.amr", b"#!AMR-WB\n\x04\xff", "audio/amr"),
        ("voice.awb", b"#!AMR-WB\n\x04\xff", "audio/amr-wb"),
        ("song.mp3", b"ID3\x04\0\0\0\0\0\0", "audio/mpeg"),
        ("song.wav", b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        ("song.m4a", mp4, "audio/mp4"),
        ("song.ogg", b"OggS\0\x02", "audio/ogg"),
        ("clip.3gp", three_gp, "video/3gpp"),
        ("clip.mp4", mp4, "video/mp4"),
        ("clip.mov", b"\0\0\0\x14ftypqt  \0\0\0\0", "video/quicktime"),
        ("photo.png", png, "image/png"),
        ("photo.jpg", jpeg, "image/jpeg"),
        ("photo.jpeg", jpeg, "image/jpeg"),
        ("photo.jpg", png, "image/png"),
        ("photo.png", jpeg, "image/jpeg"),
        ("photo.txt", png, "image/png"),
        ("photo.gif", b"GIF89a\x01\0\x01\0", "image/gif"),
        ("photo.webp", b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        ("photo.heic", b"\0\0\0\x18ftypheic\0\0\0\0", "image/heic"),
        ("photo.bmp", b"BM\x46\0\0\0\0\0", "image/bmp"),
        ("menu.pdf", b"%PDF-1.7\n", "application/pdf"),
        ("menu.docx", b"%PDF-1.7\n", "application/pdf"),
        (
            "data.docx",
            zip,
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (
            "data.xlsx",
            zip,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        ("data.zip", zip, "application/zip"),
        ("setup.exe", exe, "application/octet-stream"),
        (
            "setup.txt",
            exe,
            "application/vnd.microsoft.portable-executable",
        ),
        ("photo", png, "image/png"),
        ("photo.unknownending", jpeg, "image/jpeg"),
        ("text", b"BMW service is due", "application/octet-stream"),
        ("", b"x", "application/octet-stream"),
    ];
    for &(name, bytes, expected) in table {
        let media = Media::from_bytes(name, bytes);
        assert_eq!(media.content_type(), expected, "{name}");
    }
}

#[test]
fn a_name_is_the_last_part_and_quoted() {
    for (name, sent) in [
        ("a\"b.png", "a%22b.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\cat.png", "cat.png"),
        ("Über uns.pdf", "Über uns.pdf"),
        (".hidden", ".hidden"),
    ] {
        assert_eq!(file_name(name).unwrap(), sent);
    }
    for name in [
        "", " ", ".", "..", "a/", "a/..", "\u{200b}", "a\r\nb", "a\0",
    ] {
        let error = file_name(name).unwrap_err();
        assert_eq!(error.field(), Some("media name"), "{name:?}");
    }
}
