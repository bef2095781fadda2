import subprocess
import sys

import pytest
from click.testing import CliRunner

from usi_fed import __version__
from usi_fed.cli import COMMANDS, main, usi_fed


def run(*arguments, environment=None):
    return CliRunner().invoke(usi_fed, arguments, env=environment)


def test_help_lists_every_command_without_loading_one():
    code = (
        "import sys; from click.testing import CliRunner; from usi_fed.cli import usi_fed;"
        "print(CliRunner().invoke(usi_fed, ['--help']).output);"
        "print('loaded', [name for name in sys.modules if name.startswith(('usi_fed.cli.', 'sqlalchemy'))])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "loaded []" in told
    assert all(f"\n  {name} " in told for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name):
    result = run(name, "--help")
    assert result.exit_code == 0, result.output
    assert f"Usage: usi-fed {name}" in result.output


def test_version_prints_the_version():
    assert run("version").output == f"{__version__}\n"


def test_an_unknown_command_is_named():
    result = run("servre")
    assert result.exit_code == 2
    assert "servre" in result.output


def test_a_fault_in_the_settings_is_one_sentence_and_no_trace(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["usi-fed", "migrate"])
    monkeypatch.setenv("USI_FED_DOMAIN", "https://union.example")
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert "USI_FED_DOMAIN must be a host name" in capsys.readouterr().err
