use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::*;

fn status(kind: Kind, code: u16) -> Error {
    Error::new(kind).with_response(Parts {
        status: StatusCode::from_u16(code).unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
    })
}

#[test]
fn what_the_gateway_stopped_was_not_sent_and_what_it_gave_up_may_have_been() {
    let gateways = |code: u16| {
        let mut error = status(Kind::Status, code);
        let parts = error.0.response.as_mut().unwrap();
        let name = "TooManyRequestsException:http://internal.example/doc";
        parts
            .headers
            .insert("x-amzn-errortype", name.parse().unwrap());
        parts
            .headers
            .insert("x-amzn-requestid", "id-1".parse().unwrap());
        error
    };
    for (code, own, gateway) in [
        (400, SendOutcome::Rejected, SendOutcome::Rejected),
        (408, SendOutcome::Unknown, SendOutcome::Rejected),
        (429, SendOutcome::Unknown, SendOutcome::Rejected),
        (500, SendOutcome::Unknown, SendOutcome::Unknown),
        (502, SendOutcome::Unknown, SendOutcome::Unknown),
        (504, SendOutcome::Unknown, SendOutcome::Unknown),
    ] {
        assert_eq!(status(Kind::Status, code).send_outcome(), own, "{code}");
        assert_eq!(gateways(code).send_outcome(), gateway, "{code}");
    }
    assert_eq!(
        gateways(429).gateway_error(),
        Some("TooManyRequestsException")
    );
    assert_eq!(gateways(429).request_id(), Some("id-1"));
    assert_eq!(status(Kind::Status, 429).gateway_error(), None);
}

#[test]
fn what_the_token_endpoint_responds_is_not_the_operations_response() {
    let missing = status(Kind::TokenRejected, 404);
    assert!(!missing.is_not_found() && !missing.is_status() && missing.is_token_rejected());
    assert!(!status(Kind::TokenRejected, 429).is_rate_limited());

    assert!(status(Kind::Status, 404).is_not_found());
    assert!(status(Kind::Status, 429).is_rate_limited());
}

/// A reader of "rejected" sends again.
#[test]
fn no_words_of_a_rejection_where_the_outcome_is_unknown() {
    use SendOutcome::{NotSent, Rejected, Unknown};
    let kinds = [
        Kind::Status,
        Kind::Transport,
        Kind::Timeout {
            while_: "waiting for the response",
        },
        Kind::Redirect { target: None },
        Kind::Decode,
        Kind::TooLarge { limit: 1 },
        Kind::ServiceFailure,
        Kind::Connect,
        Kind::Store,
    ];
    let mut rejections = 0;
    for kind in kinds {
        for earlier in [NotSent, Rejected, Unknown] {
            for code in [
                200, 304, 400, 401, 403, 404, 408, 425, 429, 500, 502, 503, 504,
            ] {
                let error = status(kind.clone(), code).after(earlier);
                let text = error.to_string();
                let rejects = ["reject", "refus", "denied", "declin"]
                    .iter()
                    .any(|word| text.contains(word));

                let rejected = error.send_outcome() == Rejected && kind == Kind::Status;
                assert_eq!(rejects, rejected, "{text}: {:?}", error.send_outcome());
                rejections += usize::from(rejected);
            }
        }
    }
    assert!(rejections > 0, "the table has both");
}

/// What the gateway says of an unknown path sounds like one about the token.
#[test]
fn a_path_that_the_gateway_does_not_know_is_no_fault_of_the_token() {
    let with_body = |code, body: &'static str| {
        let mut error = status(Kind::Status, code);
        error.0.response.as_mut().unwrap().body = Bytes::from_static(body.as_bytes());
        error.to_string()
    };
    let unknown = with_body(403, r#"{"message":"Missing Authentication Token"}"#);
    assert!(
        unknown.contains("path") && !unknown.contains("scope"),
        "{unknown}"
    );
    for (code, body) in [
        (403, r#"{"message":"Forbidden"}"#),
        (401, r#"{"message":"Missing Authentication Token"}"#),
        (403, ""),
    ] {
        let lasting = with_body(code, body);
        assert!(
            lasting.contains("scope") && !lasting.contains("path"),
            "{lasting}"
        );
    }
}
