"""Agents that answer what is recorded in tests/answers, or worse, over real sockets."""
import http.server
import json
import os
import socket
import threading

ANSWERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "answers")


class OlderAgent:
    """Serves a recorded agent on a free port of loopback; with `body`, the same bytes for whatever is asked."""

    def __init__(self, name=None, body=None, status=200, headers=(), host="127.0.0.1"):
        recorded = {}
        if name:
            with open(os.path.join(ANSWERS, name + ".json"), encoding="utf-8") as file:
                recorded = json.load(file)["answers"]
        self.asked = asked = []
        self.connections = connections = set()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                asked.append((self.command, self.path, self.rfile.read(length), dict(self.headers)))
                connections.add(self.client_address)
                told = recorded.get(self.path.split("?")[0])
                if body is not None:
                    told_status, content = status, body
                elif told and self.command == "GET":
                    told_status, content = told["status"], json.dumps(told["body"]).encode()
                else:
                    told_status, content = 404, b""
                self.send_response(told_status)
                for key, value in headers:
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                try:
                    self.wfile.write(content)
                except OSError:
                    pass  # the client had enough

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

            def handle_error(self, *_):
                pass  # a client may leave in the middle

        self.server = Server((host, 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
