from random import choice, randint

from locust import HttpUser, between, task

PROJECTS = [160, 161, 163, 139]


class Estimator(HttpUser):
    wait_time = between(1, 3)
    number = 0

    def on_start(self):
        Estimator.number += 1
        page = self.client.get("/accounts/login/", name="login page")
        with self.client.post(
            "/accounts/login/",
            {
                "username": f"user{Estimator.number}",
                "password": "demo",
                "csrfmiddlewaretoken": page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0],
            },
            allow_redirects=False,
            name="login",
            catch_response=True,
        ) as answer:
            if answer.status_code != 302:
                answer.failure("not logged in")

    @task(3)
    def dashboard(self):
        self.client.get("/dashboard/", name="dashboard")

    @task(2)
    def look(self):
        project = choice(PROJECTS)
        self.client.get(f"/api/projects/{project}/", name="project")
        self.client.get(f"/api/projects/{project}/chart-data/", name="chart data")

    @task(1)
    def save(self):
        self.client.post(f"/api/projects/{choice(PROJECTS)}/details/", json={"volume": randint(1, 100)}, name="save detail")
