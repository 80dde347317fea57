"""What README.md says of the fifteen sentences is what the experiments' tables say."""

import re

import pytest
import yaml

from tests.house.source import ROOT
from whynorm.results import boundary
from whynorm.results.claims import OPEN, Claim, read
from whynorm.results.claims_table import table
from whynorm.results.evidence import answered
from whynorm.results.marks import between

EXPERIMENTS = ROOT / "experiments"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROBES = ("dependency", "fills", "tails")  # their settings name no claims
CLAIMS = read(EXPERIMENTS / "all/claims.yaml")
each = pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: str(claim.number))


def test_the_table_of_the_readme_is_the_one_that_follows() -> None:
    assert between(README, "claims") == table(answered(CLAIMS, EXPERIMENTS, "en"), "en")


def test_the_table_has_every_claim_once() -> None:
    rows = re.findall(r"^\| (\d+) \|", between(README, "claims") or "", re.M)
    assert rows == [str(number) for number in range(1, 16)]


def test_the_map_of_conditions_is_the_one_that_follows() -> None:
    asked = boundary.read(EXPERIMENTS / "all/map.yaml")
    told = between((EXPERIMENTS / "all/README.md").read_text(encoding="utf-8"), "map")
    assert told == boundary.markdown(asked, boundary.places(asked, EXPERIMENTS))


def test_the_map_names_every_experiment_that_holds_batch_norm_against_layer_norm() -> None:
    asked, found = boundary.read(EXPERIMENTS / "all/map.yaml"), set[str]()
    for path in EXPERIMENTS.glob("*/experiment.yaml"):
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
        arms = settings.get("hydra", {}).get("sweeper", {}).get("bundles", {}).get("arm", {})
        against = settings.get("compare", {}).get("baseline")
        if "batch" in arms and against == asked.against:
            found.add(path.parent.name)
    assert set(asked.experiments) == found


@each
def test_a_claim_and_its_experiments_name_each_other(claim: Claim) -> None:
    named = set()
    for path in EXPERIMENTS.glob("*/experiment.yaml"):
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
        if claim.number in settings.get("compare", {}).get("claims", []):
            named.add(path.parent.name)
    compared = {name for name in claim.experiments if name not in PROBES}
    assert compared == named


@each
def test_a_verdict_rests_on_something(claim: Claim) -> None:
    assert bool(claim.rests_on) == (claim.verdict != OPEN)


@each
def test_a_claim_is_told_in_english_without_and_in_korean_with_hangul(claim: Claim) -> None:
    for language, wording in claim.said.items():
        texts = [wording.claim, wording.measured, *filter(None, [wording.answer])]
        hangul = {bool(re.search("[가-힣]", text)) for text in texts}
        assert hangul == {language == "ko"}
