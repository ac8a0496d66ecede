"""What schemathesis must know of the sandbox beyond openapi.json.

Most of the service's rules are UNKNOWN, so the document leaves them out, and the sandbox
decides. Here the document is completed by the sandbox's own rules, so that what fits it is
to be accepted, and what doesn't is to be rejected. The responses aren't touched: they must
fit the document as it is.
"""

import os

import schemathesis

# A callback that completes the handshake, a filter of the account, and a customer's message.
CALLBACK = os.environ["SANDBOX_CALLBACK"]
FILTER = os.environ["SANDBOX_FILTER"]
MESSAGE = os.environ["SANDBOX_MESSAGE"]
NUMBER = os.environ["SANDBOX_NUMBER"]

# The sandbox takes the lengths that occur; the document has those of E.164.
E164 = r"^\+[1-9][0-9]{6,14}$"

# A character that isn't white space. Regular expressions disagree about `\s`.
NOT_BLANK = "[^\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"


def may_be_null(schema):
    """Whether the service takes null for an optional field is UNKNOWN; the sandbox does."""
    required = schema.get("required", [])
    for name, field in schema["properties"].items():
        if name not in required:
            # Only `nullable` beside a type counts.
            if "allOf" in field:
                field["anyOf"] = field.pop("allOf") + [{"enum": [None]}]
            field["nullable"] = True


@schemathesis.hook
def before_load_schema(context, document):
    operations = {
        operation["operationId"]: operation
        for path in document["paths"].values()
        for operation in path.values()
    }
    schemas = document["components"]["schemas"]

    # Schemathesis doesn't test whether a token by OAuth is needed; one by HTTP it does.
    document["components"]["securitySchemes"]["oauth2"] = {"type": "http", "scheme": "bearer"}

    for operation in operations.values():
        for parameter in operation.get("parameters", []):
            schema = parameter["schema"]
            match parameter["name"]:
                case "from":
                    # Another number isn't the account's.
                    schema["enum"] = [NUMBER]
                case "to" | "mobileNumber":
                    schema["pattern"] = E164
                case "number":
                    schema["pattern"] = "^[0-9]{1,15}$"
                case "text":
                    schema["maxLength"] = 1600
                    if parameter["required"]:
                        schema["pattern"] = NOT_BLANK
                case "page" | "size":
                    schema["maximum"] = 2**31 - 1
                case "messageId":
                    parameter["example"] = MESSAGE

    contact = schemas["ContactRequest"]
    contact["properties"]["mobileNumber"]["pattern"] = E164
    # There are few departments, and the document doesn't know their ids.
    del contact["properties"]["departmentId"]
    may_be_null(contact)
    may_be_null(schemas["CustomConsentRequest"])

    # A contact is created, or found, by its number.
    created = {**contact, "required": ["mobileNumber"]}
    created["properties"] = {
        **contact["properties"],
        "mobileNumber": {"type": "string", "pattern": E164},
    }
    schemas["NewContact"] = created
    body = operations["upsertContact"]["requestBody"]["content"]["application/json"]
    body["schema"] = {"$ref": "#/components/schemas/NewContact"}

    # A contact is named in one of two ways.
    change = schemas["CustomConsentTypeRequest"]
    by_id = {"contactId": {"type": "string"}, "mobileNumber": {"enum": [None]}}
    by_number = {
        "contactId": {"enum": [None]},
        "mobileNumber": {"type": "string", "pattern": E164},
    }
    change["oneOf"] = [
        {"required": ["contactId"], "properties": by_id},
        {"required": ["mobileNumber"], "properties": by_number},
    ]
    may_be_null(change)

    # Every part is a file.
    form = operations["sendMms"]["requestBody"]["content"]["multipart/form-data"]
    form["schema"]["additionalProperties"] = False
    form["schema"]["properties"]["file"]["items"]["minLength"] = 1

    subscription = schemas["SubscriptionRequest"]
    fields = subscription["properties"]
    fields["uri"] = {"type": "string", "enum": [CALLBACK]}
    may_be_null(subscription)
    body = operations["upsertSubscription"]["requestBody"]["content"]["application/json"]
    body["example"] = {"uri": CALLBACK, "eventFilters": [FILTER]}
    operations["upsertSubscription"]["responses"]["200"]["links"] = {
        "delete": {
            "operationId": "deleteSubscription",
            "parameters": {"subscriptionId": "$response.body#/id"},
        }
    }
