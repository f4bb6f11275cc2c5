"""Alertmanager's webhook to the group robots of DingTalk, WeCom and Feishu: alert-relay.py CONFIG

It listens on loopback, beside Alertmanager, and takes what is posted to /NAME to the robot of that name in CONFIG:

  {"port": 9095, "robots": {"NAME": {"type": "dingtalk", "language": "zh", "url": FILE, "secret": FILE}}}

FILE is read anew for each message, so that a Secret may change. Robots answer 200 also when they refuse, with a code in
the body: what is not delivered is answered with a 5xx, so that Alertmanager tries again. So is what comes faster than a
robot takes messages, which otherwise would close itself for minutes. Neither URLs nor secrets are logged.

The standard library only: it runs in a bare Python image.
"""

import base64
import hashlib
import hmac
import json
import re
import signal
import sys
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

TIMEOUT_SECONDS = 10
WINDOW_SECONDS = 60

# Messages in a minute, and bytes of a text. WeCom counts the text; the two others the request, which has a frame around
# the text and a backslash before each quotation mark and line break, hence less than their 20,000.
PER_MINUTE = {"dingtalk": 20, "wecom": 20, "feishu": 100}
TEXT_BYTES = {"dingtalk": 12_000, "wecom": 4096, "feishu": 12_000}

# In characters, so that one alert with its heading always fits.
LONGEST_ANNOTATION = 300
LONGEST_NAME = 100
LINKS = ("runbook_url", "dashboard_url")
LONGEST_LINK = 300

WORDS = {
    "en": {
        "firing": "FIRING",
        "resolved": "RESOLVED",
        "event": "EVENT",
        "severity": "severity",
        "since": "since",
        "runbook_url": "runbook",
        "dashboard_url": "dashboard",
        "more": "… and {} more",
    },
    "zh": {
        "firing": "告警",
        "resolved": "已恢复",
        "event": "通知",
        "severity": "级别",
        "since": "开始时间",
        "runbook_url": "处理手册",
        "dashboard_url": "仪表盘",
        "more": "… 另有 {} 条",
    },
}


class NotDelivered(Exception):
    """Why, and with which status Alertmanager is told."""

    def __init__(self, status, why):
        super().__init__(why)
        self.status = status


def clipped(text, longest):
    return text if len(text) <= longest else text[: longest - 1] + "…"


def plain(text, longest):
    """Text of others, in which nothing is a tag: <@all> would call everybody."""
    return clipped(re.sub(r"<(?=[@/a-zA-Z])", "< ", str(text)), longest)


def bytes_of(text):
    return len(text.encode())


def heading(message, words):
    labels = {**message.get("commonLabels", {}), **message.get("groupLabels", {})}
    firing = sum(alert.get("status") == "firing" for alert in message["alerts"])
    if firing == 0:
        state = words["resolved"]
    else:
        state = words["event" if labels.get("severity") == "info" else "firing"]
    count = firing or len(message["alerts"])
    names = [labels.get(key) for key in ("alertname", "server", "training", "platform")]
    what = " · ".join(plain(name, LONGEST_NAME) for name in names if name)
    return f"[{state}{f':{count}' if count > 1 else ''}] {what}"


def paragraph(alert, words):
    labels, annotations = alert.get("labels", {}), alert.get("annotations", {})
    summary = plain(annotations.get("summary") or labels.get("alertname", ""), LONGEST_ANNOTATION)
    lines = [f"**{words['resolved']}: {summary}**" if alert.get("status") == "resolved" else f"**{summary}**"]
    if annotations.get("description"):
        lines.append(plain(annotations["description"], LONGEST_ANNOTATION))
    facts = [f"{words['severity']}: {plain(labels['severity'], LONGEST_NAME)}"] if labels.get("severity") else []
    if alert.get("startsAt"):
        facts.append(f"{words['since']}: {plain(alert['startsAt'][:19].replace('T', ' '), LONGEST_NAME)} UTC")
    lines.append(" · ".join(facts))
    links = [(words[key], annotations.get(key, "")) for key in LINKS]
    lines.append(
        " · ".join(
            f"[{word}]({url})"
            for word, url in links
            if re.fullmatch(r"https?://[^\s()<>]+", url) and len(url) <= LONGEST_LINK
        )
    )
    return "\n\n".join(line for line in lines if line)


def text_of(message, words, head, limit):
    """As many alerts as fit, those that fire first, and how many there are beside them."""
    alerts = sorted(message["alerts"], key=lambda alert: alert.get("status") != "firing")
    missing = message.get("truncatedAlerts", 0)
    text = head
    for index, alert in enumerate(alerts):
        longer = f"{text}\n\n{paragraph(alert, words)}"
        rest = len(alerts) - index
        reserve = 2 + bytes_of(words["more"].format(rest + missing))
        if bytes_of(longer) + reserve > limit:
            missing += rest
            break
        text = longer
    return f"{text}\n\n{words['more'].format(missing)}" if missing else text


def sign(key, content):
    return base64.b64encode(hmac.new(key.encode(), content.encode(), hashlib.sha256).digest()).decode()


def dingtalk(url, secret, title, text, _):
    # https://open.dingtalk.com/document/orgapp/customize-robot-security-settings
    if secret:
        milliseconds = str(round(time.time() * 1000))
        signature = quote(sign(secret, f"{milliseconds}\n{secret}"), safe="")
        url = f"{url}{'&' if '?' in url else '?'}timestamp={milliseconds}&sign={signature}"
    return url, {"msgtype": "markdown", "markdown": {"title": title, "text": text}}


def wecom(url, _secret, _title, text, _colour):
    # https://developer.work.weixin.qq.com/document/path/91770
    return url, {"msgtype": "markdown", "markdown": {"content": text}}


def feishu(url, secret, title, text, colour):
    # https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
    body = {
        "msg_type": "interactive",
        "card": {
            "config": {"wide_screen_mode": True},
            "header": {"title": {"tag": "plain_text", "content": title}, "template": colour},
            "elements": [{"tag": "div", "text": {"tag": "lark_md", "content": text}}],
        },
    }
    if secret:
        # Here the text to sign is the key, and what is signed is empty.
        seconds = str(round(time.time()))
        body.update(timestamp=seconds, sign=sign(f"{seconds}\n{secret}", ""))
    return url, body


ROBOTS = {"dingtalk": dingtalk, "wecom": wecom, "feishu": feishu}


def colour_of(message):
    if all(alert.get("status") == "resolved" for alert in message["alerts"]):
        return "green"
    severities = {alert.get("labels", {}).get("severity") for alert in message["alerts"]}
    return "red" if "critical" in severities else "blue" if severities == {"info"} else "orange"


class Pace:
    """How many messages each robot got of late, by its URL: two names may be one robot."""

    def __init__(self):
        self.sent = {}
        self.lock = threading.Lock()

    def take(self, url, limit):
        now = time.monotonic()
        with self.lock:
            times = self.sent.setdefault(hashlib.sha256(url.encode()).digest(), deque())
            while times and times[0] <= now - WINDOW_SECONDS:
                times.popleft()
            if len(times) >= limit:
                raise NotDelivered(503, f"the robot takes {limit} messages a minute: later")
            times.append(now)


PACE = Pace()


def read(file):
    try:
        with open(file, encoding="utf-8") as stream:
            return stream.read().strip()
    except OSError as error:
        raise NotDelivered(500, f"{file}: {error.strerror}") from None


def deliver(robot, message):
    kind, words = robot["type"], WORDS[robot["language"]]
    url = read(robot["url"])
    secret = read(robot["secret"]) if "secret" in robot else ""
    if not re.fullmatch(r"https?://[!-~]+", url):
        raise NotDelivered(500, f"{robot['url']} holds no URL")
    title = heading(message, words)
    # A card shows its title itself.
    text = text_of(message, words, "" if kind == "feishu" else f"### {title}", TEXT_BYTES[kind]).strip()
    PACE.take(url, PER_MINUTE[kind])
    address, body = ROBOTS[kind](url, secret, title, text, colour_of(message))
    answer = post(address, json.dumps(body, ensure_ascii=False).encode())
    code = next((answer[key] for key in ("errcode", "code", "StatusCode") if key in answer), None)
    if code != 0:
        why = answer.get("errmsg") or answer.get("msg") or answer.get("StatusMessage") or ""
        raise NotDelivered(502, f"the robot refuses: {code} {why}".strip())


def post(address, body):
    try:
        request = Request(address, data=body, headers={"Content-Type": "application/json; charset=utf-8"})
        with urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            content = response.read()
    except HTTPError as error:
        raise NotDelivered(502, f"the robot answers {error.code}") from None
    except Exception as error:
        # Others may have the URL in their text.
        raise NotDelivered(502, f"no answer of the robot: {type(error).__name__}") from None
    try:
        answer = json.loads(content)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise NotDelivered(502, "the robot answers no JSON object")
    return answer


class Handler(BaseHTTPRequestHandler):
    robots = {}

    def do_POST(self):
        name = self.path.strip("/")
        try:
            if name not in self.robots:
                raise NotDelivered(404, "no such robot")
            message = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
            deliver(self.robots[name], message)
        except NotDelivered as error:
            self.reply(error.status, str(error))
            print(f"{name}: {error}", file=sys.stderr, flush=True)
        except Exception as error:
            self.reply(500, f"{type(error).__name__}")
            print(f"{name}: {type(error).__name__}", file=sys.stderr, flush=True)
        else:
            self.reply(200, "")
            print(f"{name}: delivered {len(message['alerts'])}", flush=True)

    def reply(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    with open(sys.argv[1], encoding="utf-8") as stream:
        config = json.load(stream)
    # The first process of a container has no default for it, and would be killed only when its time is up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Handler.robots = config["robots"]
    ThreadingHTTPServer(("127.0.0.1", config["port"]), Handler).serve_forever()


if __name__ == "__main__":
    main()
