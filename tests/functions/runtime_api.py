"""Lambda's Runtime API (2018-06-01) for one function process, from AWS's documentation."""

import http.server
import json
import os
import queue
import subprocess
import threading
import time

NEXT = "/2018-06-01/runtime/invocation/next"


class RuntimeApi:
    """Serves one bootstrap on a port of its own; `invoke` answers `(kind, body)`."""

    def __init__(self, bootstrap, environment, deadline=60):
        self.deadline, self.asked, self.answers = deadline, queue.Queue(), {}
        self.started, self.polled, self.first_poll = threading.Event(), threading.Event(), None
        self.changed = threading.Condition()
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def do_GET(self):
                if self.path != NEXT:
                    return self.reply(404, b"{}")
                if api.first_poll is None:
                    api.first_poll = time.monotonic()
                    api.started.wait()
                    api.on_first_poll()
                    api.polled.set()
                request, payload = api.asked.get()
                if request is None:
                    self.close_connection = True
                    return None
                deadline = int((time.time() + api.deadline) * 1000)
                self.reply(200, payload, {
                    "Lambda-Runtime-Aws-Request-Id": request,
                    "Lambda-Runtime-Deadline-Ms": str(deadline),
                    "Lambda-Runtime-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
                    "Lambda-Runtime-Invoked-Function-Arn": f"arn:aws:lambda:eu-west-1:111122223333:function:{api.name}",
                    "Content-Type": "application/json",
                })

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) \
                    if self.headers.get("Transfer-Encoding") != "chunked" else self.chunks()
                request, kind = self.path.rsplit("/", 2)[-2:]
                with api.changed:
                    api.answers.setdefault(request, (kind, body, dict(self.headers)))
                    api.changed.notify_all()
                self.reply(202, b"")

            def chunks(self):
                whole = b""
                while size := int(self.rfile.readline(), 16):
                    whole += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return whole

            def reply(self, status, body, headers=None):
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.name = os.path.basename(bootstrap)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        # A process that is killed leaves its connections.
        self.server.handle_error = lambda *_: None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.environment = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
        } | environment
        self.spawned = time.monotonic()
        self.process = subprocess.Popen([bootstrap], env=self.environment, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.started.set()
        self.lines = []
        for stream in (self.process.stdout, self.process.stderr):
            threading.Thread(target=self.collect, args=(stream,), daemon=True).start()

    def on_first_poll(self):
        """For those who measure."""

    def collect(self, stream):
        for line in stream:
            self.lines.append(line.decode(errors="replace").rstrip("\n"))

    def invoke(self, request, payload, timeout=30):
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.asked.put((request, body))
        with self.changed:
            if not self.changed.wait_for(lambda: request in self.answers, timeout):
                return "silence", None
        kind, body, headers = self.answers[request]
        self.headers = headers
        return kind, json.loads(body or b"null")

    def close(self):
        self.asked.put((None, None))
        self.process.kill()
        self.process.wait()
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
