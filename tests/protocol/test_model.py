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
    """If the user's botocore has them."""
    api = of_sagemaker()
    assert api.operations == frozenset(sagemaker().operation_names)
    assert {"CreateTrainingJob", "DescribeTrainingJob", "StopTrainingJob", "ListTrainingJobs"} <= api.operations


def test_the_echo_of_create_has_the_members_of_describe() -> None:
    """It is computed from the model: a request may have tags and an experiment, but Describe shows only the experiment."""
    echo = of_sagemaker().echo
    assert {"TrainingJobName", "RoleArn", "HyperParameters", "StoppingCondition", "ExperimentConfig", "Environment"} <= set(echo)
    assert "Tags" not in echo
    assert "TrainingJobStatus" not in echo
    assert of_sagemaker().echo is echo


def test_the_echo_keeps_the_order_of_the_request() -> None:
    """Echoed members have the order of the request's shape."""
    assert Api.of(invented(SHAPES, OPERATIONS)).echo == ("Name", "Tail")


def test_a_model_without_training_jobs_echoes_nothing() -> None:
    """A model that is too old for an operation is not an error."""
    api = Api.of(invented(SHAPES, {"DescribeTrainingJob": OPERATIONS["DescribeTrainingJob"]}))
    assert api.echo == ()
    assert api.operations == {"DescribeTrainingJob"}


def test_a_missing_structure_shares_no_members() -> None:
    """An operation may have no input or no output."""
    model = invented(SHAPES)
    request, text = model.shape_for("Request"), model.shape_for("Text")
    assert common_members(request, model.shape_for("Response")) == ("Name", "Tail")
    assert common_members(request, None) == common_members(None, request) == common_members(request, text) == ()


def test_an_operation_without_input_takes_no_members() -> None:
    """Its input shape is an empty structure; its output shape may be None."""
    api = Api.of(invented(SHAPES, OPERATIONS))
    assert not api.input("DescribeTrainingJob").members
    assert api.output("CreateTrainingJob") is None
    output = api.output("DescribeTrainingJob")
    assert output is not None
    assert "Arn" in output.members


def test_the_error_codes_are_codes_and_not_shape_names() -> None:
    """A model may give an error a code that is not its shape's name."""
    api = Api.of(invented(SHAPES, OPERATIONS))
    assert api.error_codes("CreateTrainingJob") == {"Gone", "ServiceBusy"}
    assert api.error_codes("DescribeTrainingJob") == frozenset()


def test_sagemaker_never_models_its_validation_errors() -> None:
    """So `client.exceptions` has no ValidationException."""
    codes = of_sagemaker().error_codes("CreateTrainingJob")
    assert {"ResourceInUse", "ResourceLimitExceeded"} <= codes
    assert "ValidationException" not in codes


def test_an_unknown_operation_is_botocores_own_error() -> None:
    """Asking for its shapes fails as in botocore."""
    with pytest.raises(OperationNotFoundError, match="MakeTea"):
        of_sagemaker().input("MakeTea")


def test_one_model_gives_the_same_shapes_each_time() -> None:
    """Clients of one model share its shapes, and what is cached for them."""
    assert of_sagemaker().input("CreateTrainingJob") is of_sagemaker().input("CreateTrainingJob")


def test_models_of_one_description_share_their_caches() -> None:
    """Each client has its own model object, made from its session's description; another description has other caches."""
    session = botocore.session.Session()
    one, other = (session.create_client("sagemaker", "eu-west-1").meta.service_model for _ in range(2))
    assert one is not other
    assert Api.of(one).input("CreateTrainingJob") is Api.of(other).input("CreateTrainingJob")
    assert Api.of(invented(SHAPES, OPERATIONS)).input("CreateTrainingJob") is not (
        Api.of(invented(SHAPES, OPERATIONS)).input("CreateTrainingJob")
    )


def test_threads_that_ask_at_once_get_the_same_shapes() -> None:
    """Lookups are thread-safe."""
    model = invented(SHAPES, OPERATIONS)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: Api.of(model).input("CreateTrainingJob"), range(64)))
    assert len(set(map(id, found))) == 1


def test_no_cache_keeps_a_model_alive() -> None:
    """Not even after its echo and shapes were looked up."""
    model = invented(SHAPES, OPERATIONS)
    assert Api.of(model).echo
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_the_repr_of_an_api_names_its_service() -> None:
    """A failing test shows it."""
    assert repr(Api.of(invented(SHAPES, OPERATIONS))) == "<Api of invented, 2 operations>"
