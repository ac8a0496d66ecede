"""Uses the client that OpenAPI Generator makes of openapi.json, against the sandbox.

`cargo xtask python-client` generates the client, starts the sandbox, and runs this with
the folder of the client as the argument and the sandbox's line of JSON on its standard
input. The client's results are compared with the sandbox's records.
"""

import base64
import json
import pathlib
import sys
import urllib.parse
import urllib.request

sys.path.insert(0, sys.argv[1])
import connect_api  # noqa: E402

where = json.loads(sys.stdin.readline())
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def call(method, url, headers=None, data=None):
    request = urllib.request.Request(url, data=data, headers=headers or {}, method=method)
    with opener.open(request, timeout=10) as response:
        return json.loads(response.read())


def control(path, body=None):
    headers = {"Content-Type": "application/json"}
    data = json.dumps(body).encode() if body else None
    return call("POST" if body else "GET", where["control_url"] + path, headers, data)


def token():
    pair = f"{where['client_id']}:{where['client_secret']}".encode()
    headers = {
        "Authorization": "Basic " + base64.b64encode(pair).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    form = urllib.parse.urlencode({"grant_type": "client_credentials"}).encode()
    return call("POST", where["token_url"], headers, form)["access_token"]


def client(api_key):
    settings = connect_api.Configuration(
        host=where["api_base"], api_key={"apiKey": api_key}, access_token=token()
    )
    return connect_api.ApiClient(settings)


CUSTOMER = "+13035550123"

with client(where["api_key"]) as api:
    messages = connect_api.MessagesApi(api)
    contacts = connect_api.ContactsApi(api)

    # An SMS: what a query does to a text and to a plus sign is the generator's job.
    text = "Ready? 50% & more \u2713"
    sent = messages.send_sms(var_from=where["number"], to=CUSTOMER, text=text)
    assert sent.result == "Message Processed Successfully", sent

    # An MMS: a form with a file in it.
    picture = pathlib.Path(__file__).parent.parent / "postman" / "picture.png"
    sent = messages.send_mms(
        var_from=where["number"], to=CUSTOMER, file=[str(picture)], text="A picture"
    )
    assert sent.result == "Message Processed Successfully", sent

    # All contacts, page by page.
    found, page = [], 0
    while True:
        listed = contacts.list_contacts(page=page, size=20)
        found += listed.content
        page += 1
        if listed.last:
            break
    assert page == 2 and len(found) == listed.total_elements == 30, (page, len(found))
    assert len({contact.id for contact in found}) == 30
    assert all(contact.mobile_number.startswith("+") for contact in found)

    # A message that came in, whose recipients have one of several shapes.
    received = control(
        "/customer/messages", {"from": CUSTOMER, "to": where["number"], "text": "Is it ready?"}
    )
    message = messages.get_message_by_id(received["id"])
    assert message.text == "Is it ready?" and message.var_from == CUSTOMER, message

# An error is an error, with its status.
with client("another key") as api:
    try:
        connect_api.ContactsApi(api).list_contacts()
        raise AssertionError("no error")
    except connect_api.ApiException as error:
        assert error.status == 403, error

# The sandbox's records.
sms, mms = control("/messages")
assert (sms["from"], sms["to"], sms["text"]) == (where["number"], CUSTOMER, text), sms
assert mms["text"] == "A picture" and len(mms["media"]) == 1, mms
carried_out = [entry["operation"] for entry in control("/ledger") if entry["carried_out"]]
for operation, times in {"sendSms": 1, "sendMms": 1, "listContacts": 2, "getMessageById": 1}.items():
    assert carried_out.count(operation) == times, (operation, carried_out)
print(f"sent an SMS and an MMS, listed {len(found)} contacts on {page} pages, read a message")
