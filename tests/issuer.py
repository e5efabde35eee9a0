"""An OpenID Connect issuer on a port of this machine, which lets in whom the test names."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

KEY = "not checked: the token comes straight from the issuer"


class Issuer:
    """What it says of the next person who comes, and what it was asked."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {"sub": "1"}
        self.info: dict[str, Any] | None = None  # of the user's own endpoint, where it differs
        self.asked: list[dict[str, str]] = []
        self.url = ""

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        self.asked.append(form)
        now = int(time.time())
        about = {"iss": self.url, "aud": form["client_id"], "iat": now, "exp": now + 60}
        id_token = jwt.encode(about | self.claims, KEY, algorithm="HS256")
        return {"access_token": "let-me-in", "token_type": "Bearer", "id_token": id_token}

    def userinfo(self) -> dict[str, Any]:
        return self.claims if self.info is None else self.info


@contextmanager
def serving() -> Iterator[Issuer]:
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/.well-known/openid-configuration":
                self._say(issuer.configuration())
            elif parts.path == "/userinfo":
                self._say(issuer.userinfo())
            elif parts.path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
                issuer.asked.append(asked)
                back = urlencode({"code": "42", "state": asked["state"]})
                self.send_response(302)
                self.send_header("Location", f"{asked['redirect_uri']}?{back}")
                self.end_headers()

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._say(issuer.token({name: values[0] for name, values in parse_qs(text).items()}))

        def _say(self, answer: dict[str, Any]) -> None:
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
