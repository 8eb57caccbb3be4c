"""Who the fuzzer is: the bearer of a token, who signs pushes as GitHub does, so that it gets behind every door."""

import hashlib
import hmac
import os

import requests
import schemathesis


class Known(requests.auth.AuthBase):
    def __call__(self, request):
        body = request.body or b""
        if isinstance(body, str):
            body = body.encode()
        if "/webhooks/github" in request.url and isinstance(body, bytes):
            digest = hmac.new(os.environ["FUZZ_SECRET"].encode(), body, hashlib.sha256).hexdigest()
            request.headers["X-Hub-Signature-256"] = f"sha256={digest}"
        else:
            request.headers["Authorization"] = f"Bearer {os.environ['FUZZ_TOKEN']}"
        return request


schemathesis.auth.set_from_requests(Known())
