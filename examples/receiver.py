"""Prints every webhook that comes to http://127.0.0.1:8000, or to the port that is given, and answers 200."""

import sys
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        print(self.rfile.read(int(self.headers["Content-Length"])).decode(), flush=True)
        self.send_response(200)
        self.end_headers()


server = HTTPServer(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 8000), Receiver)
print(f"waiting for webhooks at http://127.0.0.1:{server.server_port}/", flush=True)
with suppress(KeyboardInterrupt):
    server.serve_forever()
