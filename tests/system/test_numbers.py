"""The service's numbers, and the alerts and the dashboard that are made of them."""
import json
import re
import shutil
import subprocess
import unittest

import yaml

from braggd_test import SLOW, simulate
from service_test import ServiceTest
from shipped_test import CONFIG, DOCKER, SOURCE, ShippedTest

RULES = CONFIG / "prometheus" / "braggd.rules.yml"
DASHBOARD = CONFIG / "grafana" / "braggd.json"


def expressions_of_rules():
    return [rule["expr"] for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def panels_of_dashboard():
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def expressions_of_dashboard():
    """With what Grafana would put in place of its variables."""
    dashboard = json.loads(DASHBOARD.read_text())
    written = [target["expr"] for panel in panels_of_dashboard() for target in panel["targets"]]
    written += [annotation["expr"] for annotation in dashboard["annotations"]["list"]]
    for variable, value in (("$__rate_interval", "1m"), ("$__interval", "1m"), ("$__range", "1h"), ("$instance", ".+")):
        written = [expression.replace(variable, value) for expression in written]
    return written


def names_in(expression):
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\bbraggd_\w+", expression)}


class Alerts(ShippedTest):
    def test_prometheus_takes_rules_and_scrape_configurations(self):
        self.tool("promtool", "check", "config", CONFIG / "prometheus" / "prometheus.yml")
        for file in (DOCKER / "prometheus.yml", RULES):
            shutil.copy(file, self.work)
        self.tool("promtool", "check", "config", self.work / "prometheus.yml")

    def test_each_alert_fires_when_it_should_and_else_does_not(self):
        self.tool("promtool", "test", "rules", CONFIG / "prometheus" / "braggd.rules_test.yml")

    def test_each_alert_says_how_bad_it_is_and_what_to_do_and_has_a_test(self):
        tested = (CONFIG / "prometheus" / "braggd.rules_test.yml").read_text()
        for group in yaml.safe_load(RULES.read_text())["groups"]:
            for rule in group["rules"]:
                self.assertIn(rule["labels"]["severity"], ("critical", "warning", "info"))
                self.assertEqual(set(rule["annotations"]), {"summary", "description"}, rule["alert"])
                self.assertIn(f'alertname="{rule["alert"]}"', tested)


class Dashboard(ShippedTest):
    def test_each_expression_parses(self):
        rules = [{"record": f"panel:{i}", "expr": e} for i, e in enumerate(expressions_of_dashboard())]
        self.assertGreater(len(rules), 20)
        self.assertFalse([r for r in rules if "$" in r["expr"]])
        file = self.work / "panels.yml"
        file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
        self.assertIn(f"{len(rules)} rules found", self.tool("promtool", "check", "rules", file))

    def test_its_panels_have_numbers_of_their_own_and_lie_beside_one_another(self):
        dashboard = json.loads(DASHBOARD.read_text())
        self.assertGreaterEqual(dashboard["schemaVersion"], 36)
        self.assertEqual(len({p["id"] for p in dashboard["panels"]}), len(dashboard["panels"]))
        taken = set()
        for panel in dashboard["panels"]:
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertFalse(cells & taken, panel["title"])
            taken |= cells


class Numbers(ServiceTest):
    def test_rules_and_dashboard_ask_for_numbers_that_the_service_has(self):
        known = set(re.findall(r'"(braggd_\w+)"', (SOURCE / "src" / "service" / "metrics.cpp").read_text()))
        asked = set().union(*map(names_in, expressions_of_rules() + expressions_of_dashboard()))
        self.assertEqual(asked - known, set())
        self.assertEqual(known - asked, set(), "numbers that nobody looks at")

    def test_the_labels_that_they_ask_for_are_those_of_a_service_that_took_a_scan(self):
        scan = self.work / "scan.h5"
        simulate(scan, 20, 128, 128)
        service = self.service(self.stream_pipeline(), "service.disk_low=1000 TB")
        service.wait_for(lambda s: s["ready"] and s["alarms"])
        self.send(scan)
        service.wait_for(lambda s: s["scans_finished"] == 1)
        text = service.get("/metrics").body.decode()
        selectors = set()
        for expression in expressions_of_rules() + expressions_of_dashboard():
            selectors |= set(re.findall(r'(\w+)!?="([^"]+)"', expression))
        for label, value in selectors - {("job", "braggd")}:
            self.assertIn(f'{label}="{value}"', text)
        exposed = set(re.findall(r"^# TYPE (\w+)", text, re.M))
        asked = set().union(*map(names_in, expressions_of_rules() + expressions_of_dashboard()))
        self.assertEqual(asked - exposed, {"braggd_rei"}, "known after a scan that is scored")
        if shutil.which("promtool"):
            lint = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
            self.assertEqual(lint.returncode, 0, lint.stdout + lint.stderr)

    def test_messages_beside_the_frames_are_counted_while_the_scan_runs(self):
        scan = self.work / "scan.h5"
        simulate(scan, 60, 128, 128)
        service = self.service(self.stream_pipeline())
        service.wait_for(lambda s: s["ready"])
        sender = self.send(scan, "--faults", "duplicate=20", "--rate", 30, wait=False)
        status = service.wait_for(lambda s: s["scan"] and s["scan"]["duplicate"] > 0)
        counted = re.search(r"^braggd_frames_duplicate_total{.*} (\d+)$", service.get("/metrics").body.decode(), re.M)[1]
        self.assertEqual(service.status()["scans_finished"], 0, "seen before the scan's end")
        self.assertTrue(status["scan"]["duplicate"] <= int(counted) <= 20, counted)
        sender.wait(60 * SLOW)
        status = service.wait_for(lambda s: s["scans_finished"] == 1)
        self.assertEqual(status["ledger_total"]["duplicate"], 20)

    def test_files_that_are_written_show_in_the_times_of_calls(self):
        scan = self.work / "scan.h5"
        simulate(scan, 20, 128, 128)
        service = self.service(self.stream_pipeline())
        service.wait_for(lambda s: s["ready"])
        for number in range(2):
            self.send(scan, "--scan-id", f"scan-{number}")
            service.wait_for(lambda s: s["scans_finished"] == number + 1)
        text = service.get("/metrics").body.decode()
        counts = {m[1]: int(m[2]) for m in re.finditer(r'^braggd_hdf5_call_seconds_count{call="(\w+)"} (\d+)$', text, re.M)}
        self.assertEqual((counts["create"], counts["close"]), (2, 2))
        self.assertGreater(counts["write"], 20)

    def test_no_counter_goes_back_while_scans_begin_and_end(self):
        scan = self.work / "scan.h5"
        simulate(scan, 30, 128, 128)
        service = self.service(self.stream_pipeline())
        service.wait_for(lambda s: s["ready"])
        senders = 6
        finished, before = 0, {}
        for number in range(senders):
            sender = self.send(scan, "--scan-id", f"scan-{number}", "--faults", f"drop={number},duplicate=1,corrupt=2",
                               "--rate", 100, wait=False)
            while finished <= number:
                finished = service.status()["scans_finished"]
                text = service.get("/metrics").body.decode()
                now = {m[1]: float(m[2]) for m in re.finditer(r"^(braggd_\w+(?:_total|_sum|_count)(?:{.*?})?) (\S+)$", text, re.M)}
                back = {name: (before[name], value) for name, value in now.items() if value < before.get(name, 0)}
                self.assertEqual(back, {}, f"scan {number}, before and after")
                before = now
            sender.wait(30 * SLOW)
        received = next(value for name, value in before.items() if name.startswith("braggd_frames_received_total"))
        self.assertEqual(received, sum(30 - number for number in range(senders)))


if __name__ == "__main__":
    unittest.main()
