import gc
import json
import re
import weakref
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.model import ListShape, MapShape, Shape, StructureShape
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemock.protocol.constraints import _ANCHORS
from sagemock.protocol.decode import decode
from sagemock.protocol.fits import fits
from sagemock.protocol.refusal import Refusal
from sagemock.protocol.validate import check, violations
from tests.protocol.mutants import REQUEST, create, mutants_of, operations, sample, violation
from tests.protocol.shapes import below, invented, of_sagemaker, sagemaker


def message_for(request: dict[str, Any], operation: str = "CreateTrainingJob") -> str:
    """Return the message with which a request is refused."""
    with pytest.raises(Refusal) as refused:
        check(of_sagemaker().input(operation), request)
    assert (refused.value.code, refused.value.status) == ("ValidationException", 400)
    return refused.value.message


def with_value(path: str, value: object) -> dict[str, Any]:
    """Return the realistic request with another value at a path like `InputDataConfig.0.InputMode`; None removes the member."""
    request = deepcopy(REQUEST)
    found: Any = request
    *way, last = path.split(".")
    for step in way:
        found = found[int(step) if step.isdigit() else step]
    if value is None:
        del found[last]
    else:
        found[last] = value
    return request


# -- every constraint of every field


@pytest.mark.parametrize("operation", operations())
def test_a_request_with_every_member_is_accepted(operation: str) -> None:
    """At every depth, with values that satisfy all constraints."""
    shape = of_sagemaker().input(operation)
    assert violations(shape, sample(shape)) == []


@pytest.mark.parametrize("operation", operations())
def test_each_constraint_of_each_field_is_enforced_in_the_servers_words(operation: str) -> None:
    """A request with one broken constraint, at any depth, is refused with exactly its message."""
    shape = of_sagemaker().input(operation)
    wrong = [(expected, found) for value, expected in mutants_of(operation) if (found := violations(shape, value)) != expected]
    assert wrong == []


def test_the_mutants_cover_every_field_of_create() -> None:
    """So the test above leaves out no field that has a constraint."""
    texts = [text for _, texts in mutants_of("CreateTrainingJob") for text in texts]
    reached = {re.sub(r"\.\d+\.member", "", text.split(" at '")[1].split("'")[0]) for text in texts}
    scalars = ("pattern", "enum", "min", "max")

    def constrained(shape: Shape, path: str) -> Iterator[str]:
        if isinstance(shape, StructureShape):
            for name, member in shape.members.items():
                yield from constrained(member, f"{path}.{name[0].lower()}{name[1:]}".lstrip("."))
        elif isinstance(shape, ListShape):
            yield path
            yield from constrained(shape.member, path)
        elif isinstance(shape, MapShape) or any(shape.metadata.get(kind) for kind in scalars):
            yield path

    assert set(constrained(create(), "")) - reached == set()
    assert len(mutants_of("CreateTrainingJob")) > 250


@settings(max_examples=60)
@given(st.data())
def test_several_broken_members_are_reported_together_in_document_order(data: st.DataObject) -> None:
    """In one message, in the order of the shape's members."""
    names = list(create().members)
    # Two to five (more would add nothing); if two are of one member, the last one wins.
    picked = data.draw(st.lists(st.sampled_from(mutants_of("CreateTrainingJob")), min_size=2, max_size=5))
    good = sample(create())
    broken = {}
    for value, texts in picked:
        name = next(name for name in names if value.get(name) != good[name])
        broken[name] = (value.get(name), texts)
    request = decode(create(), good | {name: value for name, (value, _) in broken.items()})
    texts = [text for name in names if name in broken for text in broken[name][1]]
    errors = "1 validation error detected" if len(texts) == 1 else f"{len(texts)} validation errors detected"
    assert message_for(request) == f"{errors}: {'; '.join(texts)}"


# -- recorded messages of SageMaker


def test_a_realistic_request_is_accepted() -> None:
    """A request as real launchers send it."""
    check(create(), REQUEST)
    check(of_sagemaker().input("DescribeTrainingJob"), {"TrainingJobName": "churn"})


def test_a_name_that_is_too_long_breaks_pattern_and_length() -> None:
    """Recorded in zenml-io/zenml#1502: two errors for one value, the pattern first."""
    name = "a_" + "b" * 70
    assert message_for(with_value("TrainingJobName", name)) == (
        f"2 validation errors detected: Value '{name}' at 'trainingJobName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: ^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}; "
        f"Value '{name}' at 'trainingJobName' failed to satisfy constraint: Member must have length less than or equal to 63"
    )


def test_an_unknown_input_mode_lists_the_known_ones() -> None:
    """Recorded: elements of a list count from 1, and the values come in no order."""
    message = message_for(with_value("InputDataConfig.0.InputMode", "fastfile"))
    start = (
        "1 validation error detected: Value 'fastfile' at 'inputDataConfig.1.member.inputMode' failed to satisfy constraint: "
        "Member must satisfy enum value set: ["
    )
    assert message.startswith(start)
    assert set(message.removeprefix(start).removesuffix("]").split(", ")) == {"Pipe", "FastFile", "File"}


def test_an_unknown_instance_type_lists_the_known_ones() -> None:
    """Recorded for an instance type that training does not offer."""
    message = message_for(with_value("ResourceConfig.InstanceType", "ml.t2.medium"))
    assert message.startswith(
        "1 validation error detected: Value 'ml.t2.medium' at 'resourceConfig.instanceType' failed to satisfy constraint: "
        "Member must satisfy enum value set: ["
    )
    assert "ml.p2.xlarge, " in message


def test_a_missing_input_mode_is_null() -> None:
    """Recorded: a missing required member is shown as null."""
    assert message_for(with_value("AlgorithmSpecification.TrainingInputMode", None)) == (
        "1 validation error detected: Value null at 'algorithmSpecification.trainingInputMode' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_too_many_hyperparameters_are_a_length() -> None:
    """Recorded in aws/sagemaker-python-sdk#6016: the size of a map is its length, and the whole map is shown."""
    parameters = {f"p{number}": str(number) for number in range(101)}
    shown = ", ".join(f"{name}={value}" for name, value in parameters.items())
    assert message_for(with_value("HyperParameters", parameters)) == (
        f"1 validation error detected: Value '{{{shown}}}' at 'hyperParameters' failed to satisfy constraint: "
        "Member must have length less than or equal to 100"
    )


def test_a_hyperparameter_that_is_too_long_lists_all_constraints() -> None:
    """Recorded in aws-samples/amazon-sagemaker-pytorch-detectron2#10: all constraints of the values."""
    value = "x" * 2501
    assert message_for(with_value("HyperParameters", {"a": "1", "b": value})) == (
        f"1 validation error detected: Value '{{a=1, b={value}}}' at 'hyperParameters' failed to satisfy constraint: "
        "Map value must satisfy constraint: [Member must have length less than or equal to 2500, "
        "Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: .*]"
    )


def test_too_many_subnets_show_the_list() -> None:
    """Recorded in hashicorp/terraform-provider-aws#29225: a list is shown as Java prints it."""
    subnets = [f"subnet-{number}" for number in range(17)]
    assert message_for(with_value("VpcConfig.Subnets", subnets)) == (
        f"1 validation error detected: Value '[{', '.join(subnets)}]' at 'vpcConfig.subnets' failed to satisfy constraint: "
        "Member must have length less than or equal to 16"
    )


def test_a_bad_security_group_is_reported_for_its_list() -> None:
    """After appleboy/lambda-action#72 (Lambda): the fault of an element is reported for its list."""
    assert message_for(with_value("VpcConfig.SecurityGroupIds", ["sg-1", "sg_2", "sg_3"])) == (
        "1 validation error detected: Value '[sg-1, sg_2, sg_3]' at 'vpcConfig.securityGroupIds' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must have length less than or equal to 32, "
        "Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: [-0-9a-zA-Z]+]"
    )


@pytest.mark.parametrize(
    "path, value, at, text",
    [
        (
            "RoleArn",
            "arn:aws:iam::1:role/x-is-too-short",
            "roleArn",
            r"Member must satisfy regular expression pattern: ^arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+$",
        ),
        (
            "OutputDataConfig.S3OutputPath",
            "bucket/p",
            "outputDataConfig.s3OutputPath",
            "Member must satisfy regular expression pattern: ^(https|s3)://([^/]+)/?(.*)$",
        ),
        (
            "InputDataConfig.1.ChannelName",
            "a b",
            "inputDataConfig.2.member.channelName",
            r"Member must satisfy regular expression pattern: [A-Za-z0-9\.\-_]+",
        ),
        (
            "StoppingCondition.MaxRuntimeInSeconds",
            0,
            "stoppingCondition.maxRuntimeInSeconds",
            "Member must have value greater than or equal to 1",
        ),
        (
            "Environment",
            {"1": "x"},
            "environment",
            (
                "Map keys must satisfy constraint: [Member must have length less than or equal to 512, "
                "Member must have length greater than or equal to 0, "
                "Member must satisfy regular expression pattern: [a-zA-Z_][a-zA-Z0-9_]*]"
            ),
        ),
        (
            "Tags",
            [{"Key": "a\n", "Value": ""}],
            "tags.1.member.key",
            r"Member must satisfy regular expression pattern: ^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$",
        ),
    ],
)
def test_a_pattern_is_printed_with_its_original_anchors(path: str, value: object, at: str, text: str) -> None:
    """With those that botocore gave when it still gave them, whatever the installed version has."""
    assert message_for(with_value(path, value)).endswith(f"' at '{at}' failed to satisfy constraint: {text}")


def test_anchors_are_restored_only_where_they_are_missing() -> None:
    """A pattern of an old botocore is printed as it is."""
    for name, (before, after) in _ANCHORS.items():
        pattern = f"{before}[a-z]+{after}"
        for stated in ("[a-z]+", pattern):
            shape = invented({name: {"type": "string", "pattern": stated}}).shape_for(name)
            assert violations(shape, "1")[0].endswith(f"pattern: {pattern}")


def test_every_restored_anchor_belongs_to_a_shape_of_the_model() -> None:
    """The table of anchors has no unneeded entry."""
    assert set(_ANCHORS) <= set(sagemaker().shape_names)


# -- faults that botocore's own validation stops


class Sent(Exception):  # noqa: N818  # not an error: it stops the call
    """The body that a client was about to send."""


def stop(params: dict[str, Any], **_: object) -> None:
    """Stop a call when its body is complete."""
    raise Sent(json.loads(params["body"]))


def test_faults_that_botocore_would_stop_are_refused_without_its_validation() -> None:
    """With parameter_validation=False, missing, null, small and empty values arrive."""
    session = botocore.session.Session()
    session.set_credentials("key", "secret")
    client = session.create_client("sagemaker", "eu-west-1", config=Config(parameter_validation=False))
    client.meta.events.register("before-call.sagemaker.CreateTrainingJob", stop)
    request = {
        # An older botocore requires these two members.
        "AlgorithmSpecification": REQUEST["AlgorithmSpecification"],
        "ResourceConfig": REQUEST["ResourceConfig"],
        "TrainingJobName": "",
        "HyperParameters": {"a": None},
        "InputDataConfig": [],
        "OutputDataConfig": {},
        "StoppingCondition": {"MaxRuntimeInSeconds": 0},
        "Tags": [{"Value": "x"}],
        "VpcConfig": {"SecurityGroupIds": [None, "sg_1"]},
    }
    with pytest.raises(Sent) as sent:
        client.create_training_job(**request)  # type: ignore[attr-defined]  # made at run time
    found = violations(create(), decode(create(), sent.value.args[0]))
    null, least = "Member must not be null", "Member must have length greater than or equal to 1"
    pattern = (
        "Member must have length less than or equal to 32, Member must have length greater than or equal to 0, "
        "Member must satisfy regular expression pattern: [-0-9a-zA-Z]+"
    )
    assert found == [
        violation("''", "trainingJobName", "Member must satisfy regular expression pattern: ^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"),
        violation("''", "trainingJobName", least),
        violation("'{a=null}'", "hyperParameters", f"Map value must satisfy constraint: [{null}]"),
        violation("null", "roleArn", null),
        violation("'[]'", "inputDataConfig", least),
        violation("null", "outputDataConfig.s3OutputPath", null),
        violation("'[sg_1]'", "vpcConfig.securityGroupIds", f"Member must satisfy constraint: [{pattern}]"),
        violation("null", "vpcConfig.subnets", null),
        violation("'0'", "stoppingCondition.maxRuntimeInSeconds", "Member must have value greater than or equal to 1"),
        violation("null", "tags.1.member.key", null),
    ]


# -- shapes that no request for a training job has

DEEP = {
    "Deep": {
        "type": "structure",
        "required": ["Name"],
        "members": {
            "Name": {"shape": "Name"},
            "ByName": {"shape": "ByName"},
            "Grid": {"shape": "Grid"},
            "Share": {"shape": "Share"},
            "Ports": {"shape": "Ports"},
            "At": {"shape": "At"},
            "Odd": {"shape": "Odd"},
            "Few": {"shape": "Few"},
        },
    },
    "Name": {"type": "string", "max": 3},
    "ByName": {"type": "map", "key": {"shape": "Name"}, "value": {"shape": "DeepList"}, "min": 1},
    "DeepList": {"type": "list", "member": {"shape": "Deep"}},
    "Grid": {"type": "list", "member": {"shape": "Ports"}},
    "Ports": {"type": "list", "member": {"shape": "Port"}},
    "Port": {"type": "integer", "max": 9, "min": 1},
    "Share": {"type": "double", "max": 1, "min": 0},
    "At": {"type": "timestamp"},
    "Odd": {"type": "string", "pattern": "[a[b]]"},
    "Few": {"type": "list", "member": {"shape": "Colour"}},
    "Colour": {"type": "string", "enum": ["red", "blue"]},
}


@pytest.mark.parametrize(
    "value, texts",
    [
        ({"ByName": {"a": [{"Name": "x"}, {}]}}, [violation("null", "byName.a.member.2.member.name", "Member must not be null")]),
        ({"ByName": {"a": None}}, [violation("null", "byName.a.member", "Member must not be null")]),
        ({"ByName": {"a": [None]}}, [violation("null", "byName.a.member.1.member", "Member must not be null")]),
        ({"ByName": {}}, [violation("'{}'", "byName", "Member must have length greater than or equal to 1")]),
        ({"ByName": {"long": []}}, [violation(
            "'{long=[]}'", "byName", "Map keys must satisfy constraint: [Member must have length less than or equal to 3, "
            "Member must have length greater than or equal to 0]")]),
        ({"Grid": [[1], [0]]}, [violation(
            "'[0]'", "grid.2.member", "Member must satisfy constraint: [Member must have value less than or equal to 9, "
            "Member must have value greater than or equal to 1]")]),
        ({"Share": 1.5}, [violation("'1.5'", "share", "Member must have value less than or equal to 1")]),
        ({"Share": -1}, [violation("'-1'", "share", "Member must have value greater than or equal to 0")]),
        ({"Few": ["red", "green"]}, [violation(
            "'[red, green]'", "few", "Member must satisfy constraint: [Member must satisfy enum value set: [red, blue]]")]),
        ({"Odd": "anything", "At": 1, "Ports": [1, 9], "Share": 0.0, "Few": []}, []),
    ],
)  # fmt: skip
def test_shapes_nest_at_any_depth(value: dict[str, Any], texts: list[str]) -> None:
    """Lists of lists, maps of lists of structures and recursive structures are checked, and their paths name the place."""
    assert violations(invented(DEEP).shape_for("Deep"), {"Name": "x", **value}) == texts


def test_structures_and_booleans_are_printed_like_maps() -> None:
    """In the message for a list that is too long (assumed)."""
    shapes = {
        "Flags": {"type": "list", "member": {"shape": "Flag"}, "max": 1},
        "Flag": {"type": "structure", "members": {"On": {"shape": "On"}, "Count": {"shape": "Count"}}},
        "On": {"type": "boolean"},
        "Count": {"type": "integer"},
    }
    found = violations(invented(shapes).shape_for("Flags"), [{"On": True, "Count": 1}, {"On": False}])
    assert found == [violation("'[{On=true, Count=1}, {On=false}]'", "", "Member must have length less than or equal to 1")]


def test_a_length_is_counted_in_code_points() -> None:
    """A character outside the basic plane counts as one (assumed; Java's String.length has two)."""
    shape = invented(DEEP).shape_for("Name")
    assert violations(shape, "\U0001f600" * 3) == []
    assert len(violations(shape, "\U0001f600" * 4)) == 1


def test_checking_does_not_change_the_request() -> None:
    """Validation only reads."""
    request = with_value("ResourceConfig.InstanceCount", -1)
    before = deepcopy(request)
    assert violations(create(), request)
    assert request == before


def test_no_cache_keeps_a_shape_alive() -> None:
    """Not even that of a recursive shape."""
    shape = invented(DEEP).shape_for("Deep")
    value = {"Name": "x", "ByName": {"a": [{"Name": "y", "ByName": {"b": [{"Name": "z"}]}}]}}
    assert decode(shape, value) == value
    assert violations(shape, value) == []
    assert fits(shape, value)
    gone = weakref.ref(shape)
    del shape
    gc.collect()
    assert gone() is None


def test_no_simulated_request_has_a_tagged_union() -> None:
    """Unions are left to botocore, as long as there are none."""
    shapes = [shape for operation in operations() for shape in below(of_sagemaker().input(operation))]
    assert [shape.name for shape in shapes if shape.metadata.get("union")] == []
