"""A login provider (OpenID Connect, code flow) on this machine, for the tests of the login."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "vae-lab", "the secret of the client"


class Provider:
    """A provider that logs everybody in as `user` at once.

    Attributes:
        user: the claims about who logs in next.
        logged_out: how often somebody logged out.
    """

    def __init__(self) -> None:
        self.user: dict[str, Any] = {}
        self.logged_out = 0
        self._key = RSAKey.generate_key(2048, parameters={"kid": "1"})
        self._codes: dict[str, dict[str, str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider._get(self)

            def do_POST(self) -> None:
                provider._post(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def secrets(self, trainers: list[str]) -> str:
        """Return the secrets of a dashboard that uses this provider."""
        return f"""
[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "{secrets.token_hex()}"
client_id = "{CLIENT}"
client_secret = "{SECRET}"
server_metadata_url = "{self.url}/.well-known/openid-configuration"

[vae_lab]
trainers = {json.dumps(trainers)}
"""

    def _get(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/.well-known/openid-configuration":
            _answer(
                request,
                {
                    "issuer": self.url,
                    "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token",
                    "jwks_uri": f"{self.url}/keys",
                    "end_session_endpoint": f"{self.url}/logout",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "code_challenge_methods_supported": ["S256"],
                },
            )
        elif parts.path == "/keys":
            _answer(request, {"keys": [self._key.as_dict(private=False)]})
        elif parts.path == "/authorize":
            assert asked["client_id"] == CLIENT
            assert asked["response_type"] == "code"
            code = secrets.token_hex()
            self._codes[code] = asked
            _redirect(request, asked["redirect_uri"], code=code, state=asked["state"])
        elif parts.path == "/logout":
            self.logged_out += 1
            _redirect(request, asked["post_logout_redirect_uri"])
        else:
            request.send_error(404)

    def _post(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"])).decode()
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        basic = base64.b64decode(request.headers["Authorization"].split()[1]).decode()
        asked = self._codes.pop(sent["code"])  # a code is valid once
        challenge = hashlib.sha256(sent["code_verifier"].encode()).digest()
        assert basic.split(":", 1)[0] == CLIENT
        assert asked["code_challenge"] == base64.urlsafe_b64encode(challenge).decode().rstrip("=")
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 600}
        token = jwt.encode(
            {"alg": "RS256", "kid": "1"}, claims | self.user | {"nonce": asked["nonce"]}, self._key
        )
        _answer(
            request,
            {"access_token": "a", "token_type": "Bearer", "expires_in": 600, "id_token": token},
        )


def _answer(request: BaseHTTPRequestHandler, content: dict[str, Any]) -> None:
    body = json.dumps(content).encode()
    request.send_response(200)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def _redirect(request: BaseHTTPRequestHandler, url: str, **values: str) -> None:
    request.send_response(302)
    request.send_header("Location", f"{url}?{urlencode(values)}" if values else url)
    request.send_header("Content-Length", "0")
    request.end_headers()
