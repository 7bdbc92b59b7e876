"""Connects an authenticator app to the account of an API key.

    BASE_URL=http://localhost:3000 API_KEY=csk_... python3 connect.py            shows the key, writes the picture
    BASE_URL=http://localhost:3000 API_KEY=csk_... python3 connect.py 123456     holds the app's code against it

Exit codes: 0 done, 1 refused, 2 wrongly started. Needs nothing but Python 3.8 or later.
"""

import base64
import json
import os
import sys
import urllib.error
import urllib.request


class Refused(Exception):
    """What the server said, in its words."""


def call(base_url, api_key, method, path, body=None):
    """Sends one request and takes the envelope off."""
    request = urllib.request.Request(
        f"{base_url.rstrip('/')}/api/2.0{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {api_key}",
            "Accept": "application/json",
            "Content-Type": "application/json",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["response"]
    except urllib.error.HTTPError as answer:
        wait = answer.headers.get("Retry-After")
        message = json.load(answer)["error"]["message"]
        raise Refused(f"{answer.code}: {message}" + (f" (in {wait} seconds)" if wait else "")) from None
    except urllib.error.URLError as error:
        raise Refused(f"{base_url} does not answer: {error.reason}") from None


def show(ask, picture):
    """The account, the key to type in, and its picture as a file to scan. The same key until it is used."""
    setup = ask("GET", "/settings/tfaapp/setup")
    file = os.open(picture, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "wb") as target:
        target.write(base64.b64decode(setup["qrCodeSetupImageUrl"].split(",", 1)[1]))
    print(f"account  {setup['account']}")
    print(f"key      {setup['manualEntryKey']}")
    print(f"picture  {picture} (delete it once it is scanned)")


def connect(ask, code):
    """The first right code connects the app. Its backup codes are shown to this key for ten minutes."""
    ask("POST", "/settings/tfaapp/validate", {"code": code})
    print("connected")
    for entry in ask("GET", "/settings/tfaappcodes"):
        if entry["code"] and not entry["isUsed"]:
            print(f"backup   {entry['code']}")


def main(arguments):
    base_url = os.environ.get("BASE_URL")
    api_key = os.environ.get("API_KEY")
    if not base_url or not api_key:
        print("Set BASE_URL (without a slash at the end) and API_KEY.", file=sys.stderr)
        return 2

    def ask(method, path, body=None):
        return call(base_url, api_key, method, path, body)

    try:
        if arguments:
            connect(ask, arguments[0])
        else:
            show(ask, os.environ.get("QR_FILE", "authenticator.png"))
    except Refused as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
