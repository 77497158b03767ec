"""As much of S3, SageMaker, EventBridge, SNS and CloudWatch as an empty account needs."""

import hashlib
import http.server
import json
import threading
import urllib.parse
from xml.sax.saxutils import escape


class World:
    """Serves on 127.0.0.1; `break_with(status, code)` refuses every call of S3."""

    def __init__(self):
        self.objects, self.events, self.calls, self.broken = {}, [], [], None
        world, lock = self, threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def handle_any(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                with lock:
                    status, headers, answer = world.answer(self, body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        # A process that is killed leaves its connections.
        self.server.handle_error = lambda *_: None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, request, body):
        target = request.headers.get("X-Amz-Target")
        if target:
            self.calls.append(target.split(".")[-1])
            return self.json_call(target.split(".")[-1], json.loads(body))
        if request.path == "/":
            self.calls.append("Publish")
            return 200, {"Content-Type": "text/xml"}, (
                b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>'
                b"<MessageId>m-1</MessageId></PublishResult></PublishResponse>")
        self.calls.append(f"{request.command} object")
        return self.object_call(request, body)

    def json_call(self, name, call):
        kind = {"Content-Type": "application/x-amz-json-1.1"}
        if name == "PutEvents":
            self.events += call["Entries"]
            ids = [{"EventId": str(at)} for at, _ in enumerate(call["Entries"])]
            return 200, kind, json.dumps({"FailedEntryCount": 0, "Entries": ids}).encode()
        if name.startswith("List"):
            return 200, kind, b"{}"
        missing = {"__type": "ValidationException", "message": "Could not find endpoint \"x\"."}
        return 400, kind, json.dumps(missing).encode()

    def break_with(self, status, code):
        self.broken = (status, code)

    def object_call(self, request, body):
        if self.broken:
            return self.refuse(*self.broken)
        url = urllib.parse.urlsplit(request.path)
        query = urllib.parse.parse_qs(url.query)
        key = urllib.parse.unquote(url.path.lstrip("/")).partition("/")[2]
        if "list-type" in query:
            prefix = query.get("prefix", [""])[0]
            after = query.get("start-after", [""])[0]
            rows = "".join(
                f"<Contents><Key>{escape(name)}</Key><Size>{len(it)}</Size>"
                f"<LastModified>2026-03-04T10:00:00.000Z</LastModified><ETag>&quot;{tag(it)}&quot;</ETag></Contents>"
                for name, it in sorted(self.objects.items()) if name.startswith(prefix) and name > after)
            text = f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>"
            return 200, {"Content-Type": "application/xml"}, text.encode()
        held = self.objects.get(key)
        if request.command == "PUT":
            match, none = request.headers.get("If-Match"), request.headers.get("If-None-Match")
            if match and held is None:
                return self.refuse(404, "NoSuchKey")
            if (none and held is not None) or (match and match.strip('"') != tag(held)):
                return self.refuse(412, "PreconditionFailed")
            self.objects[key] = body
            return 200, {"ETag": f'"{tag(body)}"'}, b""
        if request.command == "DELETE":
            self.objects.pop(key, None)
            return 204, {}, b""
        if held is None:
            return self.refuse(404, "NoSuchKey")
        first, last = 0, len(held) - 1
        if wanted := request.headers.get("Range"):
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            first, last = int(first), min(int(last), len(held) - 1)
            if len(held) <= first:
                return self.refuse(416, "InvalidRange")
        piece = held[first:last + 1]
        return (206 if wanted else 200), {
            "ETag": f'"{tag(held)}"', "Content-Length": str(len(piece)),
            "Content-Range": f"bytes {first}-{last}/{len(held)}"}, piece

    @staticmethod
    def refuse(status, code):
        text = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
        return status, {"Content-Type": "application/xml"}, text

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def tag(body):
    return hashlib.md5(body).hexdigest()
