"""The server that all generators are measured against: nginx with one small answer."""

import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

import peers

BODY = '{"status": "ok", "token": "5f2c9a7e41b80d36"}'
# Status line, headers and body together, so that the cost of an answer does not hang on the name of a version.
ANSWER = 203

CONF = """daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 3600s;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    default_type application/json;
    location / {{ return 200 '{body}'; }}
    location /served {{ stub_status; }}
    location /login {{ add_header Set-Cookie "session=0123456789abcdef; Path=/"; return 200 '{body}'; }}
  }}
}}
"""


class Server:
    """nginx on one core for as long as the block runs."""

    def __init__(self, folder, core):
        self.folder, self.core = pathlib.Path(folder), core
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/answer"
        self.nginx = program()

    def __enter__(self):
        body = BODY
        for _ in range(2):
            self._start(body)
            length = self._length()
            if length == ANSWER:
                return self
            self._stop()
            body = BODY[:-1] + " " * (ANSWER - length) + "}"
        sys.exit(f"nginx answers with {length} bytes in the place of {ANSWER}; shorten BODY")

    def __exit__(self, *_):
        self._stop()

    def requests(self):
        """How many requests it has had so far, without those for this number."""
        try:
            said = urllib.request.urlopen(f"{self.url.rpartition('/')[0]}/served").read().decode()
        except OSError as reason:
            sys.exit(f"nginx does not say what it served: {reason}")
        self.asked += 1
        # The third line: connections that were accepted, those that were handled, and requests.
        return int(said.splitlines()[2].split()[2]) - self.asked

    def _start(self, body):
        self.asked = 0
        conf = self.folder / "nginx.conf"
        conf.write_text(CONF.format(folder=self.folder, port=self.port, body=body))
        self.process = subprocess.Popen(
            ["taskset", "-c", str(self.core), self.nginx, "-p", str(self.folder), "-c", str(conf)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(100):
            try:
                urllib.request.urlopen(self.url).read()
                return
            except OSError:
                time.sleep(0.05)
        self._stop()
        sys.exit(f"nginx does not answer at {self.url}; its log: {self.folder}/error.log")

    def _stop(self):
        self.process.terminate()
        self.process.wait()

    def _length(self):
        with socket.create_connection(("127.0.0.1", self.port)) as plain:
            plain.sendall(b"GET /answer HTTP/1.1\r\nHost: x\r\n\r\n")
            time.sleep(0.2)
            return len(plain.recv(65536))


def cores(text):
    """The generator's core and the server's, of `0,1`."""
    named, usable = [core.strip() for core in text.split(",")], {str(core) for core in os.sched_getaffinity(0)}
    if len(named) != 2 or len(usable.intersection(named)) != 2:
        sys.exit(f"--cores {text}: it takes two cores, and this process may use {', '.join(sorted(usable))}")
    return named


def program():
    """nginx, installed where it is missing: nothing can be measured without it."""
    try:
        return peers.apt("nginx", "nginx-light")()
    except peers.Missing as reason:
        sys.exit(f"nginx, which every generator is measured against, cannot be had: {reason}")


def version():
    """nginx's version, as it names itself."""
    said = subprocess.run([program(), "-v"], check=False, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    return said.stderr.strip().rpartition("/")[2]
