"""`bucket serve`: an empty S3 on a free loopback port, with one bucket called `baselines`.

The first line of the output is `listening on http://127.0.0.1:PORT`. It ends on SIGTERM or SIGINT, and when its standard
input, if that is a pipe, closes: a test that dies takes it along.
"""

import logging
import os
import stat
import sys
import threading
import urllib.request

from moto.server import ThreadedMotoServer


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    urllib.request.urlopen(urllib.request.Request(f"{url}/baselines", method="PUT"), timeout=30).close()
    print(f"listening on {url}", flush=True)
    try:
        if stat.S_ISFIFO(os.fstat(0).st_mode):
            sys.stdin.read()
        else:
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()


if __name__ == "__main__":
    main()
