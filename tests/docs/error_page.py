"""The page of all errors, generated from the code: `python -m tests.docs.error_page` writes docs/errors.md.

For each class of the tree it has the docstring, examples that are run for their messages, and the messages of `raise` statements.
A message that neither an example nor a statement shows is an error of this page.
"""

import ast
import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sagemock
from sagemock import errors

__all__ = ["EXAMPLES", "PAGE", "RELAYED", "Site", "example_names", "page", "run", "sites", "sites_of"]

ROOT: Final = Path(sagemock.__file__).parent
PAGE: Final = Path(__file__).parents[2] / "docs" / "errors.md"
INTRODUCTION: Final = """\
<!-- Written by `python -m tests.docs.error_page`: change the code, and write it again. -->

# Errors

Every error of sagemock's own says what happened, with the values, and what to do; where time is involved it shows the
timeline. The errors of AWS are not among them: those arrive as `botocore.exceptions.ClientError`, as they do in production.

```text
{tree}
```

In the texts below, `{{name}}` stands for a value, and `{{…}}` for a computed value.

```python
import time

import botocore.session
import pytest
import sagemock
from sagemock import Plan, mock_sagemaker

request = dict(
    TrainingJobName="churn-1",
    AlgorithmSpecification={{"AlgorithmName": "churn", "TrainingInputMode": "File"}},
    RoleArn="arn:aws:iam::123456789012:role/trainer",
    OutputDataConfig={{"S3OutputPath": "s3://bucket/models"}},
    ResourceConfig={{"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30}},
    StoppingCondition={{"MaxRuntimeInSeconds": 86400}},
)


def client(service="sagemaker"):
    return botocore.session.get_session().create_client(service, region_name="us-east-1")
```
"""
EXAMPLES: Final[dict[str, Sequence[str]]] = {
    "UsageError": (
        """\
with pytest.raises(sagemock.UsageError):
    sagemock.current()
""",
    ),
    "InvalidType": (
        """\
with mock_sagemaker() as sagemaker, pytest.raises(sagemock.InvalidType):
    sagemaker.clock.advance(minuets=5)  # type: ignore[call-arg]  # a type checker sees it, too
""",
    ),
    "InvalidValue": (
        """\
with pytest.raises(sagemock.InvalidValue):
    mock_sagemaker(start="yesterday")
""",
    ),
    "NotServed": (
        """\
with mock_sagemaker() as sagemaker, sagemaker.serve() as url, pytest.raises(sagemock.NotServed):
    print(sagemock.connect(url).sleeps)
""",
    ),
    "NeverReached": (
        """\
with mock_sagemaker(start="2018-07-30") as sagemaker, pytest.raises(sagemock.NeverReached):
    client().create_training_job(**request)
    sagemaker.advance_until("churn-1", "Failed")
""",
    ),
    "PlanError": (
        """\
with pytest.raises(sagemock.PlanError):
    Plan.hangs(during="Training", training=60)
""",
        """\
with pytest.raises(sagemock.PlanError):
    Plan.completes(logs={"Training": [(0, "loss=\\ud800")]})
""",
        """\
with pytest.raises(sagemock.PlanError):
    Plan([sagemock.Phase("Uploading"), sagemock.Phase("Starting"), sagemock.Phase("Training")])
""",
    ),
    "UnknownJob": (
        """\
with mock_sagemaker() as sagemaker, pytest.raises(sagemock.UnknownJob):
    client().create_training_job(**request)
    sagemaker.fail("chrun-1")
""",
    ),
    "UnusedError": (
        """\
with pytest.raises(sagemock.UnusedError), mock_sagemaker(start="2018-07-30") as sagemaker:
    sagemaker.plan("chrun-*", Plan.fails())
    sagemaker.fault("StopTrainingJob", "ThrottlingException", times=2)
    client().create_training_job(**request)
""",
    ),
    "WrongCalls": (
        """\
with mock_sagemaker(start="2018-07-30") as sagemaker, pytest.raises(sagemock.WrongCalls):
    client().create_training_job(**request)
    client().describe_training_job(TrainingJobName="churn-1")
    sagemaker.calls.assert_called_once("StopTrainingJob", job="churn-1")
""",
    ),
    "NothingWillHappen": (
        """\
with mock_sagemaker(start="2018-07-30", plan=Plan.fails()), pytest.raises(sagemock.NothingWillHappen):
    sagemaker = client()
    sagemaker.create_training_job(**request)
    while sagemaker.describe_training_job(TrainingJobName="churn-1")["TrainingJobStatus"] != "Completed":
        time.sleep(3600)
""",
        """\
with mock_sagemaker(start="2018-07-30", plan=Plan.fails()), pytest.raises(sagemock.NothingWillHappen):
    sagemaker = client()
    sagemaker.create_training_job(**request)
    while sagemaker.describe_training_job(TrainingJobName="churn-1")["TrainingJobStatus"] != "Completed":
        pass
""",
    ),
    "NotAnswered": (
        """\
with mock_sagemaker(), pytest.raises(sagemock.NotAnswered):
    client("ecr").describe_repositories()
""",
    ),
    "NotSimulated": (
        """\
with mock_sagemaker(), pytest.raises(sagemock.NotSimulated):
    client().create_model(ModelName="churn", ExecutionRoleArn=request["RoleArn"])
""",
    ),
}
"""Code that raises each error, by the error's name."""
RELAYED: Final = {("delivery.py", "InvalidValue"): "the text is the PlanError's of a duration"}
"""Statements that repeat the message of another error, which the page has."""


@dataclass(frozen=True)
class Site:
    """A `raise` statement with one of our errors."""

    error: str
    file: Path
    line: int
    text: str | None
    """Its message; None if the statement does not contain it."""


def sites() -> Iterator[Site]:
    """Return every statement of the package that raises one of our errors."""
    for file in sorted(ROOT.rglob("*.py")):
        yield from sites_of(file.read_text(encoding="utf-8"), file)


def sites_of(source: str, file: Path) -> Iterator[Site]:
    """Return the statements of one module."""
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        values: dict[str, ast.expr] = {}
        for node in sorted(_own(function), key=lambda node: node.lineno):
            if isinstance(node, ast.Assign):
                values[ast.unparse(node.targets[0])] = node.value
            elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                name = ast.unparse(node.exc.func)
                if name in errors.__all__:
                    [given] = node.exc.args
                    text = values.get(ast.unparse(given), given)
                    is_beside = text is not given or not isinstance(given, (ast.Call, ast.Name, ast.Attribute))
                    yield Site(name, file, node.lineno, template(text) if is_beside else None)


def _own(function: ast.AST) -> Iterator[ast.stmt]:
    """Return the statements of a function, without those of nested functions."""
    for node in ast.iter_child_nodes(function):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        if isinstance(node, ast.stmt):
            yield node
        yield from _own(node)


def template(message: ast.expr) -> str:
    """Return a text with placeholders for its values."""
    if isinstance(message, ast.Constant):
        return str(message.value)
    if not isinstance(message, ast.JoinedStr):
        return "{…}"
    return "".join(_placeholder(one.value) if isinstance(one, ast.FormattedValue) else template(one) for one in message.values)


def _placeholder(value: ast.expr) -> str:
    plain = value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else "…"
    return "{" + plain.strip("_") + "}"


def run(source: str, names: dict[str, Any]) -> BaseException:
    """Run an example, and return the error that it raises."""
    caught = re.sub(r"pytest\.raises\([\w.]+\)", r"\g<0> as error", source)
    exec(compile(caught, "<example>", "exec"), names)  # noqa: S102  # our own code
    found = names["error"].value
    assert isinstance(found, BaseException)
    return found


def example_names() -> dict[str, Any]:
    """Return the names that the examples use."""
    names: dict[str, Any] = {}
    [preparation] = re.findall(r"```python\n(.*?)```", INTRODUCTION.format(tree=""), re.DOTALL)
    exec(compile(preparation, "<preparation>", "exec"), names)  # noqa: S102  # our own code
    return names


def page() -> str:
    """Return the page."""
    tree = inspect.getdoc(errors) or ""
    parts = [INTRODUCTION.format(tree=tree.partition("\n\n")[2])]
    names = example_names()
    every = list(sites())
    for name in [found for found in re.findall(r"\w+", tree.partition("\n\n")[2]) if found in errors.__all__]:
        parts.append(f"## {name}\n\n{inspect.getdoc(getattr(errors, name))}\n")
        parts += [f"```python\n{example}```\n\n```text\n{run(example, names)}\n```\n" for example in EXAMPLES.get(name, ())]
        parts += _texts(every, name)
    return "\n".join(parts)


def _texts(every: Sequence[Site], name: str) -> Iterator[str]:
    """Return the messages of an error as a list, each once, in alphabetical order."""
    texts = sorted({site.text for site in every if site.error == name and site.text is not None})
    if texts:
        yield "\n".join(f"* `` {_line(text)} ``" for text in texts) + "\n"


def _line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":  # pragma: no cover  # its content is tested
    PAGE.write_text(page(), encoding="utf-8")
