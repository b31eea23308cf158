import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import botocore.session
import pytest
from botocore.model import OperationNotFoundError

from sagemock.protocol.model import Api, common_members
from tests.protocol.shapes import invented, of_sagemaker, sagemaker

SHAPES = {
    "Request": {
        "type": "structure",
        "members": {"Name": {"shape": "Text"}, "Secret": {"shape": "Text"}, "Tail": {"shape": "Text"}},
    },
    "Response": {
        "type": "structure",
        "members": {"Tail": {"shape": "Text"}, "Arn": {"shape": "Text"}, "Name": {"shape": "Text"}},
    },
    "Text": {"type": "string"},
    "Gone": {"type": "structure", "members": {}, "exception": True},
    "Busy": {"type": "structure", "members": {}, "exception": True, "error": {"code": "ServiceBusy"}},
}
OPERATIONS = {
    "CreateTrainingJob": {
        "name": "CreateTrainingJob",
        "input": {"shape": "Request"},
        "errors": [{"shape": "Gone"}, {"shape": "Busy"}],
    },
    "DescribeTrainingJob": {"name": "DescribeTrainingJob", "output": {"shape": "Response"}},
}


def test_the_operations_are_those_of_the_model() -> None:
    """An operation exists when the user's botocore has it."""
    api = of_sagemaker()
    assert api.operations == frozenset(sagemaker().operation_names)
    assert {"CreateTrainingJob", "DescribeTrainingJob", "StopTrainingJob", "ListTrainingJobs"} <= api.operations


def test_the_echo_of_create_is_what_describe_shows_too() -> None:
    """The echo is computed from the model: a request has tags and an experiment, but Describe shows only one of them."""
    echo = of_sagemaker().echo
    assert {"TrainingJobName", "RoleArn", "HyperParameters", "StoppingCondition", "ExperimentConfig", "Environment"} <= set(echo)
    assert "Tags" not in echo
    assert "TrainingJobStatus" not in echo
    assert of_sagemaker().echo is echo


def test_the_echo_keeps_the_order_of_the_request() -> None:
    """Echoed members come in the order in which the request's shape has them."""
    assert Api.of(invented(SHAPES, OPERATIONS)).echo == ("Name", "Tail")


def test_a_model_without_training_jobs_echoes_nothing() -> None:
    """A model that is too old for an operation is not an error."""
    api = Api.of(invented(SHAPES, {"DescribeTrainingJob": OPERATIONS["DescribeTrainingJob"]}))
    assert api.echo == ()
    assert api.operations == {"DescribeTrainingJob"}


def test_what_is_no_structure_has_no_members_in_common() -> None:
    """An operation without input or output shares no member with anything."""
    model = invented(SHAPES)
    request, text = model.shape_for("Request"), model.shape_for("Text")
    assert common_members(request, model.shape_for("Response")) == ("Name", "Tail")
    assert common_members(request, None) == common_members(None, request) == common_members(request, text) == ()


def test_an_operation_without_input_takes_no_members() -> None:
    """An input is always a structure, and an output may be none."""
    api = Api.of(invented(SHAPES, OPERATIONS))
    assert not api.input("DescribeTrainingJob").members
    assert api.output("CreateTrainingJob") is None
    output = api.output("DescribeTrainingJob")
    assert output is not None
    assert "Arn" in output.members


def test_the_error_codes_are_codes_and_not_shape_names() -> None:
    """A model may give an error another code than its shape's name."""
    api = Api.of(invented(SHAPES, OPERATIONS))
    assert api.error_codes("CreateTrainingJob") == {"Gone", "ServiceBusy"}
    assert api.error_codes("DescribeTrainingJob") == frozenset()


def test_sagemaker_never_models_its_validation_errors() -> None:
    """ValidationException is answered and not modelled, so that `client.exceptions` has no such class."""
    codes = of_sagemaker().error_codes("CreateTrainingJob")
    assert {"ResourceInUse", "ResourceLimitExceeded"} <= codes
    assert "ValidationException" not in codes


def test_an_unknown_operation_is_botocores_own_error() -> None:
    """Asking for the shapes of an operation that the model lacks fails as botocore does."""
    with pytest.raises(OperationNotFoundError, match="MakeTea"):
        of_sagemaker().input("MakeTea")


def test_one_model_gives_the_same_shapes_each_time() -> None:
    """What is kept per shape is worth keeping: two clients' Apis of one model see one and the same shape."""
    assert of_sagemaker().input("CreateTrainingJob") is of_sagemaker().input("CreateTrainingJob")


def test_all_models_of_one_description_share_what_is_known() -> None:
    """Each client has a model of its own, which its session's loader made of one description; another description has its own."""
    session = botocore.session.Session()
    one, other = (session.create_client("sagemaker", "eu-west-1").meta.service_model for _ in range(2))
    assert one is not other
    assert Api.of(one).input("CreateTrainingJob") is Api.of(other).input("CreateTrainingJob")
    assert Api.of(invented(SHAPES, OPERATIONS)).input("CreateTrainingJob") is not (
        Api.of(invented(SHAPES, OPERATIONS)).input("CreateTrainingJob")
    )


def test_threads_that_ask_at_once_get_the_same_shapes() -> None:
    """Looking up is safe from several threads."""
    model = invented(SHAPES, OPERATIONS)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: Api.of(model).input("CreateTrainingJob"), range(64)))
    assert len(set(map(id, found))) == 1


def test_nothing_keeps_a_model_alive_that_its_client_dropped() -> None:
    """What is known of a model goes with the model, also when its echo and shapes were looked up."""
    model = invented(SHAPES, OPERATIONS)
    assert Api.of(model).echo
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_an_api_says_of_which_service_it_is() -> None:
    """An Api has a repr for the failing test that shows it."""
    assert repr(Api.of(invented(SHAPES, OPERATIONS))) == "<Api of invented, 2 operations>"
