"""AddTags, ListTags and DeleteTags."""

from typing import Any

import pytest

from sagemock import mock_sagemaker
from tests.service.test_operations import refusal
from tests.support.calling import START, create, describe

NO_RESOURCE = ("ValidationException", "Resource does not exist.", 400)


def tags(**pairs: str) -> list[dict[str, str]]:
    """Return tags in the form of a request."""
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def test_tags_of_a_request_are_listed_but_not_described(client: Any) -> None:
    """Describe has no member for them."""
    arn = create(client, Tags=tags(team="churn"))
    assert client.list_tags(ResourceArn=arn)["Tags"] == tags(team="churn")
    assert "Tags" not in describe(client)


def test_tags_are_added_and_overwritten_by_key(client: Any) -> None:
    """AddTags answers with all of them, in their order."""
    arn = create(client, Tags=tags(team="churn", stage="dev"))
    assert client.add_tags(ResourceArn=arn, Tags=tags(stage="prod", cost="7"))["Tags"] == tags(
        team="churn", stage="prod", cost="7"
    )
    client.delete_tags(ResourceArn=arn, TagKeys=["team", "nothing"])
    assert client.list_tags(ResourceArn=arn)["Tags"] == tags(stage="prod", cost="7")


def test_a_resource_has_at_most_fifty_tags(client: Any) -> None:
    """Service model, TagList; more are refused in assumed words, and none is added."""
    arn = create(client, Tags=tags(**{f"k{number}": "v" for number in range(50)}))
    code, text, _ = refusal(client.add_tags, ResourceArn=arn, Tags=tags(more="v"))
    assert (code, text) == ("ResourceLimitExceeded", f"The number of tags of {arn} exceeds the limit of 50.")
    assert len(client.list_tags(ResourceArn=arn)["Tags"]) == 50
    client.add_tags(ResourceArn=arn, Tags=tags(k7="w"))


def test_tags_come_in_pages(client: Any) -> None:
    """With the smallest page that the model allows; botocore itself refuses a smaller one."""
    arn = create(client, Tags=tags(**{f"k{number}": "v" for number in range(50)}))
    whole = client.get_paginator("list_tags").paginate(ResourceArn=arn).build_full_result()
    assert len(whole["Tags"]) == 50
    assert "NextToken" not in client.list_tags(ResourceArn=arn, MaxResults=50)


@pytest.mark.parametrize("token", ["nonsense", "8", "dGFnczp4", "b3RoZXI6MQ=="])
def test_an_invented_token_is_refused(token: str, client: Any) -> None:
    """The words are assumed."""
    arn = create(client)
    assert refusal(client.list_tags, ResourceArn=arn, NextToken=token) == ("ValidationException", "Invalid NextToken.", 400)


def test_a_token_continues_where_the_page_ended(client: Any) -> None:
    """Only a mock without validation makes pages small enough to need one."""
    with mock_sagemaker(start=START, validate=False):
        arn = create(client, Tags=tags(**{f"k{number}": "v" for number in range(60)}))
        first = client.list_tags(ResourceArn=arn)
        rest = client.list_tags(ResourceArn=arn, NextToken=first["NextToken"])
        assert [len(page["Tags"]) for page in (first, rest)] == [50, 10]
        assert "NextToken" not in rest


@pytest.mark.parametrize("end", ["x", "/x"])
def test_only_the_exact_arn_names_a_resource(end: str, client: Any) -> None:
    """An unknown ARN, or one in another case, does not exist (boto/boto3#4606)."""
    arn = create(client, "Churn")
    for wrong in (arn + end, arn.lower(), arn.replace("us-east-1", "us-east-2")):
        assert refusal(client.list_tags, ResourceArn=wrong) == NO_RESOURCE
        assert refusal(client.add_tags, ResourceArn=wrong, Tags=[]) == NO_RESOURCE
        assert refusal(client.delete_tags, ResourceArn=wrong, TagKeys=["k"]) == NO_RESOURCE
