"""Logs in at the sandbox with Authlib, as a program in Python would.

`cargo xtask oauth-clients` runs it with the sandbox's line of JSON on its standard input.
"""

import json
import sys

import requests
from authlib.integrations.requests_client import OAuth2Session

sandbox = json.loads(sys.stdin.readline())
SCOPE = "https://com.beetexting.scopes/ReadContact https://com.beetexting.scopes/SendMessage"
REDIRECT_URI = "http://127.0.0.1:4711/callback"  # Nobody listens there.


def client(**settings):
    session = OAuth2Session(sandbox["client_id"], sandbox["client_secret"], **settings)
    session.headers["x-api-key"] = sandbox["api_key"]
    session.trust_env = False
    return session


def log_in(url):
    """What a person does in a browser; returns where the browser is sent."""
    with requests.Session() as browser:
        browser.trust_env = False
        page = browser.get(url, timeout=10)
        assert page.status_code == 200 and "<form" in page.text, page.status_code
        form = {"username": sandbox["username"], "password": sandbox["password"]}
        response = browser.post(url, data=form, allow_redirects=False, timeout=10)
    assert response.status_code == 302, response.status_code
    return response.headers["location"]


def list_sites(program):
    sites = program.get(sandbox["api_base"] + "/site/all", timeout=10)
    assert sites.status_code == 200 and "content" in sites.json(), sites.status_code


# The authorization code grant with PKCE. Authlib compares the state and hashes the verifier.
program = client(scope=SCOPE, redirect_uri=REDIRECT_URI, code_challenge_method="S256")
verifier = "a-verifier-that-nobody-else-knows-0123456789"
url, state = program.create_authorization_url(sandbox["authorize_url"], code_verifier=verifier)
first = program.fetch_token(
    sandbox["token_url"],
    authorization_response=log_in(url),
    state=state,
    code_verifier=verifier,
)
assert first["token_type"] == "Bearer" and first["expires_in"] > 0, first.keys()
list_sites(program)

# A refresh.
second = program.refresh_token(sandbox["token_url"], first["refresh_token"])
assert second["access_token"] != first["access_token"]
list_sites(program)

# The code is valid once, and only with its verifier.
url, state = program.create_authorization_url(sandbox["authorize_url"], code_verifier=verifier)
location = log_in(url)
for wrong in ["another-verifier-that-does-not-fit-0123456789", verifier]:
    try:
        program.fetch_token(
            sandbox["token_url"], authorization_response=location, state=state, code_verifier=wrong
        )
        raise AssertionError("the code is exchanged")
    except Exception as error:  # Authlib's own, with the code of RFC 6749.
        assert getattr(error, "error", None) == "invalid_grant", repr(error)

# Client credentials, by the header and by the form.
for method in ["client_secret_basic", "client_secret_post"]:
    machine = client(scope=SCOPE, token_endpoint_auth_method=method)
    token = machine.fetch_token(sandbox["token_url"], grant_type="client_credentials")
    assert "refresh_token" not in token
    list_sites(machine)

print("Authlib: code with PKCE, refresh, client credentials")
