"""Which receivers a webhook may go to."""

import pytest

from mock_server.adapters.targets import Targets, is_local, needs_no_lookup

HINT = "allow it with --webhook-targets any or a host pattern"


def refused(patterns: str, host: str, address: str = "", port: int = 80) -> str | None:
    return Targets.parse(patterns.split()).why_refused(host, port, address or host)


@pytest.mark.parametrize(
    ("patterns", "host", "address"),
    [
        ("", "127.0.0.1", ""),
        ("private", "127.8.8.8", ""),
        ("private", "::1", ""),
        ("private", "10.1.2.3", ""),
        ("private", "172.31.0.1", ""),
        ("private", "192.168.1.1", ""),
        ("private", "fd12::1", ""),
        ("Private", "localhost", "::1"),
        ("private", "receiver.test", "10.0.0.1"),
        ("private", "::ffff:10.0.0.1", ""),
        ("private", "64:ff9b::10.0.0.1", ""),
        ("private", "HOST.docker.internal.", "203.0.113.9"),
        ("loopback", "localhost", "127.0.0.1"),
        ("any", "example.com", "203.0.113.9"),
        ("any", "2001:db8::1", ""),
        ("any", "64:ff9b::203.0.113.9", ""),
        ("*.example.com", "A.Example.COM.", "203.0.113.9"),
        ("*.example.com.", "a.example.com", "203.0.113.9"),
        ("h?st", "host", "203.0.113.9"),
        ("example.com:80", "example.com", "203.0.113.9"),
        ("203.0.113.9", "203.0.113.9", ""),
        ("203.0.113.0/24", "example.com", "203.0.113.9"),
        ("203.0.113.0/24:80", "example.com", "203.0.113.9"),
        ("203.0.113.0/24", "::ffff:203.0.113.9", ""),
        ("2001:db8::/32", "2001:DB8::9", ""),
        ("[2001:db8::1]:80", "2001:db8::1", ""),
        ("[2001:db8::1]", "2001:db8:0::1", ""),
        ("loopback *.example.com", "a.example.com", "203.0.113.9"),
        ("*", "example.com", "203.0.113.9"),
    ],
)
def test_allows(patterns: str, host: str, address: str) -> None:
    assert refused(patterns, host, address) is None


@pytest.mark.parametrize(
    ("patterns", "host", "address", "why"),
    [
        (
            "private",
            "203.0.113.9",
            "",
            "203.0.113.9 is not a private address",
        ),
        (
            "private",
            "example.com",
            "203.0.113.9",
            "example.com is at 203.0.113.9, which is not a private address",
        ),
        (
            "loopback",
            "10.0.0.1",
            "",
            "10.0.0.1 is not a loopback address",
        ),
        (
            "*.example.com ::/8",
            "x.org",
            "203.0.113.9",
            "x.org is at 203.0.113.9, which is not among the webhook targets *.example.com, ::/8",
        ),
    ],
)
def test_says_why_it_refuses_and_which_option_allows(
    patterns: str, host: str, address: str, why: str
) -> None:
    assert refused(patterns, host, address) == f"{why}; {HINT}"


@pytest.mark.parametrize(
    ("patterns", "host", "address"),
    [
        ("private", "172.32.0.1", ""),
        ("private", "100.64.0.1", ""),
        ("private", "::ffff:203.0.113.9", ""),
        ("private", "64:ff9b::203.0.113.9", ""),
        ("loopback", "receiver.test", "10.0.0.1"),
        ("loopback", "host.docker.internal", "10.0.0.1"),
        ("example.com:8443", "example.com", "203.0.113.9"),
        ("203.0.113.0/24:8443", "203.0.113.9", ""),
        ("*.example.com", "example.com.evil.test", "203.0.113.9"),
        ("*.example.com", "127.0.0.1", ""),
        ("10.0.0.0/8", "10.evil.test", "203.0.113.9"),
    ],
)
def test_refuses_what_is_not_allowed(patterns: str, host: str, address: str) -> None:
    assert HINT in (refused(patterns, host, address) or "")


@pytest.mark.parametrize("host", [None, "receiver.test"])
@pytest.mark.parametrize("patterns", ["private", "any", "* 0.0.0.0/0 ::/0"])
@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "::",
        "169.254.169.254",
        "169.254.0.1",
        "fe80::1",
        "febf::1",
        "100.100.100.200",
        "168.63.129.16",
        "fd00:ec2::254",
        "fd20:ce::254",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
        "::ffff:169.254.169.254",
        "::ffff:a9fe:a9fe",
        "::ffff:0.0.0.0",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "2001:0:a9fe:a9fe::1",
        "::169.254.169.254",
        "::127.0.0.1",
    ],
)
def test_never_allows(patterns: str, host: str | None, address: str) -> None:
    assert "is never a receiver" in (refused(patterns, host or address, address) or "")


@pytest.mark.parametrize(
    "host", ["metadata.google.internal", "Metadata.Google.Internal.", "metadata"]
)
def test_a_metadata_service_is_known_by_name(host: str) -> None:
    assert needs_no_lookup(host)
    assert (
        refused("any metadata*", host)
        == f"{host} is a cloud metadata service, which is never a receiver"
    )


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f.1",
        "0x7F000001",
        "0X",
        "127.1",
        "0177.0.0.1",
        "127.0.0.1.",
        "127.0.0.01",
        "256.0.0.1",
        "::1%lo",
        "fe80::1%25eth0",
        "example.1",
    ],
)
def test_an_unusual_spelling_of_an_address_is_refused(host: str) -> None:
    assert needs_no_lookup(host)
    assert "unusual spelling" in (refused("any *", host) or "")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "203.0.113.9", "::FFFF:1.2.3.4"])
def test_an_address_needs_no_lookup(host: str) -> None:
    assert needs_no_lookup(host)


@pytest.mark.parametrize("host", ["localhost", "example.com", "1.example.com", "0x7f.example", "x"])
def test_a_name_needs_a_lookup(host: str) -> None:
    assert not needs_no_lookup(host)


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("", "it is neither a host nor a network"),
        ("http://example.com/", "it is neither a host nor a network"),
        ("example.com:", "it is neither a host nor a network"),
        ("example.com:https", "it is neither a host nor a network"),
        ("fe80::1::2", "it is neither a host nor a network"),
        ("[::1", "it is neither a host nor a network"),
        ("[]:80", "it is neither a host nor a network"),
        ("example.com:0", "a port is 1 to 65535"),
        ("example.com:65536", "a port is 1 to 65535"),
        ("bücher.example", "a host is ASCII letters, digits, dots, hyphens, * and ?"),
        ("user@example.com", "a host is ASCII letters, digits, dots, hyphens, * and ?"),
        ("10.0.0.1/8", "10.0.0.1/8 has host bits set"),
        ("example.com/24", "'example.com/24' does not appear to be an IPv4 or IPv6 network"),
        ("[example.com]", "'example.com' does not appear to be an IPv4 or IPv6 network"),
        ("192.168.*", "'192.168.*' does not appear to be an IPv4 or IPv6 network"),
        ("2130706433", "'2130706433' does not appear to be an IPv4 or IPv6 network"),
    ],
)
def test_a_bad_pattern_is_named_with_what_is_allowed(pattern: str, problem: str) -> None:
    with pytest.raises(ValueError, match="webhook target") as caught:
        Targets.parse(["private", pattern])
    assert str(caught.value) == (
        f"webhook target {pattern!r}: {problem}; allowed are private, loopback, any, a host pattern"
        " (*.example.com, hooks.example.com:8443), an address (203.0.113.9) and a network"
        " (203.0.113.0/24)"
    )


@pytest.mark.parametrize(
    "host", ["localhost", "a.LOCALHOST", "host.docker.internal", "127.0.0.1", "::1", "10.0.0.1"]
)
def test_is_local_as_written(host: str) -> None:
    assert is_local(host)


@pytest.mark.parametrize("host", ["example.com", "203.0.113.9", "notlocalhost", "2001:db8::1"])
def test_is_not_local(host: str) -> None:
    assert not is_local(host)
