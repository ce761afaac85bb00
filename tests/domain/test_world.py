"""Owns the claims about virtual time and declared people."""

from hypothesis import given
from hypothesis import strategies as st

from mock_server.domain.instants import MANUAL_START
from mock_server.domain.people import Declared
from mock_server.domain.world import Anchor, ClockMode, World
from tests.builders import fault, person

INSTANTS = st.integers(0, 10**15)
RATES = st.floats(0.001, 1000)
URL = "https://www.linkedin.com/in/asha"


@given(real=INSTANTS)
def test_a_manual_clock_stands(real: int) -> None:
    assert Anchor().at(real) == MANUAL_START


@given(real=INSTANTS, passed=INSTANTS)
def test_a_real_clock_goes_as_real_time_does(real: int, passed: int) -> None:
    assert Anchor(ClockMode.REAL, 1, 5, real).at(real + passed) == 5 + passed


@given(passed=st.integers(0, 10**9))
def test_a_scaled_clock_goes_as_fast_as_told(passed: int) -> None:
    assert Anchor(ClockMode.SCALED, 60, 0, 0).at(passed) == 60 * passed


@given(rate=RATES, sooner=st.integers(0, 10**12), later=st.integers(0, 10**12))
def test_time_never_goes_back(rate: float, sooner: int, later: int) -> None:
    clock = Anchor(ClockMode.SCALED, rate, 0, 0)

    assert clock.at(sooner) <= clock.at(sooner + later)


@given(virtual=INSTANTS, real=INSTANTS)
def test_a_clock_is_never_moved_back(virtual: int, real: int) -> None:
    clock = Anchor(ClockMode.REAL, 1, 10**14, 0)

    assert clock.moved(virtual, real).at(real) == max(virtual, clock.at(real))


@given(rate=RATES, real=INSTANTS)
def test_another_clock_goes_on_from_where_this_one_stands(rate: float, real: int) -> None:
    clock = Anchor(ClockMode.REAL, 1, 7, 0)

    assert clock.going(ClockMode.SCALED, rate, real).at(real) == clock.at(real)


def test_a_person_of_a_key_comes_before_one_of_everybody() -> None:
    own, shared = person("Wiza"), person("Clodura")
    world = World(1).with_person(Declared(own, None, "key")).with_person(Declared(shared))

    persons = [world.declared("p-1", key) for key in ("key", "other")]

    assert [each and each.person for each in persons] == [own, shared]


def test_a_person_of_a_key_is_nobody_to_another() -> None:
    assert World(1).with_person(Declared(person(), None, "key")).declared("p-1", "other") is None


def test_a_profile_of_a_key_comes_before_one_of_everybody() -> None:
    own, shared = person("Wiza", person_id="own"), person("Clodura", person_id="shared")
    world = World(1).with_person(Declared(shared, "asha"))
    world = world.with_person(Declared(own, "asha", "key"))

    persons = [world.declared_profile(URL, key) for key in ("key", "other")]

    assert [each and each.person for each in persons] == [own, shared]


def test_a_profile_that_nobody_declared_is_nobody_s() -> None:
    assert World(1).with_person(Declared(person())).declared_profile(URL, "key") is None


def test_declaring_somebody_again_replaces_them() -> None:
    world = World(1).with_person(Declared(person("Wiza"))).with_person(Declared(person()))

    assert [each.person for each in world.people.values()] == [person()]


def test_faults_are_kept_in_the_order_they_came() -> None:
    world = World(1).with_fault(fault("a")).with_fault(fault("b"))

    assert ([each.fault_id for each in world.faults], world.faults_added) == (["a", "b"], 2)


def test_each_account_without_a_name_is_counted() -> None:
    assert World(1).with_account().with_account().accounts_opened == 2
