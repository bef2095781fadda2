"""One server under load: fresh data, a network namespace without any way out, and the target file of the harness."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

NAME, ADDRESS, USER = "server.test", "127.0.2.1", "fb"
NAMESPACE = "usifedbench"


@dataclass(slots=True)
class Server:
    """`usi-fed serve` in a network namespace made by the harness's `netns.sh`."""

    harness: Path
    workers: int = 1
    settings: dict[str, str] = field(default_factory=dict)
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="usi-fed-bench-")))
    process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The server's settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("USI_FED_")}
        return kept | {
            "USI_FED_DOMAIN": NAME,
            "USI_FED_SCHEME": "http",
            "USI_FED_DATA_DIR": str(self.folder),
            "USI_FED_ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8",
            "USI_FED_RATE_LIMITS": "off",
            "USI_FED_LOG_LEVEL": "warning",
            **self.settings,
        }

    def start(self) -> float:
        """Start, wait till it answers, make the account and write the target file; gives the seconds till ready."""
        subprocess.run([*self._namespace(), "true"], check=True)  # makes the namespace
        began = time.perf_counter()
        log = (self.folder / "server.log").open("ab")
        self.process = subprocess.Popen(
            self._inside("serve", "--host", ADDRESS, "--port", "80", "--workers", str(self.workers)),
            env=self.environment,
            stdout=log,
            stderr=log,
        )
        (self.folder / "server.pid").write_text(str(self.process.pid))
        while not self._answers():
            if self.process.poll() is not None or time.perf_counter() - began > 60:
                raise SystemExit((self.folder / "server.log").read_text())
            time.sleep(0.05)
        ready = time.perf_counter() - began
        if not (self.folder / "target.toml").exists():
            self._introduce()
        return ready

    def stop(self, *, keep: bool = False) -> None:
        """Stop the server and remove its data, unless they are to be kept."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
        if not keep:
            shutil.rmtree(self.folder)

    def load(self, *arguments: str) -> list[str]:
        """Run the harness against this server; gives its JSON lines."""
        results = self.folder / "results.jsonl"
        results.unlink(missing_ok=True)
        command = [str(self.harness / "netns.sh"), NAMESPACE, sys.executable, "-m", "fedibench", *arguments]
        command += ["--target", str(self.folder / "target.toml"), "--out", str(results)]
        command += ["--state", str(self.folder / "state")]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("USI_FED_")}
        subprocess.run(
            command,
            cwd=self.harness.parent,
            check=True,
            stdout=subprocess.DEVNULL,
            env=kept | {"PYTHONDONTWRITEBYTECODE": "1"},
        )
        return results.read_text().splitlines()

    def _introduce(self) -> None:
        self._run("account", "create", USER, "--display-name", "Fedi Bench")
        token = self._run("token", "create", USER)
        (self.folder / "target.toml").write_text(
            f'name = "usi-fed"\nbase_url = "http://{NAME}"\naddress = "{ADDRESS}"\nuser = "{USER}@{NAME}"\n'
            f'token = "{token}"\nfollow_accept = "auto"\nfediverse_scheme = "http"\n'
            f'pid_files = ["{self.folder / "server.pid"}"]\n'
        )

    def _answers(self) -> bool:
        probe = [*self._namespace(), "curl", "-sf", "-o", "/dev/null", f"http://{ADDRESS}/readyz"]
        return subprocess.run(probe, check=False, stderr=subprocess.DEVNULL).returncode == 0

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            self._inside(*arguments), env=self.environment, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def _namespace(self) -> list[str]:
        return [str(self.harness / "netns.sh"), NAMESPACE]

    def _inside(self, *arguments: str) -> list[str]:
        return [*self._namespace(), str(Path(sys.executable).with_name("usi-fed")), *arguments]
