"""With what, from what and how a sweep was run, as far as its runs agree; and where they do not."""

from collections.abc import Mapping, Sequence
from typing import Any

from whynorm.results.runs import Question, Run
from whynorm.results.tuned import Tuned

# What changes numbers besides the configuration.
DECISIVE = ("python", "torch", "pytorch-lightning", "platform", "machine", "threads")
VERSIONS = [
    "whynorm",
    "python",
    "torch",
    "pytorch-lightning",
    "hydra-core",
    "sacrebleu",
    "platform",
]


def facts(question: Question, runs: Sequence[Run], tuned: Tuned | None) -> dict[str, str]:
    """What a reader needs to repeat the sweep and to judge it."""
    states = [run.state for run in runs]
    hours = sum(run.seconds for run in runs) / 3600
    what = f"experiment={question.name}"
    resumed = sum(bool(run.versions.get("resumed")) for run in runs)
    return {
        "commands": f"python run.py -m {what}\npython run.py task=compare {what}",
        "runs": f"{len(runs)}: {counted(states)}",
        "seeds": listed(dict.fromkeys(run.swept.get("seed", "") for run in runs)),
        "learning rate": tuned.sentence() if tuned else "as the experiment sets it, not tuned",
        "commit": listed(commits(runs)),
        **{name: listed(of(runs, name)) for name in VERSIONS},
        "threads": listed(of(runs, "threads")),
        "data (SHA-256)": listed(of(runs, "data_sha256")),
        "BLEU": listed(dict.fromkeys(signature(run) for run in runs if run.scores)),
        "begun": listed(sorted(days(runs))),
        "time of all runs together": f"{hours:.2f} h",
        **({"gone on after a stop": f"{resumed} runs"} if resumed else {}),
    }


def warnings(question: Question, runs: Sequence[Run], tuned: Tuned | None) -> list[str]:
    """What may make the runs worth less than they look."""
    found = changed(question, runs)
    missing = [run for run in runs if run.state not in ("done", "diverged")]
    if missing:
        names = listed([f"{run.folder.name} ({run.state})" for run in missing[:5]])
        found.append(f"{len(missing)} of {len(runs)} runs came to no result: {names}")
    if len(commits(runs)) > 1:
        found.append(f"The runs are of different states of the code: {listed(commits(runs))}")
    if any(one.get("uncommitted_changes") for one in attempts(runs)):
        found.append("Some runs were made with uncommitted changes to the code")
    for name in DECISIVE:
        if len(of(runs, name)) > 1:
            found.append(f"The runs do not agree in {name}: {listed(of(runs, name))}")
    if tuned:
        found += tuned.at_the_edge()
    else:
        found.append("No arm had a learning rate of its own: one that is behind may do better")
    return found


def changed(question: Question, runs: Sequence[Run]) -> list[str]:
    """Sentences on what decides now otherwise than it was to decide when the runs were made."""
    found = []
    for name in ("metric", "margin", "baseline", "contrast"):
        now, key = str(getattr(question, name)), f"compare.{name}"
        then = {str(run.config[key]): None for run in runs if key in run.config}
        other = [value for value in then if value != now]
        if other:
            found.append(f"{key} was {listed(other)} when runs were made, and is {now} now")
    return found


def commits(runs: Sequence[Run]) -> list[str]:
    """The states of the code, marked where files differed from the commit."""
    found = {
        str(one["commit"])[:12] + "*" * bool(one.get("uncommitted_changes")): None
        for one in attempts(runs)
        if one.get("commit")
    }
    return list(found)


def of(runs: Sequence[Run], name: str) -> list[str]:
    """The values of a version in all runs that know it, each once."""
    return list(dict.fromkeys(str(one[name]) for one in attempts(runs) if name in one))


def attempts(runs: Sequence[Run]) -> list[Mapping[str, Any]]:
    """With what each run was begun, and with what it was gone on with after a stop."""
    return [one for run in runs for one in (run.versions, *run.versions.get("resumed", []))]


def days(runs: Sequence[Run]) -> set[str]:
    """The days on which runs began."""
    return {day[:10] for day in of(runs, "begun") if day}


def signature(run: Run) -> str:
    """With what BLEU was measured."""
    tests: list[dict[str, Any]] = list(run.scores.get("test", {}).values())
    return str(tests[0].get("greedy", {}).get("bleu_signature", "")) if tests else ""


def counted(states: Sequence[str]) -> str:
    """How many of each."""
    return ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))


def listed(values: Any) -> str:
    """The values with commas between them; a dash where there is none."""
    return ", ".join(str(value) for value in values if value) or "–"
