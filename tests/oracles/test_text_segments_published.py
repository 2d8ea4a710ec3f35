"""Segments of texts against two published sets of test cases; every number is exact.

- Twilio's segment calculator, TwilioDevEd/message-segment-calculator on GitHub (npm
  `sms-segments-calculator`), tests/index.test.js and tests/segments.test.js, read 2026-11:
  encoding, segments, and the message's bits without headers (7 or 16 a unit) and with them (48 a
  segment).
- The TypeScript functions `splitStringIntoSmsSegments` and `getSmsCharCountInfo`, cases g002 to
  g012 and u001 to u009 of their public test file (of a repository that our source does not name),
  read 2026-11: places and segments where an escape pair or an emoji lies across a segment's end.
"""

import pytest

from smsroi_models.planning.text_segments import count_segments

WINK, ITALY, RAINBOW = "😜", "🇮🇹", "🏳️‍🌈"


def _digits(first: int, count: int) -> str:
    """Return as many digits in turn, as the published bodies hold them."""
    return "".join(str((first + i) % 10) for i in range(count))


TWILIO = [
    ("GSM-7", 1, 1120, 1120, _digits(1, 160)),
    ("GSM-7", 2, 1127, 1223, _digits(1, 161)),
    ("GSM-7", 3, 2149, 2293, _digits(1, 307)),
    ("UCS-2", 1, 1120, 1120, WINK + _digits(2, 68)),
    ("UCS-2", 2, 1136, 1232, WINK + _digits(2, 69)),
    ("UCS-2", 3, 2160, 2304, WINK + _digits(2, 133)),
    ("UCS-2", 1, 1120, 1120, ITALY + _digits(2, 66)),
    ("UCS-2", 2, 1136, 1232, ITALY + _digits(2, 67)),
    ("UCS-2", 1, 1120, 1120, RAINBOW + _digits(2, 64)),
    ("UCS-2", 2, 1136, 1232, RAINBOW + _digits(2, 65)),
    *(("GSM-7", 1, 1120, 1120, escaped + _digits(1, 158)) for escaped in "|^€{}[]~\\"),
    *(("GSM-7", 2, 1127, 1223, escaped + _digits(1, 159)) for escaped in "|^€{}[]~\\"),
    *(("UCS-2", 1, 1120, 1120, letter * 70) for letter in "ÁÚúçíÍóÓ"),
    *(("UCS-2", 2, 1136, 1232, letter * 71) for letter in "ÁÚúçíÍóÓ"),
    ("UCS-2", 1, 1120, 1120, "😀" + "]" * 68),
    ("UCS-2", 2, 1136, 1232, "😀" + "]" * 69),
    ("UCS-2", 1, 1120, 1120, "e\u0301\u0301\u0301" + "a" * 66),
    ("UCS-2", 2, 1136, 1232, "e\u0301\u0301\u0301" + "a" * 67),
]


@pytest.mark.parametrize(("encoding", "segments", "bits", "with_headers", "text"), TWILIO)
def test_twilios_cases(encoding, segments, bits, with_headers, text):
    counted = count_segments(text)
    assert (counted.encoding, counted.segments) == (encoding, segments)
    assert counted.units * (7 if encoding == "GSM-7" else 16) == bits
    assert bits + (48 * segments if segments > 1 else 0) == with_headers


# Name, encoding, places of each segment, text.
PARTED = [
    ("g002", "GSM-7", [160], "[]" * 40),
    ("g003", "GSM-7", [152, 10], "[]" * 40 + "["),
    ("g004", "GSM-7", [153], "a" * 152 + "1"),
    ("g005", "GSM-7", [154], "a" * 152 + "{"),
    ("g006", "GSM-7", [160], "a" * 152 + "[bbbbbb"),
    ("g007", "GSM-7", [152, 9], "a" * 152 + "[bbbbbbc"),
    ("g008", "GSM-7", [153, 153], "a" * 152 + "1" + "a" * 152 + "1"),
    ("g009", "GSM-7", [153, 152, 2], "a" * 152 + "1" + "a" * 152 + "["),
    ("g010", "GSM-7", [153, 153, 1], "a" * 152 + "1" + "a" * 152 + "1b"),
    ("g011", "GSM-7", [153, 153, 2], "a" * 152 + "1" + "a" * 152 + "1["),
    ("g012", "GSM-7", [152, 153, 2], "a" * 152 + "[" + "a" * 152 + "1"),
    ("u001", "UCS-2", [1], "`"),
    ("u002", "UCS-2", [70], "`" + _digits(1, 69)),
    ("u003", "UCS-2", [67, 4], "`" + _digits(1, 70)),
    ("u004", "UCS-2", [67, 67], ("`" + _digits(1, 66)) * 2),
    ("u005", "UCS-2", [67, 67, 1], ("`" + _digits(1, 66)) * 2 + "7"),
    ("u007", "UCS-2", [2], "\U0001f600"),
    ("u008", "UCS-2", [66, 12], "a" * 66 + "\U0001f600" + "a" * 10),
    (
        "u009",
        "UCS-2",
        [66, 66, 2],
        "`" + _digits(1, 65) + "\U0001f600" + "`" + _digits(1, 63) + "\U0001f600",
    ),
]


@pytest.mark.parametrize(("name", "encoding", "places", "text"), PARTED)
def test_what_may_not_be_parted_goes_to_the_next_segment(name, encoding, places, text):
    counted = count_segments(text)
    alone, joined = (160, 153) if encoding == "GSM-7" else (70, 67)
    capacity = alone if len(places) == 1 else joined
    assert (counted.encoding, counted.segments) == (encoding, len(places)), name
    assert (counted.units, counted.units_left) == (sum(places), capacity - places[-1]), name
