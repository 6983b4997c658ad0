"""What ships beside the program is in order: unit, proxy, containers, manual pages, completion."""
import contextlib
import http.client
import json
import pathlib
import re
import shutil
import ssl
import subprocess
import time
import unittest

import yaml

from braggd_test import PROGRAM, SLOW, braggd, free_ports, limited_time
from service_test import TOKEN, ServiceTest
from shipped_test import CONFIG, DOCKER, SOURCE, ShippedTest


class Unit(ShippedTest):
    def setUp(self):
        super().setUp()
        text = (CONFIG / "systemd" / "braggd@.service").read_text()
        self.assertIn("ExecStart=/usr/bin/braggd run ", text)
        self.unit = self.work / "braggd@.service"
        self.unit.write_text(text.replace("/usr/bin/braggd", str(pathlib.Path(PROGRAM).resolve())))

    def test_systemd_understands_every_line_of_it(self):
        self.assertEqual(self.tool("systemd-analyze", "verify", "--man=no", self.unit), "")

    def test_a_line_that_systemd_does_not_understand_would_be_seen(self):
        self.unit.write_text(self.unit.read_text().replace("PrivateTmp=yes", "PrivateTemp=yes"))
        self.assertIn("PrivateTemp", self.tool("systemd-analyze", "verify", "--man=no", self.unit))

    def test_it_exposes_no_more_than_2_of_10(self):
        self.tool("systemd-analyze", "security", "--offline=true", "--threshold=20", self.unit)

    def test_its_exit_codes_and_its_user_are_those_of_program_and_package(self):
        text = self.unit.read_text()
        braggd("validate", self.pipeline("version: 1\n"), expect=78)
        self.assertRegex(text, r"RestartPreventExitStatus=.*\b78\b")
        user = re.search(r"^User=(\w+)$", text, re.M)[1]
        self.assertRegex((CONFIG / "debian" / "sysusers.conf").read_text(), rf"(?m)^u {user} ")


class Proxy(ServiceTest):
    def nginx(self, service_port):
        """A proxy as it ships, but for addresses and certificate; the port of its page."""
        if not shutil.which("nginx"):
            self.skipTest("nginx is not installed")
        certificate, key = self.work / "braggd.pem", self.work / "braggd.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", key,
                        "-out", certificate], check=True, capture_output=True)
        page, plain = free_ports(2)
        site = re.sub(r"listen \[::\]:.*;", "", (CONFIG / "nginx" / "braggd.conf").read_text())
        for written, here in (("listen 443 ", f"listen 127.0.0.1:{page} "), ("listen 80;", f"listen 127.0.0.1:{plain};"),
                              ("127.0.0.1:8430", f"127.0.0.1:{service_port}"), ("/etc/ssl/certs/braggd.pem", str(certificate)),
                              ("/etc/ssl/private/braggd.key", str(key))):
            self.assertIn(written, site)
            site = site.replace(written, here)
        places = "".join(f"{kind}_temp_path {self.work}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        main = self.work / "nginx.conf"
        main.write_text(f"daemon off; master_process off; pid {self.work}/pid; error_log stderr warn;\nevents {{}}\n"
                        f"http {{ access_log off; {places}\n{site}}}\n")
        command = ["nginx", "-p", str(self.work), "-c", str(main)]
        tried = subprocess.run([*command, "-t"], capture_output=True, text=True, timeout=60)
        self.assertEqual((tried.returncode, "warn" in tried.stderr), (0, False), tried.stderr)
        proxy = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        self.addCleanup(proxy.wait)
        self.addCleanup(proxy.kill)
        return page

    def test_through_it_the_page_is_read_orders_are_given_and_events_come_at_once(self):
        service = self.service(self.stream_pipeline())
        service.wait_for(lambda s: s["ready"])
        port = self.nginx(service.port)
        trusting = ssl.create_default_context(cafile=self.work / "braggd.pem")
        trusting.check_hostname = False

        def ask(method, path, **headers):
            connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=30 * SLOW, context=trusting)
            self.addCleanup(connection.close)
            connection.request(method, path, headers=headers)
            return connection.getresponse()

        deadline = time.monotonic() + 30 * SLOW
        while time.monotonic() < deadline:
            with contextlib.suppress(ConnectionRefusedError):
                self.assertTrue(json.loads(ask("GET", "/api/v1/status").read())["ready"])
                break
            time.sleep(0.1)
        own, bearer = f"https://127.0.0.1:{port}", f"Bearer {TOKEN}"
        self.assertEqual(ask("POST", "/api/v1/stop", Origin=own).status, 401)
        self.assertEqual(ask("POST", "/api/v1/stop", Origin="https://elsewhere.example", Authorization=bearer).status, 403)
        events = ask("GET", "/api/v1/events")
        self.assertEqual(events.getheader("Content-Type").split(";")[0], "text/event-stream")
        self.assertEqual(ask("POST", "/api/v1/stop", Origin=own, Authorization=bearer).status, 202)
        with limited_time(5):
            while b'"ready":false' not in events.readline():
                pass
        self.assertEqual(ask("GET", "/metrics").status, 403)

    def test_the_places_that_it_treats_apart_are_those_of_the_service(self):
        paths = json.loads((SOURCE / "src" / "service" / "openapi.json").read_text())["paths"]
        for place in re.findall(r"location = (\S+)", (CONFIG / "nginx" / "braggd.conf").read_text()):
            self.assertIn(place, paths)


class Containers(ShippedTest):
    def setUp(self):
        super().setUp()
        self.compose = yaml.safe_load((DOCKER / "compose.yaml").read_text())
        self.services = self.compose["services"]

    def test_services_name_services_volumes_and_files_that_exist(self):
        for name, service in self.services.items():
            for other in service.get("depends_on", []):
                self.assertIn(other, self.services, name)
            for volume in service.get("volumes", []):
                source, inside = volume.split(":")[:2]
                self.assertTrue(inside.startswith("/"), volume)
                if source.startswith("."):
                    self.assertTrue((DOCKER / source).is_file(), volume)
                else:
                    self.assertIn(source, self.compose["volumes"])
            self.assertTrue("image" in service or "build" in service, name)
        build = self.services["braggd"]["build"]
        self.assertTrue((DOCKER / build["context"] / build["dockerfile"]).is_file())

    def test_hosts_in_their_configurations_are_services(self):
        pipeline = yaml.safe_load((DOCKER / "pipeline.yaml").read_text())
        hosts = [re.match(r"tcp://(\w+):", e)[1] for e in pipeline["source"]["connect"]]
        scrape = yaml.safe_load((DOCKER / "prometheus.yml").read_text())["scrape_configs"][0]["static_configs"]
        hosts += [target.split(":")[0] for target in scrape[0]["targets"]]
        source = yaml.safe_load((DOCKER / "grafana" / "datasource.yaml").read_text())["datasources"][0]
        hosts.append(re.match(r"http://(\w+):", source["url"])[1])
        self.assertEqual(set(hosts) - set(self.services), set())
        self.assertTrue(yaml.safe_load((DOCKER / "grafana" / "dashboards.yaml").read_text())["providers"])

    def test_the_edge_nodes_send_where_the_pipeline_looks_with_options_that_exist(self):
        pipeline = yaml.safe_load((DOCKER / "pipeline.yaml").read_text())
        command = self.services["edge"]["command"][0]
        bound = re.findall(r"--bind tcp://\*:(\d+)", command)
        self.assertEqual(sorted(bound), sorted(e.rsplit(":")[-1] for e in pipeline["source"]["connect"]))
        page = braggd("send", "--help").stdout
        for option in re.findall(r"--[a-z-]+", command):
            self.assertIn(f"{option} ", page)
        subprocess.run(["sh", "-n", "-c", command.replace("$$", "$")], check=True)

    def test_the_pipeline_is_in_order(self):
        braggd("validate", DOCKER / "pipeline.yaml")

    def test_the_image_is_made_of_what_make_makes(self):
        text = (DOCKER / "Dockerfile").read_text()
        for target in re.findall(r"^RUN make (\w+)", text, re.M):
            self.assertRegex((SOURCE / "Makefile").read_text(), rf"(?m)^{target}:")
        stages = re.findall(r"^FROM \S+ AS (\w+)", text, re.M)
        self.assertEqual(set(re.findall(r"from=(\w+)", text)) - set(stages), set())


class Manual(ShippedTest):
    def test_each_verb_has_a_page_that_the_formatter_takes(self):
        pages = self.work / "man1"
        self.tool("sh", SOURCE / "src" / "cli" / "manual.sh", PROGRAM, pages)
        names = {page.stem for page in pages.iterdir()}
        verbs = re.findall(r"^    (\w+)$", braggd("--help").stdout.split("VERBS")[1].split("OPTIONS")[0], re.M)
        self.assertGreater(len(verbs), 10)
        self.assertLessEqual({"braggd", "braggd-model-train", *(f"braggd-{verb}" for verb in verbs)}, names)
        send = (pages / "braggd-send.1").read_text()
        self.assertIn(".B \\-\\-bind ENDPOINT\nendpoint where", send)
        self.assertIn(".BR braggd\\-send (1)", (pages / "braggd.1").read_text())
        if not shutil.which("groff"):
            self.skipTest("groff is not installed")
        for page in pages.iterdir():
            self.assertEqual(self.tool("groff", "-man", "-Kutf8", "-Tutf8", "-wmac", "-wsyntax", "-z", page), "", page.name)


class Completion(ShippedTest):
    def complete(self, *words):
        script = 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _braggd; printf "%s\\n" "${COMPREPLY[@]}"'
        return self.tool("bash", "-c", script, SOURCE / "src" / "cli" / "completion.bash", pathlib.Path(PROGRAM).resolve(),
                         *words, cwd=self.work).split()

    def test_verbs_options_values_and_files(self):
        self.pipeline("version: 1\n", "my.yaml")
        self.assertEqual(self.complete("re"), ["reload", "replay"])
        self.assertEqual(self.complete("model", "tr"), ["train"])
        self.assertEqual(self.complete("--log-level", "debug", "simu"), ["simulate"])
        self.assertEqual(self.complete("send", "--enc"), ["--encoding"])
        self.assertEqual(self.complete("send", "--encoding", "bs"), ["bslz4", "bszstd"])
        self.assertEqual(self.complete("run", "m"), ["my.yaml"])
        self.assertEqual(self.complete("run", "--json", "m"), ["my.yaml"])
        self.assertEqual(self.complete("run", "--no"), ["--no-report"])
        self.assertEqual(self.complete("nonsense", "--never"), [])


if __name__ == "__main__":
    unittest.main()
