import pytest
from hypothesis import given
from hypothesis import strategies as st

from usi_fed.clock import now
from usi_fed.errors import InvalidInput
from usi_fed.moderation.blocklist import from_csv, preview, to_csv
from usi_fed.moderation.model import DomainRule

# As Mastodon 4.x exports it.
FILE = '''#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate
bad.example,suspend,true,true,"Harassment, ""trolls""",true
loud.example,silence,false,false,,false
pictures.example,noop,true,false,Gore,false
'''


def rule_of(values, number=1):
    held = {"private_comment": "", "id": number, "created_at": now(), "source_id": None, **values}
    return DomainRule(**held)


def test_a_file_of_mastodon_comes_out_as_it_went_in():
    assert to_csv([rule_of(one) for one in from_csv(FILE)]) == FILE


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.booleans(), st.sampled_from(["noop", "suspend"]))
def test_any_comment_survives_the_journey(comment, flag, severity):
    values = {"domain": "a.example", "severity": severity, "reject_media": flag, "reject_reports": not flag}
    rule = rule_of({**values, "public_comment": comment.strip(), "obfuscate": flag})
    assert [rule_of(one, rule.id).public_comment for one in from_csv(to_csv([rule]))] == [comment.strip()]


def test_private_comments_and_what_is_only_allowed_stay_here():
    rules = [rule_of(one) for one in from_csv(FILE)]
    allowed = rule_of({**from_csv(FILE)[0], "severity": "allow", "domain": "friend.example"})
    secret = rule_of({**from_csv(FILE)[0], "private_comment": "told by Kim"})
    assert "friend" not in to_csv([*rules, allowed]) and "Kim" not in to_csv([secret])


def test_a_plain_list_of_names_is_to_be_suspended():
    assert [(one["domain"], one["severity"]) for one in from_csv("A.example\n\n*.b.example\n")] == [
        ("a.example", "suspend"),
        ("b.example", "suspend"),
    ]


def test_the_same_line_twice_counts_once():
    assert [one["domain"] for one in from_csv("a.example\nb.example\nA.example\n")] == ["a.example", "b.example"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("#domain,#severity\na.example,block\n", "line 2: severity must be one of noop, silence, suspend"),
        ("a.example\nb.example\n" + "c" * 200_000, "line 3: is no CSV: field larger than field limit"),
        ("#domain,#reject_media\na.example,perhaps\n", "line 2: reject_media must be true or false"),
        ("a b\n", "line 1: 'a b' must be a domain"),
        (
            "#domain,#severity\na.example,silence\nb.example,silence\nA.example,suspend\n",
            "line 4: says something else of a.example than line 2",
        ),
        ("a.example:99\n", "line 1: 'a.example:99' must have no port"),
    ],
)
def test_what_cannot_be_taken_is_named_with_its_line(text, told):
    with pytest.raises(InvalidInput, match=told):
        from_csv(text)


def test_a_preview_says_what_would_change_and_for_how_many():
    held = [rule_of({**one, "severity": "silence"}) for one in from_csv(FILE)[:2]]
    people = {"bad.example:8080": 2, "sub.bad.example": 3, "notbad.example": 7}
    assert [str(step) for step in preview(from_csv(FILE), held, people)] == [
        "suspend  bad.example  (now silence; 5 people known here)",
        "silence  loud.example  (as it is; nobody known here)",
        "noop  pictures.example  (new; nobody known here)",
    ]
