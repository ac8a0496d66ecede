"""A typical program for the real service: the standard library, the token by Basic or form
fields, the text in the query, a callback that returns the validation token. It reads the
URLs and credentials from its standard input."""

import base64
import http.server
import json
import queue
import sys
import threading
import time
import urllib.parse
import urllib.request

sandbox = json.loads(sys.stdin.readline())
SCOPES = " ".join(
    "https://com.beetexting.scopes/" + name
    for name in ("ReadContact", "WriteContact", "SendMessage")
)
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def call(method, url, headers=None, data=None):
    request = urllib.request.Request(url, data=data, headers=headers or {}, method=method)
    with opener.open(request, timeout=10) as response:
        body = response.read()
        return json.loads(body) if body else None


def token(fields, basic=True):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if basic:
        pair = f"{sandbox['client_id']}:{sandbox['client_secret']}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    else:
        fields = dict(fields, client_id=sandbox["client_id"], client_secret=sandbox["client_secret"])
        headers["x-api-key"] = sandbox["api_key"]
    return call("POST", sandbox["token_url"], headers, urllib.parse.urlencode(fields).encode())


def credentials(token):
    return {"Authorization": "Bearer " + token["access_token"], "x-api-key": sandbox["api_key"]}


# Without a user: by Basic with scopes, by form fields without.
client_token = token({"grant_type": "client_credentials", "scope": SCOPES})
assert client_token["expires_in"] == 3600 and client_token["token_type"] == "Bearer"
by_form = token({"grant_type": "client_credentials"}, basic=False)
for access in (client_token, by_form):
    query = urllib.parse.urlencode(
        {"from": sandbox["number"], "to": "+13035550123", "text": "Hello & 50% \u2713"}
    )
    sent = call("POST", sandbox["api_base"] + "/message/sendsms?" + query, credentials(access))
    assert sent == {"result": "Message Processed Successfully"}, sent


# A user: the page, the code, no state and no PKCE.
class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


callback = "http://localhost:8000/callback"
page = sandbox["authorize_url"] + "?" + urllib.parse.urlencode(
    {
        "client_id": sandbox["client_id"],
        "response_type": "code",
        "redirect_uri": callback,
        "scope": SCOPES,
    }
)
form = urllib.parse.urlencode({"username": sandbox["username"], "password": sandbox["password"]})
try:
    urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect).open(
        page, form.encode(), timeout=10
    )
    raise AssertionError("no redirect")
except urllib.error.HTTPError as response:
    location = urllib.parse.urlparse(response.headers["Location"])
code = urllib.parse.parse_qs(location.query)["code"][0]
user = token({"grant_type": "authorization_code", "code": code, "redirect_uri": callback})
renewed = token({"grant_type": "refresh_token", "refresh_token": user["refresh_token"]})
refresh_token = renewed.get("refresh_token") or user["refresh_token"]
assert refresh_token

# A webhook.
events = queue.Queue()


class Callback(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("validation-token", self.headers["validation-token"])
        self.end_headers()

    def do_POST(self):
        events.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Callback)
threading.Thread(target=server.serve_forever, daemon=True).start()
headers = dict(credentials(renewed), **{"Content-Type": "application/json"})
subscription = {
    "uri": f"http://127.0.0.1:{server.server_port}/hook",
    "eventFilters": [
        f"/orgId/{sandbox['organization_id']}/department/{sandbox['department_id']}"
        "/message?direction=inbound"
    ],
    "expiresDateInMillies": int((time.time() + 90 * 86400) * 1000),
}
made = call(
    "POST", sandbox["api_base"] + "/webhooksubscription", headers, json.dumps(subscription).encode()
)
listed = call("GET", sandbox["api_base"] + "/webhooksubscription/all", headers)["content"]
assert [item["id"] for item in listed] == [made["id"]] and listed[0]["status"] == "ACTIVE"

text = {"from": "+13035550123", "to": sandbox["number"], "text": "Liked 'Hello'"}
call(
    "POST",
    sandbox["control_url"] + "/customer/messages",
    {"Content-Type": "application/json"},
    json.dumps(text).encode(),
)
info = events.get(timeout=10)["messageInfo"]
message = call(
    "GET", sandbox["api_base"] + "/message/getmessagebyid/" + info["messageId"], credentials(client_token)
)
assert (message["from"], message["text"]) == ("+13035550123", "Liked 'Hello'")
assert message["lastUpdated"] == info["lastUpdated"]

call("DELETE", sandbox["api_base"] + "/webhooksubscription/" + made["id"], headers)
assert call("GET", sandbox["api_base"] + "/webhooksubscription/all", headers)["content"] == []
print("done")
