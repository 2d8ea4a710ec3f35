"""Targets with their tags, and the channel in which web analytics will count them."""

import pytest

from smsroi_models.errors import ParameterError
from smsroi_models.planning.channel_rules import channel_of
from smsroi_models.planning.target_tags import tagged_target, with_query

TAGS = "utm_source=sms&utm_medium=sms&utm_campaign=SPRING"


@pytest.mark.parametrize(
    ("target", "tagged"),
    [
        ("https://shop.example", f"https://shop.example?{TAGS}"),
        ("https://shop.example/?", f"https://shop.example/?{TAGS}"),
        ("https://shop.example/a?b=c&", f"https://shop.example/a?b=c&{TAGS}"),
        ("https://shop.example/a?b=%2F+x", f"https://shop.example/a?b=%2F+x&{TAGS}"),
        ("https://shop.example/a#utm_medium=x?", f"https://shop.example/a?{TAGS}#utm_medium=x?"),
        (f"https://shop.example/a?{TAGS}", f"https://shop.example/a?{TAGS}"),
        (
            "http://shop.example:8080/a?utm_medium=sms&b",
            "http://shop.example:8080/a?utm_medium=sms&b&utm_source=sms&utm_campaign=SPRING",
        ),
    ],
)
def test_what_the_target_has_stays_and_no_tag_stands_twice(target, tagged):
    assert tagged_target(target, "SPRING").url == tagged


def test_a_campaigns_id_is_written_as_an_address_may_hold_it():
    url = tagged_target("https://shop.example", "Frühling & Co").url
    assert url.endswith("utm_campaign=Fr%C3%BChling%20%26%20Co")


def test_the_targets_own_tag_counts_unless_another_is_asked_for():
    own = tagged_target("https://shop.example?utm_source=attentive", "SPRING")
    assert own.tags["utm_source"] == "attentive" and own.channel == "SMS"
    same = tagged_target("https://shop.example?utm_source=attentive", "SPRING", source="attentive")
    assert same == own


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        ("https://a.example?utm_medium=email", {"medium": "sms"}, "utm_medium=email, and you ask"),
        ("https://a.example?utm_medium=sms&utm_medium=sms", {}, "utm_medium more than once"),
        ("https://a.example?UTM_Medium=sms", {}, "UTM_Medium: tags are read in lower case"),
        ("https://a.example?utm_medium=", {}, "an empty utm_medium"),
        ("https://a.example", {"source": " "}, "utm_source is empty"),
        ("shop.example", {}, "must be a web address"),
        ("ftp://shop.example", {}, "must be a web address"),
        ("javascript:alert(1)", {}, "must be a web address"),
        ("https:///path", {}, "must be a web address"),
        ("https://shop.example/a b", {}, "without spaces"),
        ("https://shop.example/a\u200b", {}, "without spaces"),
        ("https://shop.example:port/", {}, "no web address"),
        ("https://[::1/", {}, "no web address"),
        ("https://ada:secret@shop.example", {}, "names a user or a password"),
    ],
)
def test_a_target_that_will_not_do_is_refused(target, options, message):
    with pytest.raises(ParameterError, match=message) as refused:
        tagged_target(target, "SPRING", **options)
    assert "secret" not in str(refused.value)


# The rules of Google's page, one case a channel, and where two of them meet.
@pytest.mark.parametrize(
    ("source", "medium", "campaign", "channel"),
    [
        ("sms", "sms", "SPRING", "SMS"),
        ("attentive", "SMS", "SPRING", "SMS"),
        ("SMS", "text", "SPRING", "SMS"),
        ("attentive", "text", "SPRING", "Unassigned"),
        ("attentive", "sms-blast", "SPRING", "Unassigned"),
        ("attentive", "email", "SPRING", "Email"),
        ("newsletter", "e mail", "SPRING", "Email"),
        ("attentive", "push", "SPRING", "Mobile Push Notifications"),
        ("attentive", "mobile", "SPRING", "Mobile Push Notifications"),
        ("firebase", "x", "SPRING", "Mobile Push Notifications"),
        ("attentive", "link", "SPRING", "Referral"),
        ("attentive", "cpm", "SPRING", "Display"),  # before Paid Other, whose .*cp.* holds too
        ("attentive", "paid-sms", "SPRING", "Paid Other"),
        ("facebook", "sms", "SPRING", "Organic Social"),
        ("facebook", "paid", "SPRING", "Paid Social"),
        ("google", "sms", "SPRING", "Organic Search"),
        ("google", "cpc", "SPRING", "Paid Search"),
        ("youtube", "sms", "SPRING", "Organic Video"),
        ("amazon", "sms", "SPRING", "Organic Shopping"),
        ("amazon", "ppc", "SPRING", "Paid Shopping"),
        ("sms", "sms", "Shop opening", "Organic Shopping"),
        ("sms", "sms", "spring-shopping", "Organic Shopping"),
        ("sms", "sms", "workshop", "SMS"),  # a letter before "shop", unless it is e
        ("sms", "sms", "eshop", "Organic Shopping"),
        ("sms", "sms", "a Cross-Network test", "Cross-network"),
        ("(direct)", "(none)", "SPRING", "Direct"),
        ("x", "affiliate", "SPRING", "Affiliates"),
        ("x", "audio", "SPRING", "Audio"),
        ("x", "promo-video", "SPRING", "Organic Video"),
        ("x", "banner", "SPRING", "Display"),
    ],
)
def test_the_channel_is_that_of_googles_rules(source, medium, campaign, channel):
    assert channel_of(source, medium, campaign) == channel


def test_another_channel_than_sms_is_warned_of_with_the_remedy():
    warning = tagged_target("https://shop.example", "SPRING", medium="text-message").warning
    assert warning == ""  # the source is sms, which suffices
    told = tagged_target("https://shop.example", "SPRING", source="ours", medium="text").warning
    assert "as Unassigned, not SMS" in told and "utm_medium=sms" in told
    assert "as Organic Shopping" in tagged_target("https://a.example", "shop-days").warning


def test_more_in_the_query_is_escaped():
    assert with_query("https://a.example?", {}) == "https://a.example?"
    assert with_query("https://a.example#x", {"a&b": "ü"}) == "https://a.example?a%26b=%C3%BC#x"
