"""How locales write, against what the CLDR's charts say (version 47), written down by hand."""

from datetime import date

import pytest

from smsroi_models.errors import ParameterError
from smsroi_models.locales import (
    checked_locale,
    minor_digits,
    write_day,
    write_money,
    write_number,
    write_percent,
)

NARROW, WIDE = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("tag", "currency", "decimals", "gain", "loss"),
    [
        ("en-US", "USD", 2, "$1,234,567.50", "−$1,234.50"),
        ("en-GB", "GBP", 2, "£1,234,567.50", "−£1,234.50"),
        ("de-DE", "EUR", 2, f"1.234.567,50{WIDE}€", f"−1.234,50{WIDE}€"),
        ("fr-FR", "EUR", 2, f"1{NARROW}234{NARROW}567,50{WIDE}€", f"−1{NARROW}234,50{WIDE}€"),
        ("ja-JP", "JPY", 0, "¥1,234,568", "−¥1,234"),
        ("en-IN", "INR", 2, "₹12,34,567.50", "−₹1,234.50"),
        ("nl-NL", "EUR", 2, f"€{WIDE}1.234.567,50", f"€{WIDE}−1.234,50"),
        ("en-US", "CHF", 2, f"CHF{WIDE}1,234,567.50", f"−CHF{WIDE}1,234.50"),
        ("de-DE", "", 2, "1.234.567,50", "−1.234,50"),
        ("ar-EG", "EGP", 2, f"1,234,567.50{WIDE}ج.م.", f"−1,234.50{WIDE}ج.م."),
    ],
)
def test_money(tag: str, currency: str, decimals: int, gain: str, loss: str) -> None:
    assert write_money(1234567.5 + 0.1 * (decimals == 0), decimals, currency, tag) == gain
    assert write_money(-1234.5 + 0.1 * (decimals == 0), decimals, currency, tag) == loss


@pytest.mark.parametrize(
    ("tag", "number", "percentage", "day"),
    [
        ("en-US", "−1,234.5", "12.5%", "Nov 26, 2026"),
        ("en-GB", "−1,234.5", "12.5%", "26 Nov 2026"),
        ("de-DE", "−1.234,5", f"12,5{WIDE}%", "26 Nov 2026"),
        ("fr-FR", f"−1{NARROW}234,5", f"12,5{WIDE}%", "26 Nov 2026"),
        ("ja-JP", "−1,234.5", "12.5%", "2026-11-26"),
        ("en-IN", "−1,234.5", "12.5%", "26 Nov 2026"),
        ("sv-SE", f"−1{WIDE}234,5", f"12,5{WIDE}%", "26 Nov 2026"),
    ],
)
def test_numbers_percentages_and_days(tag: str, number: str, percentage: str, day: str) -> None:
    assert write_number(-1234.5, 1, tag) == number
    assert write_percent(12.5, 1, tag) == percentage
    assert write_day(date(2026, 11, 26), tag) == day


def test_zero_has_no_sign_and_a_large_number_takes_a_letter() -> None:
    assert write_money(-0.001, 2, "EUR", "de-DE") == f"0,00{WIDE}€"
    assert write_money(1.25, 2, "EUR", "de-DE", "M") == f"1,25M{WIDE}€"
    assert write_money(-1.25, 2, "USD", letter="M") == "−$1.25M"


def test_yen_have_the_sign_that_fonts_draw() -> None:
    assert write_money(1234, 0, "JPY", "ja-JP") == write_money(1234, 0, "JPY") == "¥1,234"


def test_a_currency_has_its_own_decimals() -> None:
    assert [minor_digits(code) for code in ("USD", "JPY", "KWD")] == [2, 0, 3]


def test_a_region_that_is_not_told_apart_is_written_as_its_language() -> None:
    assert write_number(1234.5, 1, "de-US") == "1.234,5"
    assert write_number(1234.5, 1, "de") == "1.234,5"


@pytest.mark.parametrize("tag", ["", "German", "de_DE", "DE-de", "xx-DE", "de-DE-u-nu-latn", None])
def test_another_locale_is_refused_by_name_rule_and_remedy(tag: str) -> None:
    with pytest.raises(ParameterError, match=r"locale is .*must be a known language.*like|example"):
        checked_locale(tag)
