"""What a W&B server answers to each GraphQL query that wandb 0.31 asks for a run."""

import json
from collections.abc import Callable
from typing import Any

ENTITY = "somebody"
OWNER = {"id": "1", "name": ENTITY}

Answer = Callable[[str, dict[str, Any], Any], dict[str, Any]]


def viewer(url: str, asked: dict[str, Any], run: Any) -> dict[str, Any]:
    """Who the key belongs to."""
    found = {"id": "1", "entity": ENTITY, "username": ENTITY, "email": "", "flags": "{}"}
    return {"viewer": {**found, "teams": {"edges": []}}}


def resume_status(url: str, asked: dict[str, Any], run: Any) -> dict[str, Any]:
    """What is known of a run that may be resumed."""
    project = {"id": "1", "name": asked["project"], "entity": OWNER}
    if run is None:
        return {"model": {**project, "bucket": None}}
    config = {key: {"value": value} for key, value in run.config.items()}
    bucket = {
        "id": asked["name"],
        "name": asked["name"],
        "displayName": run.facts["displayName"],
        "logLineCount": 0,
        "eventsLineCount": 0,
        "historyLineCount": len(run.history),
        "historyTail": json.dumps([json.dumps(row) for row in run.history[-1:]]),
        "eventsTail": "[]",
        "summaryMetrics": json.dumps(run.summary),
        "config": json.dumps(config),
        "tags": run.facts["tags"],
        "notes": None,
        "wandbConfig": json.dumps({"t": 1}),
    }
    return {"model": {**project, "bucket": bucket}}


def upserted_run(url: str, asked: dict[str, Any], run: Any) -> dict[str, Any]:
    """The run as it was taken."""
    project = {"id": "1", "name": asked["project"], "entity": OWNER}
    bucket = {
        "id": asked["name"],
        "name": asked["name"],
        "displayName": run.facts["displayName"],
        "config": asked["config"],
        "sweepName": None,
        "description": "",
        "project": project,
        "historyLineCount": len(run.history),
    }
    return {"upsertBucket": {"bucket": bucket, "inserted": run.begun == 1}}


def run_files(url: str, asked: dict[str, Any], run: Any) -> dict[str, Any]:
    """Where the files of a run are to be sent."""
    place = f"{url}/files-of/{asked['run']}"
    files = [{"name": name, "uploadUrl": f"{place}/{name}"} for name in asked["files"]]
    return {"createRunFiles": {"runID": asked["run"], "uploadHeaders": [], "files": files}}


def features(url: str, asked: dict[str, Any], run: Any) -> dict[str, Any]:
    """What else the server can do: nothing."""
    return {"serverInfo": {"features": []}}


def organization(url: str, asked: dict[str, Any], run: Any) -> dict[str, Any]:
    """Whose the entity is: nobody's."""
    return {"entity": None}


def artifact_type(url: str, asked: dict[str, Any], run: Any) -> dict[str, Any]:
    """Nothing is known of an artifact before it comes."""
    return {"project": None}


def artifact(url: str, asked: dict[str, Any], run: Any) -> dict[str, Any]:
    """An artifact whose files are still to come."""
    begun = {"id": "1", "state": "PENDING", "artifactSequence": {"latestArtifact": None}}
    return {"createArtifact": {"artifact": begun}}


def manifest(url: str, asked: dict[str, Any], run: Any) -> dict[str, Any]:
    """Where an artifact's list of files is to be sent."""
    file = {"id": "1", "name": "manifest", "displayName": "manifest", "uploadHeaders": []}
    listed = {"id": "1", "file": {**file, "uploadUrl": f"{url}/manifest"}}
    return {"createArtifactManifest": {"artifactManifest": listed}}


def artifact_files(url: str, asked: dict[str, Any], run: Any) -> dict[str, Any]:
    """Where the files of an artifact are to be sent."""
    rest = {"uploadHeaders": [], "uploadMultipartUrls": None, "artifact": {"id": "1"}}
    names = [file["name"] for file in asked["input"]["artifactFiles"]]
    nodes = [{"storagePath": n, "uploadUrl": f"{url}/tables/{n}", **rest} for n in names]
    return {"createArtifactFiles": {"files": {"edges": [{"node": node} for node in nodes]}}}


def committed(url: str, asked: dict[str, Any], run: Any) -> dict[str, Any]:
    """All of an artifact is there."""
    return {"commitArtifact": {"artifact": {"id": "1", "digest": "1"}}}


def upserted_view(url: str, asked: dict[str, Any], run: Any) -> dict[str, Any]:
    """The workspace as it was taken."""
    view = {"id": asked.get("id") or "view-1", "name": asked["name"]}
    return {"upsertView": {"view": view, "inserted": not asked.get("id")}}


def view(url: str, asked: dict[str, Any], run: Any) -> dict[str, Any]:
    """A workspace that was taken before."""
    nodes = [] if run is None else [{"node": {**run, "spec": json.dumps(run["spec"])}}]
    return {"project": {"allViews": {"edges": nodes}}}


ANSWERS: dict[str, Answer] = {
    "Viewer": viewer,
    "RunResumeStatus": resume_status,
    "UpsertBucket": upserted_run,
    "CreateRunFiles": run_files,
    "ServerFeaturesQuery": features,
    "OrganizationCoreWeaveOrganizationID": organization,
    "ArtifactType": artifact_type,
    "CreateArtifact": artifact,
    "CreateArtifactManifest": manifest,
    "CreateArtifactFiles": artifact_files,
    "CommitArtifact": committed,
    "UpsertView2": upserted_view,
    "View": view,
}
