//! The folder that gets the tokens. OAuth's requests are no operations of the document, so
//! they stand here, as RFC 6749 and RFC 7636 have them and the vendor documents them: the
//! client authenticates by HTTP Basic.

use super::{
    format::{Auth, Body, Event, Folder, Item, Pair, Request, Setting, Url},
    script,
};

/// The ids of its requests, in their order.
pub(crate) const TOKENS: [&str; 3] = [
    "token-client-credentials",
    "token-authorization-code",
    "token-refresh",
];

pub(super) fn folder() -> Folder {
    let [machine, user, refresh] = TOKENS;
    Folder {
        id: "authorization".to_owned(),
        name: "Authorization".to_owned(),
        description: "Gets the tokens that the other folders use, into the environment's \
             `access_token` and `refresh_token`.\n\n\
             To sign in as a user, open this folder's *Authorization* tab: everything is \
             filled in from the environment. Register `redirect_uri` as the client's callback \
             URL in the product first, press *Get New Access Token*, sign in, and copy the \
             token into `access_token`. The requests in this folder do the same without \
             Postman's own support for OAuth; take the one for the grant that your client has."
            .to_owned(),
        auth: Some(Auth::OAuth2 {
            oauth2: Setting::of(&[
                ("tokenName", "StratusTexting Connect"),
                ("grant_type", "authorization_code_with_pkce"),
                ("authUrl", "{{authorization_url}}"),
                ("accessTokenUrl", "{{token_url}}"),
                ("refreshTokenUrl", "{{token_url}}"),
                ("redirect_uri", "{{redirect_uri}}"),
                ("clientId", "{{client_id}}"),
                ("clientSecret", "{{client_secret}}"),
                ("scope", "{{scope}}"),
                ("challengeAlgorithm", "S256"),
                ("client_authentication", "header"),
                ("addTokenTo", "header"),
            ]),
        }),
        item: vec![
            item(
                machine,
                "Token for a program (client credentials)",
                "For a client with the grant `client_credentials`. The vendor says to use the \
                 authorization code only; this one was seen working on the Beetexting brand.",
                &[("grant_type", "client_credentials"), ("scope", "{{scope}}")],
            ),
            item(
                user,
                "Tokens for a user (authorization code)",
                "Exchanges the code of `authorization_code`, with which the sign-in page sent \
                 the browser back to `redirect_uri`. The page is `authorization_url` with \
                 `client_id`, `response_type=code`, `redirect_uri`, `scope`, `state`, and for \
                 PKCE `code_challenge` and `code_challenge_method=S256`, made of \
                 `code_verifier`. A code is good once, and for a few minutes.",
                &[
                    ("grant_type", "authorization_code"),
                    ("code", "{{authorization_code}}"),
                    ("redirect_uri", "{{redirect_uri}}"),
                    ("code_verifier", "{{code_verifier}}"),
                ],
            ),
            item(
                refresh,
                "New tokens (refresh)",
                "Exchanges the refresh token for a new access token. If the answer has a new \
                 refresh token, the old one may have ended.",
                &[
                    ("grant_type", "refresh_token"),
                    ("refresh_token", "{{refresh_token}}"),
                ],
            ),
        ],
    }
}

fn item(id: &str, name: &str, description: &str, fields: &[(&str, &str)]) -> Item {
    let url = "{{token_url}}".to_owned();
    let fields = fields.iter().map(|(key, value)| Pair {
        key: (*key).to_owned(),
        value: (*value).to_owned(),
        description: String::new(),
        disabled: false,
    });
    Item {
        id: id.to_owned(),
        name: name.to_owned(),
        event: vec![Event::test(script::TOKENS)],
        request: Request {
            auth: Some(Auth::Basic {
                basic: Setting::of(&[
                    ("username", "{{client_id}}"),
                    ("password", "{{client_secret}}"),
                ]),
            }),
            method: "POST".to_owned(),
            header: Vec::new(),
            body: Some(Body::Urlencoded {
                urlencoded: fields.collect(),
            }),
            url: Url {
                raw: url.clone(),
                host: vec![url],
                path: Vec::new(),
                query: Vec::new(),
                variable: Vec::new(),
            },
            description: description.to_owned(),
        },
    }
}
