"""Finding a method by its path."""

import pytest

from usi_fed.api.methods import Router, open_to_all


async def handler(call):
    return None


@pytest.fixture
def router():
    paths = ["/api/a", "/api/a/{id}", "/api/a/known", "/api/a/{id}/b", "/api/{kind}/x/{other}"]
    return Router([open_to_all("GET", path, handler) for path in paths])


@pytest.mark.parametrize(
    ("path", "method", "names"),
    [
        ("/api/a", "/api/a", {}),
        ("/api/a/", "/api/a", {}),
        ("/api/a/17", "/api/a/{id}", {"id": "17"}),
        ("/api/a/known", "/api/a/known", {}),
        ("/api/a/known/b", "/api/a/{id}/b", {"id": "known"}),
        ("/api/a/x/9", "/api/{kind}/x/{other}", {"kind": "a", "other": "9"}),
        ("/api/z/x/9", "/api/{kind}/x/{other}", {"kind": "z", "other": "9"}),
    ],
)
def test_exact_segments_win_over_names(router, path, method, names):
    found = router.find(path)
    assert found.verbs["GET"].path == method
    assert found.path == names


@pytest.mark.parametrize("path", ["/", "/api", "/api/z", "/api/a/17/b/c", "/api//x", "/api/a//b", "/other"])
def test_an_unknown_path_leads_nowhere(router, path):
    assert router.find(path) is None


def test_a_method_cannot_be_in_the_table_twice():
    with pytest.raises(ValueError, match="twice"):
        Router([open_to_all("GET", "/a", handler), open_to_all("GET", "/a", handler)])
