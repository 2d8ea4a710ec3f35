"""Ids of people: one secret, one person, one id; the secret's file is nobody else's."""

import hashlib
import hmac
import stat

import pytest

from smsroi_models.errors import ParameterError
from smsroi_models.store import pseudonyms
from smsroi_models.store.pseudonyms import Pseudonyms, e164, read_secret, secret_file


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("SMSROI_SECRET", raising=False)
    return tmp_path


def test_the_id_is_the_hmac_of_the_number_in_e164():
    key = b"sixteen bytes ok"
    expected = hmac.new(key, b"phone:+12025550142", hashlib.sha256).hexdigest()[:32]
    written = ("+1 (202) 555-0142", "'+12025550142", "001 202 555 0142")
    ids = Pseudonyms(key)
    assert {ids.of_phone(text, "US") for text in written[:2]} == {"p" + expected}
    assert ids.of_phone(written[2], "DE") == "p" + expected
    assert Pseudonyms(b"another secret, as long").of_phone(written[0], None) != "p" + expected


def test_an_address_is_the_same_in_any_case_and_no_number():
    ids = Pseudonyms(b"sixteen bytes ok")
    assert ids.of_address("Ada@Example.com ") == ids.of_address("ada@example.com")
    assert ids.of_address("Ada@Example.com ").startswith("e")
    assert (ids.of_address("ada at example"), ids.of_phone("12", "US")) == (None, None)


def test_the_secret_is_not_shown():
    assert "sixteen" not in repr(Pseudonyms(b"sixteen bytes ok"))


def test_the_file_is_made_once_for_its_owner_alone(home):
    secret = read_secret()
    assert stat.S_IMODE(secret_file().stat().st_mode) == 0o600
    assert read_secret() == secret and len(secret) == 64


def test_a_file_that_others_may_read_is_refused(home):
    read_secret()
    secret_file().chmod(0o644)
    with pytest.raises(ParameterError, match="chmod 600"):
        read_secret()


def test_the_environment_comes_first_and_must_be_long_enough(home, monkeypatch):
    monkeypatch.setenv("SMSROI_SECRET", "an example of twenty")
    assert read_secret() == b"an example of twenty"
    assert not secret_file().exists()
    monkeypatch.setenv("SMSROI_SECRET", "short")
    with pytest.raises(ParameterError, match=r"holds 5 characters") as told:
        read_secret()
    assert "short" not in str(told.value).replace("shortest", "")


def test_two_first_imports_at_once_agree_on_the_secret(home):
    read_secret()
    first = secret_file().read_text()
    pseudonyms._make_secret(secret_file())
    assert secret_file().read_text() == first


@pytest.mark.parametrize(
    "number",
    [
        "555-0142",
        "0000000000",
        "1111111111",
        "999-999-9999",
        "1234567890",
        "+12562533",
        "0123456789",
    ],
)
def test_a_number_that_many_people_give_is_nobodys(number):
    assert e164(number, "US") is None


@pytest.mark.parametrize(
    ("number", "region"),
    [
        ("(202) 555-0142", "US"),
        ("07700 900123", "GB"),
        ("030 1234567", "DE"),
        ("888-555-0100", "US"),
    ],
)
def test_numbers_that_are_kept_for_examples_are_somebodys(number, region):
    assert e164(number, region) is not None


@pytest.mark.parametrize("fault", ["bytes", "folder", "config is a file"])
def test_a_secret_that_cannot_be_read_or_made_is_told(home, fault):
    file = secret_file()
    if fault == "config is a file":
        file.parent.write_text("")
    else:
        file.parent.mkdir()
        if fault == "folder":
            file.mkdir(mode=0o700)
        else:
            file.write_bytes(b"\xff\xfe" * 20)
            file.chmod(0o600)
    with pytest.raises(ParameterError, match=r"cannot be read or made.*SMSROI_SECRET"):
        read_secret()
