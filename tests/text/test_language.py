import pytest

from usi_fed.text.language import find_language, find_spoken_language


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("de", "de"),
        ("PT-br", "pt-BR"),
        ("zh_hant_tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("sl-ROZAJ", "sl-rozaj"),
        ("de-1996", "de-1996"),
        ("en-x-Simple", "en-x-simple"),
        ("zh-yue", "zh-yue"),
        ("ckb", "ckb"),
    ],
)
def test_tag_gets_its_usual_spelling(tag, language):
    assert find_language(tag) == language


@pytest.mark.parametrize(
    "tag", ["", "x", "deutsch!", "und", "zxx", "de-", "d\xe9", "a" * 40, None, 7, "de-DE-DE", "<b>"]
)
def test_what_names_no_language_is_none(tag):
    assert find_language(tag) is None


@pytest.mark.parametrize(
    ("tag", "language"), [("pt_br", "pt-BR"), ("yue", "yue"), ("english", None), ("und", None), ("", None)]
)
def test_a_language_that_people_choose_has_a_code(tag, language):
    assert find_spoken_language(tag) == language
