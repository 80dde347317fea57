from itertools import pairwise

from whynorm.results.palette import looks


def test_arms_look_different_in_more_than_colour() -> None:
    arms = [str(index) for index in range(20)]
    assert len({(look.marker, look.dashes) for look in looks(arms).values()}) == len(arms)


def test_as_many_arms_as_an_experiment_may_have_look_different() -> None:
    arms = [str(index) for index in range(140)]
    assert len(set(looks(arms).values())) == len(arms)


def test_two_neighbours_never_share_colour_marker_or_dashes() -> None:
    found = list(looks([str(index) for index in range(30)]).values())
    shared = [set(one) & set(two) for one, two in pairwise(found)]
    assert shared == [set()] * 29
