from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azjobs.emulator.templates.errors import Json, TemplateError
from azjobs.emulator.templates.positions import position
from azjobs.emulator.templates.scope import Target
from azjobs.emulator.templates.template import Plan, plan, restored_plan, template_hash

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g"
TARGET = Target(
    subscription={"id": f"/subscriptions/{SUBSCRIPTION}", "subscriptionId": SUBSCRIPTION},
    resource_group={"id": GROUP, "name": "g", "location": "eastus"},
    now=datetime(2026, 1, 2, tzinfo=UTC),
)
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


def template(*resources: Json, **members: Json) -> dict[str, Json]:
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": list(resources), **members}


def resource(name: str, *depends_on: str, type_name: str = "Microsoft.X/things", **members: Json) -> dict[str, Json]:
    return {
        "type": type_name,
        "apiVersion": "2024-01-01",
        "name": name,
        "location": "[resourceGroup().location]",
        "dependsOn": list(depends_on),
        **members,
    }


def planned(document: Json, **values: Json) -> Plan:
    given_values = {name: {"value": value} for name, value in values.items()}
    request = {"properties": {"template": document, "parameters": given_values, "mode": "Incremental"}}
    return plan(document, given_values, TARGET, json.dumps(request, separators=(",", ":")))


def refusal(document: Json, **values: Json) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        planned(document, **values)
    return caught.value


def nothing_to_refer_to(name: str, api_version: str | None, full: bool) -> Json:
    raise AssertionError(name)


def names(made: Plan) -> list[str]:
    return [each.name for each in made.deployed()]


def waits(made: Plan) -> dict[str, list[str]]:
    by_key = {each.key: each.name for each in made.resources}
    return {by_key[key]: [edge.resource.name for edge in edges] for key, edges in made.waits_for.items()}


# Parameters


def test_a_missing_parameter_is_refused_with_its_place_in_the_request() -> None:
    document = template(parameters={"location": {"type": "string"}})

    error = refusal(document).error()

    assert error["code"] == "InvalidTemplate"
    info = error["additionalInfo"][0]
    assert info["type"] == "TemplateViolation"
    assert info["info"]["path"] == "properties.template.parameters.location"
    line, column = info["info"]["lineNumber"], info["info"]["linePosition"]
    assert (line, column) != (0, 0)
    assert error["message"] == (
        "Deployment template validation failed: 'The value for the template parameter 'location' at line "
        f"'{line}' and column '{column}' is not provided. Please see "
        "https://aka.ms/resource-manager-parameter-files for usage details.'."
    )


def test_an_unknown_parameter_is_refused_and_the_known_ones_are_named() -> None:
    document = template(parameters={"a": {"type": "int", "defaultValue": 1}, "b": {"type": "int", "defaultValue": 1}})

    assert "The template parameters 'c' in the parameters file are not valid" in refusal(document, c=1).message
    assert "The only supported parameters for this template are 'a, b'." in refusal(document, c=1).message


@pytest.mark.parametrize(
    ("definition", "value", "message"),
    [
        ({"type": "string"}, 1, "Expected 'String, Uri'. Actual 'Integer'."),
        ({"type": "int"}, True, "Expected 'Integer'. Actual 'Boolean'."),
        ({"type": "array"}, {}, "Expected 'Array'. Actual 'Object'."),
        ({"type": "secureString"}, 7, "Expected 'String, Uri'. Actual 'Integer'."),
        ({"type": "string", "allowedValues": ["a", "b"]}, "c", "is not part of the allowed value(s): 'a,b'."),
        ({"type": "string", "minLength": 3}, "ab", "must have a length greater than or equal to '3'."),
        ({"type": "array", "maxLength": 1}, [1, 2], "must have a length less than or equal to '1'."),
        ({"type": "int", "minValue": 3}, 2, "must have a value greater than or equal to '3'."),
        ({"type": "int", "maxValue": 3}, 4, "must have a value less than or equal to '3'."),
    ],
)
def test_a_value_that_does_not_fit_its_parameter_is_refused(definition: Json, value: Json, message: str) -> None:
    error = refusal(template(parameters={"p": definition}), p=value)

    assert message in error.message
    assert error.message.startswith("Deployment template validation failed: '")


def test_no_message_shows_the_value_of_a_secure_parameter() -> None:
    definition = {"type": "securestring", "allowedValues": ["x"], "minLength": 20}

    assert "S3cret" not in json.dumps(refusal(template(parameters={"p": definition}), p="S3cret").error())
    del definition["allowedValues"]
    assert "S3cret" not in json.dumps(refusal(template(parameters={"p": definition}), p="S3cret").error())


def test_a_default_may_use_other_parameters_and_the_resource_group() -> None:
    definitions = {
        "name": {"type": "string", "defaultValue": "[concat(parameters('prefix'), '-', resourceGroup().location)]"},
        "prefix": {"type": "string", "defaultValue": "my"},
    }

    assert planned(template(parameters=definitions)).parameters.value("NAME") == "my-eastus"
    definitions["prefix"]["defaultValue"] = "[parameters('name')]"
    assert "depends on its own value" in refusal(template(parameters=definitions)).message


def test_parameters_are_echoed_with_their_types_and_secure_ones_without_values() -> None:
    definitions = {"user": {"type": "string"}, "password": {"type": "securestring"}, "keys": {"type": "secureObject"}}

    made = planned(template(parameters=definitions), user="u", password="S3cret", keys={"k": "S3cret"})

    assert made.parameters.echo() == {
        "user": {"type": "String", "value": "u"},
        "password": {"type": "SecureString"},
        "keys": {"type": "SecureObject"},
    }
    assert made.parameters.plain_values() == {"user": "u"}


def test_a_key_vault_reference_is_refused_in_one_sentence() -> None:
    with pytest.raises(TemplateError, match="the emulator holds no vaults"):
        plan(template(parameters={"p": {"type": "string"}}), {"p": {"reference": {}}}, TARGET)


# Variables


def test_variables_may_use_each_other_in_any_order_and_loops() -> None:
    document = template(
        resource("[variables('second')]", properties={"all": "[variables('names')]"}),
        variables={
            "second": "[concat(variables('first'), '2')]",
            "first": "a",
            "copy": [{"name": "names", "count": 2, "input": "[concat('n', copyIndex('names'))]"}],
        },
    )

    made = planned(document)

    assert names(made) == ["a2"]
    assert made.body(made.resources[0], nothing_to_refer_to)["properties"] == {"all": ["n0", "n1"]}


def test_variables_that_use_each_other_in_a_circle_are_refused() -> None:
    error = refusal(template(variables={"a": "[variables('b')]", "b": "[variables('a')]"}))

    assert error.code == "InvalidTemplate"
    assert "circular" in error.message


# Resources


def test_ids_follow_from_types_and_names_also_of_children_and_extensions() -> None:
    child = {"type": "subnets", "apiVersion": "1", "name": "s", "dependsOn": ["v"]}
    document = template(
        resource("v", type_name="Microsoft.Network/virtualNetworks", resources=[child]),
        resource("v/t", type_name="Microsoft.Network/virtualNetworks/subnets"),
        resource(
            "l",
            type_name="Microsoft.Authorization/locks",
            scope="[resourceId('Microsoft.Network/virtualNetworks', 'v')]",
        ),
    )
    network = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v"

    assert [each.id for each in planned(document).resources] == [
        network,
        f"{network}/subnets/s",
        f"{network}/subnets/t",
        f"{network}/providers/Microsoft.Authorization/locks/l",
    ]


def test_a_body_holds_what_the_provider_gets_and_nothing_of_the_language() -> None:
    document = template(
        resource("a", tags={"[toLower('KEY')]": "v"}, sku={"name": "S"}, comments="c", properties={"n": "[add(1,2)]"})
    )
    made = planned(document)

    assert made.body(made.resources[0], nothing_to_refer_to) == {
        "location": "eastus",
        "tags": {"key": "v"},
        "sku": {"name": "S"},
        "properties": {"n": 3},
    }


def test_a_resource_whose_condition_is_false_is_not_deployed_nor_waited_for() -> None:
    document = template(resource("a", condition="[equals(1, 2)]"), resource("b", "a"))

    made = planned(document)

    assert names(made) == ["b"]
    assert waits(made)["b"] == []


def test_a_copy_loop_makes_its_resources_side_by_side() -> None:
    document = template(
        resource("[concat('a', copyIndex())]", copy={"name": "loop", "count": 3}), resource("last", "loop")
    )

    made = planned(document)

    assert names(made) == ["a0", "a1", "a2", "last"]
    assert waits(made)["last"] == ["a0", "a1", "a2"]
    assert waits(made)["a2"] == []


def test_a_serial_copy_loop_waits_for_its_previous_batch() -> None:
    loop = {"name": "loop", "count": 4, "mode": "serial", "batchSize": 2}

    made = planned(template(resource("[concat('a', copyIndex())]", copy=loop)))

    assert waits(made) == {"a0": [], "a1": [], "a2": ["a0", "a1"], "a3": ["a0", "a1"]}


def test_symbolic_names_and_existing_resources_of_language_version_2_are_understood() -> None:
    document = template(languageVersion="2.0")
    document["resources"] = {
        "net": {"existing": True, "type": "Microsoft.X/nets", "apiVersion": "1", "name": "n"},
        "vm": resource("v", "net", "disk"),
        "disk": resource("d"),
    }

    made = planned(document)

    assert names(made) == ["v", "d"]
    assert waits(made)["v"] == ["d"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (template(resource("a/b")), "has incorrect segment lengths"),
        (template(resource("a", "ghost")), "The resource 'ghost' is not defined in the template."),
        (
            template(resource("a", f"{GROUP}/providers/Microsoft.X/things/ghost")),
            "The resource 'Microsoft.X/things/ghost' is not defined in the template.",
        ),
        (template(resource("a"), resource("A")), "is defined multiple times in a template."),
        (template(resource("[nothing()]")), "The template function 'nothing' is not valid."),
        (template(resource("a", properties={"x": "[variables('v')]"})), "The template variable 'v' is not found."),
        (template({"type": "Microsoft.X/y", "name": "a"}), "the required property 'apiVersion' is missing"),
        (template(resource("a", copy={"name": "l", "count": 801})), "must be between '0' and '800'"),
        (template("not an object"), "a resource must be an object"),
        (template(resource("a", condition="maybe")), "its 'condition' must be a boolean"),
    ],
)
def test_a_resource_that_is_not_valid_is_refused_with_its_reason(document: Json, message: str) -> None:
    error = refusal(document)

    assert error.code == "InvalidTemplate"
    assert error.message.startswith("Deployment template validation failed: '")
    assert message in error.message


def test_resources_that_wait_for_each_other_are_refused() -> None:
    error = refusal(template(resource("a", "b"), resource("b", "c"), resource("c", "b")))

    assert error.message == (
        f"Deployment template validation failed: 'Circular dependency detected on resource: '{GROUP}"
        "/providers/Microsoft.X/things/b'. Please see https://aka.ms/arm-syntax-resources for usage details.'."
    )


def test_a_reference_makes_a_dependency_without_depends_on() -> None:
    document = template(
        resource("a", properties={"x": "[reference('b').value]"}),
        resource("b", properties={"x": "[reference(resourceId('Microsoft.X/things', 'c'), '2024-01-01').value]"}),
        resource("c"),
    )

    assert waits(planned(document)) == {"a": ["b"], "b": ["c"], "c": []}


def test_reference_gives_the_state_of_a_resource_while_the_deployment_runs() -> None:
    asked: list[tuple[str, str | None, bool]] = []

    def reference(name: str, api_version: str | None, full: bool) -> Json:
        asked.append((name, api_version, full))
        return {"ip": "1.2.3.4"}

    document = template(
        resource("a", properties={"x": "[reference('b', '2024-01-01', 'Full').ip]"}),
        resource("b"),
        outputs={
            "address": {"type": "string", "value": "[reference('b').ip]"},
            "hidden": {"type": "securestring", "value": "S3cret"},
            "absent": {"type": "int", "value": 1, "condition": False},
            "many": {"type": "array", "copy": {"count": 2, "input": "[copyIndex()]"}},
        },
    )
    made = planned(document)

    assert made.body(made.resources[0], reference)["properties"] == {"x": "1.2.3.4"}
    assert asked == [("b", "2024-01-01", True)]
    assert made.evaluated_outputs(reference) == {
        "address": {"type": "String", "value": "1.2.3.4"},
        "hidden": {"type": "SecureString"},
        "many": {"type": "Array", "value": [0, 1]},
    }


def test_a_wrong_output_is_an_error_of_the_outputs() -> None:
    made = planned(template(outputs={"o": {"type": "string", "value": "[variables('gone')]"}}))

    with pytest.raises(TemplateError) as caught:
        made.evaluated_outputs(nothing_to_refer_to)

    error = caught.value.error()
    assert error["code"] == "DeploymentOutputEvaluationFailed"
    assert error["details"][0]["target"] == "o"


def test_the_inner_template_of_a_nested_deployment_is_left_to_itself() -> None:
    inner = template(resource("[parameters('x')]"), parameters={"x": {"type": "string"}})
    nested = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2025-04-01",
        "name": "inner",
        "properties": {
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "inner"},
            "parameters": {"x": {"value": "[concat('a', 'b')]"}},
            "template": inner,
        },
    }
    made = planned(template(nested))

    body = made.body(made.resources[0], nothing_to_refer_to)

    assert body["properties"]["template"] == inner
    assert body["properties"]["parameters"] == {"x": {"value": "ab"}}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "The template must be a JSON object."),
        ({}, "Required property '$schema' not found in JSON."),
        ({"$schema": "s", "contentVersion": "1", "resources": 1}, "The property 'resources' must be an array."),
        (template(surprise=1), "Could not find member 'surprise' on object of type 'Template'."),
    ],
)
def test_what_has_not_the_shape_of_a_template_is_refused(document: Json, message: str) -> None:
    error = refusal(document)

    assert error.code == "InvalidRequestContent"
    assert message in error.message


def test_a_plan_made_again_without_its_secrets_fails_only_where_it_needs_them() -> None:
    document = template(
        resource("a", properties={"user": "[parameters('user')]"}),
        resource("b", properties={"password": "[variables('wrapped')]"}),
        parameters={"user": {"type": "string"}, "secret": {"type": "securestring"}},
        variables={"wrapped": "[concat('x', parameters('secret'))]"},
    )

    made = restored_plan(document, {"user": "u"}, TARGET)

    assert made.body(made.resources[0], nothing_to_refer_to)["properties"] == {"user": "u"}
    with pytest.raises(TemplateError, match="secure template parameter 'secret' is no longer known"):
        made.body(made.resources[1], nothing_to_refer_to)


def test_the_hash_of_a_template_is_a_number_that_depends_on_its_content() -> None:
    first = template_hash(template(resource("a")))

    assert first.isdigit()
    assert first == template_hash(template(resource("a")))
    assert first != template_hash(template(resource("b")))


@given(
    st.dictionaries(
        st.sampled_from("abcdefgh"), st.lists(st.sampled_from("abcdefgh"), max_size=3), min_size=1, max_size=8
    )
)
def test_any_graph_is_either_put_in_an_order_or_refused(edges: dict[str, list[str]]) -> None:
    known = {name: [each for each in needed if each in edges] for name, needed in edges.items()}
    document = template(*[resource(name, *needed) for name, needed in known.items()])
    done: set[str] = set()
    while ready := [name for name, needed in known.items() if name not in done and done.issuperset(needed)]:
        done.update(ready)
    if done == set(known):
        assert {name: set(needed) for name, needed in waits(planned(document)).items()} == {
            name: set(needed) for name, needed in known.items()
        }
    else:
        assert "Circular dependency detected" in refusal(document).message


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(_JSON, st.integers(0, 4), st.data())
def test_the_position_of_a_value_is_where_its_text_begins(document: Any, indent: int, data: st.DataObject) -> None:
    path: list[str | int] = []
    value = document
    while isinstance(value, (dict, list)) and value and data.draw(st.booleans()):
        key: Any = data.draw(st.sampled_from(list(value) if isinstance(value, dict) else range(len(value))))
        path.append(key)
        value = value[key]
    text = json.dumps(document, indent=indent or None)

    line, column = position(text, path)

    # json.dumps ends lines with "\n" alone; other characters that look like line ends are escaped in it.
    start = text.split("\n")[line - 1][column - 1 :]
    assert start.startswith(json.dumps(value, indent=indent or None).split("\n")[0])


@given(_JSON)
def test_any_document_is_planned_or_refused_with_a_template_error(document: Any) -> None:
    for body in (document, template(document), template(parameters=document, variables=document, outputs=document)):
        try:
            made = planned(body)
        except TemplateError as error:
            json.dumps(error.error())
        else:
            json.dumps(made.providers())
