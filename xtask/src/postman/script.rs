//! The scripts that Postman runs before requests and after answers.

use super::flow::Id;

/// Before each request of the collection: encodes what Postman leaves as it is.
///
/// In a query a plus sign means a space, and each phone number begins with one.
pub(super) const ENCODE: &str = r#"// Made by `cargo xtask postman`.
// Postman leaves + and & of a value as they are. In a query they mean a space and the next
// parameter, and each phone number begins with a plus sign.
const encode = (parameter) => {
    if (parameter.value) {
        parameter.value = encodeURIComponent(pm.variables.replaceIn(parameter.value));
    }
};
pm.request.url.query.each(encode);
pm.request.url.variables.each(encode);
"#;

/// After an answer: whether it is a success that is documented, and what later requests
/// need of it.
pub(super) fn test(successes: &[String], items: Option<&str>, stored: &[(&Id, bool)]) -> String {
    let mut script = format!(
        "pm.test(\"the status is {}\", function () {{\n    {}\n}});\n",
        successes.join(" or "),
        expectation(successes)
    );
    if let Some(items) = items {
        script.push_str(&format!(
            "pm.test(\"the page has its items in {items}\", function () {{\n    \
             pm.expect(pm.response.json()).to.have.property({items:?}).that.is.an(\"array\");\n\
             }});\n"
        ));
    }
    if !stored.is_empty() {
        script.push_str(
            "if (pm.response.code < 300) {\n    // For requests that come later.\n    \
             const answer = pm.response.json();\n",
        );
        for (id, only_if_empty) in stored {
            script.push_str(&store(id, *only_if_empty));
        }
        script.push_str("}\n");
    }
    script
}

fn expectation(successes: &[String]) -> String {
    match successes {
        [one] if one.chars().all(|c| c.is_ascii_digit()) => {
            format!("pm.expect(pm.response.code).to.equal({one});")
        }
        several => {
            let several = several.join("|").replace(['x', 'X'], r"\d");
            format!("pm.expect(String(pm.response.code)).to.match(/^({several})$/);")
        }
    }
}

fn store(id: &Id, only_if_empty: bool) -> String {
    let way: String = id.way.iter().map(|step| step_of(step)).collect();
    let variable = &id.variable;
    // Not each answer needs to have it.
    let condition = if only_if_empty {
        format!("!pm.variables.get({variable:?}) && answer{way}")
    } else {
        format!("answer{way}")
    };
    format!(
        "    if ({condition}) {{\n        pm.environment.set({variable:?}, answer{way});\n    }}\n"
    )
}

fn step_of(step: &str) -> String {
    if step.chars().all(|c| c.is_ascii_digit()) {
        format!("?.[{step}]")
    } else if step.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        format!("?.{step}")
    } else {
        format!("?.[{step:?}]")
    }
}

/// After the answer to a request for tokens.
pub(super) const TOKENS: &str = r#"pm.test("the status is 200", function () {
    pm.expect(pm.response.code).to.equal(200);
});
pm.test("there is a bearer token", function () {
    const answer = pm.response.json();
    pm.expect(answer.token_type).to.equal("Bearer");
    pm.expect(answer.access_token).to.be.a("string").that.is.not.empty;
});
if (pm.response.code === 200) {
    const answer = pm.response.json();
    pm.environment.set("access_token", answer.access_token);
    // Not each answer has a new one; then the old one stays good.
    if (answer.refresh_token) {
        pm.environment.set("refresh_token", answer.refresh_token);
    }
}
"#;
