"""A short load for the tests, and how Locust writes samples that the gate can judge with certainty."""

import json
import os

import gevent
import locust.stats
from locust import FastHttpUser, constant, events, task
from locust.exception import StopUser

# Each of the users visits so often: the tests know how many requests there are.
VISITS = int(os.environ.get("VISITS", "50"))

# Statistics are written so often, and not once more at the end: the last ones are waited for.
locust.stats.CSV_STATS_INTERVAL_SEC = 0.2

samples = open(os.environ.get("SAMPLES", os.devnull), "w", encoding="utf-8")
at_work = set()


@events.request.add_listener
def write_sample(name, response_time, response, exception, start_time, **_):
    sample = {"at": start_time * 1000, "endpoint": name, "service_ms": response_time, "ok": exception is None}
    if exception is not None:
        sample["error"] = str(exception)
    if getattr(response, "status_code", 0):
        sample["status"] = response.status_code
    samples.write(json.dumps(sample) + "\n")


@events.quitting.add_listener
def close(**_):
    samples.close()


class Visitor(FastHttpUser):
    wait_time = constant(0.005)
    visits = 0

    def on_start(self):
        at_work.add(self)

    @task
    def visit(self):
        self.client.get("/healthz")
        self.client.get("/version")
        self.visits += 1
        if self.visits == VISITS:
            at_work.discard(self)
            if not at_work:
                gevent.spawn_later(1.0, self.environment.runner.quit)
            raise StopUser
