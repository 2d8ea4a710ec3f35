"""Units that run `smsroi report --all` every day, as text to be installed by hand.

Each of them runs the same command that a person would type, with a time limit; the command itself
sees to it that two runs do not meet and that a run which was missed or killed does no harm.
"""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass

from smsroi_models.errors import ParameterError

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_JINJA = re.compile(r"\{[{%#]")  # Airflow fills templates in a command
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is to run, and when.

    Attributes
    ----------
    program, store, reports, folder : str
        The `smsroi` program, the store, the folder of reports and the working folder; absolute.
    at : str
        Time of day as ``"06:30"``: the machine's for cron and systemd, UTC for the others.
    limit_minutes : int
        After which a run is killed; 1 or more.
    jobs : int
        Reports rendered side by side.
    keep : int
        Reports of each campaign and page that stay, beside each month's newest; 0 for all.

    Raises
    ------
    ParameterError
        A path holds control characters, or ``at`` is no time of day.
    """

    program: str
    store: str
    reports: str
    folder: str
    at: str = "06:30"
    limit_minutes: int = 120
    jobs: int = 1
    keep: int = 0

    def __post_init__(self) -> None:
        if not _TIME.fullmatch(self.at):
            raise ParameterError(f"at is {self.at!r}: write a time of day such as 06:30")
        for path in (self.program, self.store, self.reports, self.folder):
            if _CONTROL.search(path):
                raise ParameterError(
                    f"{path!r} holds a control character, or bytes that are no text: name another "
                    "path"
                )

    @property
    def options(self) -> list[str]:
        """Return the arguments that every run has."""
        return ["--store", self.store, "--reports", self.reports]

    @property
    def keeping(self) -> list[str]:
        """Return the arguments by which a run removes what is old."""
        return ["--keep", str(self.keep)] if self.keep else []

    @property
    def command(self) -> list[str]:
        """Return the whole run as arguments."""
        log = ["--log", f"{self.reports}/runs.jsonl"]
        jobs = ["--jobs", str(self.jobs)] if self.jobs > 1 else []
        return [self.program, "report", "--all", *self.options, *jobs, *self.keeping, *log]


def write_schedule(kind: str, schedule: Schedule) -> str:
    """Return the units of one kind of scheduler.

    Raises
    ------
    ParameterError
        The kind is not in `KINDS`.

    Examples
    --------
    >>> cron = write_schedule("cron", Schedule("/smsroi", "/shop", "/out", "/kit", "05:15"))
    >>> cron.splitlines()[1].partition(" --store")[0]
    '15 05 * * * cd /kit && timeout -k 60 7200 /smsroi report --all'
    """
    if kind not in KINDS:
        raise ParameterError(f"{kind!r} is no scheduler here: choose from {', '.join(KINDS)}")
    return KINDS[kind](schedule)


def _cron(schedule: Schedule) -> str:
    hour, minute = schedule.at.split(":")
    # Who is told to end and does not is killed a minute later.
    limit = ["timeout", "-k", "60", str(60 * schedule.limit_minutes)]
    run = f"cd {shlex.quote(schedule.folder)} && {shlex.join([*limit, *schedule.command])}"
    # cron takes a bare % for the end of the command, and one after a path's own \ for bare: both
    # stand in single quotes, which can be closed and opened between them.
    line = run.replace("\\%", "\\''%").replace("%", r"\%")
    return (
        "# Add with `crontab -e`. Output and errors are mailed to you, or go where MAILTO says.\n"
        f"{minute} {hour} * * * {line}\n"
    )


def _systemd(schedule: Schedule) -> str:
    command = schedule.command
    if re.search(r"[\"'\\$]", schedule.program):  # systemd takes no such program, but an argument
        command = ["/bin/sh", "-c", 'exec "$0" "$@"', *command]
    run = " ".join(_systemd_word(word) for word in command)
    # A line that ends in a \ goes on, and spaces at its end are cut off.
    closing = "/" if re.search(r"[\s\\]$", schedule.folder) else ""
    return f"""\
# ~/.config/systemd/user/smsroi.service
[Unit]
Description=Reports of text campaigns

[Service]
Type=oneshot
WorkingDirectory={_systemd_path(schedule.folder)}{closing}
ExecStart={run}
TimeoutStartSec={schedule.limit_minutes}min
Nice=10

# ~/.config/systemd/user/smsroi.timer
[Unit]
Description=Reports of text campaigns every day

[Timer]
OnCalendar=*-*-* {schedule.at}:00
Persistent=true
RandomizedDelaySec=60

[Install]
WantedBy=timers.target

# Then: systemctl --user daemon-reload && systemctl --user enable --now smsroi.timer
# A run missed while the machine was off is made up for. See it: journalctl --user -u smsroi
"""


def _systemd_word(word: str) -> str:
    word = _systemd_path(word).replace("$", "$$").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{word}"' if re.search(r"[\s'\"\\;]", word) else word


def _systemd_path(path: str) -> str:
    return path.replace("%", "%%")


def _github(schedule: Schedule) -> str:
    hour, minute = schedule.at.split(":")
    return f"""\
# .github/workflows/reports.yml of the repository that holds the kit; the time is UTC.
name: reports
on:
  schedule:
    - cron: "{int(minute)} {int(hour)} * * *"
  workflow_dispatch:
concurrency: reports
permissions:
  contents: read
jobs:
  reports:
    runs-on: ubuntu-latest
    timeout-minutes: {schedule.limit_minutes}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.11"
      # Put the store in place here, for instance from a bucket: it must not be in the repository.
      # The variable SMSROI_STORE (Settings, Secrets and variables, Actions) says where it is.
      - run: make setup
      - run: .venv/bin/smsroi report --all --store "$STORE" --log reports/runs.jsonl
        env:
          STORE: ${{{{ vars.SMSROI_STORE }}}}
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: reports
          path: reports
          include-hidden-files: false
"""


def _airflow(schedule: Schedule) -> str:
    hour, minute = schedule.at.split(":")
    listed = [schedule.program, "campaigns", "--json", "--store", schedule.store]
    # The command changes the folder itself: Airflow would fill templates in `cwd`, too.
    folder = shlex.join(["cd", schedule.folder])
    words = f"{folder} && {shlex.join([schedule.program, 'report', *schedule.options])}"
    # The id comes by the environment: in the text of the command it could run as one.
    report = _without_templates(f'{words} -- "$CAMPAIGN"')
    # A path at the end could be one in .sh, which Airflow takes for the file of a template.
    pages = _without_templates(" ".join([words, "--all --only pages", *schedule.keeping]))
    return f'''\
"""Reports of text campaigns: one task a campaign, then the pages of the whole store."""

import json
import subprocess
from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import dag, task

LIST = {listed!r}
REPORT = {report!r}
PAGES = {pages!r}
FOLDER = {schedule.folder!r}


@dag(
    schedule="{int(minute)} {int(hour)} * * *",
    start_date=datetime(2025, 1, 1),
    catchup=False,
    max_active_runs=1,
)
def text_campaign_reports():
    @task
    def campaigns():
        found = subprocess.run(LIST, cwd=FOLDER, check=True, capture_output=True, text=True)
        return [{{"CAMPAIGN": name}} for name in json.loads(found.stdout)]

    reports = BashOperator.partial(
        task_id="report",
        bash_command=REPORT,
        skip_on_exit_code=3,  # too early to read: no failure
        append_env=True,
        execution_timeout=timedelta(minutes={schedule.limit_minutes}),
        max_active_tis_per_dagrun={schedule.jobs},
    ).expand(env=campaigns())
    reports >> BashOperator(
        task_id="pages",
        bash_command=PAGES,
        append_env=True,
        execution_timeout=timedelta(minutes={schedule.limit_minutes}),
        trigger_rule="all_done",
    )


text_campaign_reports()
'''


def _without_templates(command: str) -> str:
    return _JINJA.sub(lambda found: f"{{{{ '{found[0]}' }}}}", command)


KINDS: dict[str, Callable[[Schedule], str]] = {
    "cron": _cron,
    "systemd": _systemd,
    "github": _github,
    "airflow": _airflow,
}
