"""What pyproject.toml cannot say: the folder `web` goes into the wheel as `usi_fed/browser`."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["usi_fed*"]), "usi_fed.browser"],
    package_dir={"usi_fed.browser": "web"},
)
